"""Whether a mix does the same job as the baseline: only then do their costs and energies compare."""

from __future__ import annotations

from sim.study.sample import Promises, Sample
from sim.study.statistics import estimate, paired_differences

WORK_DONE = (".completed", ".goodput_per_s")
MATERIAL_SHARE = 0.01  # serving up to this share less counts as the same work (assumed)


def shortfalls(mix: Sample, baseline: Sample, promises: Promises, confidence: float, deterministic: bool) -> list[str]:
    """What the mix does not do that the baseline does, in words; empty where their costs compare."""
    return [
        *_less_work(mix, baseline, confidence, deterministic),
        *_broken_promises(mix, baseline, promises),
    ]


def _less_work(mix: Sample, baseline: Sample, confidence: float, deterministic: bool) -> list[str]:
    pairs, found = mix.shared(baseline), []
    for metric in (name for name in baseline.metrics if name.endswith(WORK_DONE) and name in mix.metrics):
        before = baseline.values(metric, pairs)
        less = estimate(paired_differences(mix.values(metric, pairs), before), confidence, deterministic)
        usual = sum(before) / len(before) if before else 0.0
        chance = not deterministic and less.ci_high is not None and less.ci_high >= 0.0
        if less.mean < -MATERIAL_SHARE * usual and not chance:
            found.append(f"{metric} is {-less.mean / usual:.1%} lower")
    return found


def _broken_promises(mix: Sample, baseline: Sample, promises: Promises) -> list[str]:
    broken_before = baseline.broken(promises)
    found = [text for metric, text in mix.broken(promises).items() if metric not in broken_before]
    if not found and baseline.always_feasible and not mix.always_feasible:
        found.append("a promise or limit is not kept")
    return found
