"""Whether mixes do the same job: only then do their costs and energies compare."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean as mean

from sim.study.sample import Promises, Sample
from sim.study.statistics import estimate, paired_differences

WORK_DONE = (".completed", ".goodput_per_s")
MATERIAL_SHARE = 0.01  # serving up to this share less counts as the same work (assumed)


def shortfalls(mix: Sample, baseline: Sample, promises: Promises, confidence: float, deterministic: bool) -> list[str]:
    """What the mix does not do that the baseline does, in words; empty where their costs compare."""
    return [
        *less_work(mix, baseline, confidence, deterministic),
        *_broken_promises(mix, baseline, promises),
    ]


def work_left_undone(samples: Mapping[str, Sample], confidence: float, deterministic: bool) -> dict[str, list[str]]:
    """For each mix, the work it does less of than the mix that does most of it, in words."""
    found: dict[str, list[str]] = {mix: [] for mix in samples}
    metrics = dict.fromkeys(name for each in samples.values() for name in each.metrics if name.endswith(WORK_DONE))
    for metric in metrics:
        means = {mix: mean(each.values(metric)) for mix, each in samples.items() if metric in each.metrics}
        most = max(means, key=lambda mix: means[mix])
        for mix in means:
            less = _less_of(metric, samples[mix], samples[most], confidence, deterministic)
            if less is not None:
                found[mix].append(f"{_in_words(metric)} {less:.1%} lower than with {most}")
    return found


def less_work(mix: Sample, baseline: Sample, confidence: float, deterministic: bool) -> list[str]:
    """What the mix is shown to do less of than the baseline, in words."""
    found = []
    for metric in (name for name in baseline.metrics if name.endswith(WORK_DONE) and name in mix.metrics):
        less = _less_of(metric, mix, baseline, confidence, deterministic)
        if less is not None:
            found.append(f"{_in_words(metric)} {less:.1%} lower")
    return found


def _less_of(metric: str, mix: Sample, other: Sample, confidence: float, deterministic: bool) -> float | None:
    """By which share a mix does less of something than another; None where that is nothing, little, or chance."""
    pairs = mix.shared(other)
    if not pairs:
        return None
    before = other.values(metric, pairs)
    less = estimate(paired_differences(mix.values(metric, pairs), before), confidence, deterministic)
    usual = mean(before)
    chance = not deterministic and less.ci_high is not None and less.ci_high >= 0.0 and less.ci_low != less.ci_high
    return None if chance or less.mean >= -MATERIAL_SHARE * usual else -less.mean / usual


def _in_words(metric: str) -> str:
    """`fine-tuning completed` for `jobs.fine-tuning.completed`."""
    return metric.split(".", 1)[1].replace(".", " ").replace("_per_s", "")


def _broken_promises(mix: Sample, baseline: Sample, promises: Promises) -> list[str]:
    broken_before = baseline.broken(promises)
    found = [text for metric, text in mix.broken(promises).items() if metric not in broken_before]
    if not found and baseline.always_feasible and not mix.always_feasible:
        found.append("a promise or limit is not kept")
    return found
