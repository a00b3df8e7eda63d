"""Mixes side by side: estimates, paired differences against the baseline, verdicts and a conclusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from sim.study.conclusion import Conclusion, conclude
from sim.study.metrics import is_cost_or_energy
from sim.study.sample import Promises, Sample
from sim.study.standing import shortfalls, work_left_undone
from sim.study.statistics import Estimate, Verdict, estimate, paired_differences, verdicts

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "dcsim.compare/1"
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """A mix's figure less the baseline's, replication by replication: mean, interval, and what may be said of it."""

    difference: float
    ci_low: float | None
    ci_high: float | None
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All mixes of one scenario under the same conditions; the first of `mixes` is the baseline.

    `window_s` is the measured time, from the end of the warm-up to the horizon, that all figures cover [s].
    `feasible` tells whether a mix kept every promise and limit in every replication; `samples` holds every figure of
    every replication.
    """

    scenario: str
    horizon_s: float
    window_s: float
    seed: int
    baseline: str
    replications: int
    confidence: float
    deterministic: bool
    mixes: Mapping[str, Mapping[str, Estimate]]
    versus_baseline: Mapping[str, Mapping[str, Difference]]
    feasible: Mapping[str, bool]
    conclusion: Conclusion
    warnings: Mapping[str, Sequence[str]]  # by mix
    failures: Sequence[str] = ()
    samples: Mapping[str, Sample] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, object]:
        """The `dcsim.compare/1` object."""
        return {
            "schema": SCHEMA,
            "scenario": self.scenario,
            "horizon_s": self.horizon_s,
            "window_s": self.window_s,
            "seed": self.seed,
            "baseline": self.baseline,
            "replications": self.replications,
            "confidence": self.confidence,
            "deterministic": self.deterministic,
            "mixes": _plain(self.mixes),
            "versus_baseline": _plain(self.versus_baseline),
            "feasible": dict(self.feasible),
            "conclusion": asdict(self.conclusion),
            "warnings": {mix: list(texts) for mix, texts in self.warnings.items()},
            "failures": list(self.failures),
        }

    def table(self) -> pd.DataFrame:
        """One row per mix and metric: mean, interval, difference against the baseline and its interval, verdict."""
        import pandas as pd

        rows = [
            {"mix": mix, "metric": metric, **asdict(found), **_versus(self.versus_baseline.get(mix, {}).get(metric))}
            for mix, metrics in self.mixes.items()
            for metric, found in metrics.items()
        ]
        frame = pd.DataFrame(rows, columns=["mix", "metric", *Estimate.__annotations__, *_versus(None)])
        return frame.set_index(["mix", "metric"])


def compare_samples(
    samples: Mapping[str, Sample],
    baseline: str,
    *,
    scenario: str,
    horizon_s: float,
    window_s: float,
    seed: int,
    promises: Promises,
    failures: Sequence[str] = (),
    confidence: float = CONFIDENCE,
) -> Comparison:
    """The comparison of finished replications; Holm's correction runs over all verdicts that it gives."""
    deterministic = not any(sample.random for sample in samples.values())
    missing = {
        mix: shortfalls(sample, samples[baseline], promises, confidence, deterministic)
        for mix, sample in samples.items()
        if mix != baseline
    }
    undone = work_left_undone(samples, confidence, deterministic)
    reasons = {mix: list(dict.fromkeys((*undone[mix], *missing.get(mix, ())))) for mix in samples}
    return Comparison(
        scenario=scenario,
        horizon_s=horizon_s,
        window_s=window_s,
        seed=seed,
        baseline=baseline,
        replications=max(len(sample.figures) for sample in samples.values()),
        confidence=confidence,
        deterministic=deterministic,
        mixes={
            mix: {name: estimate(sample.values(name), confidence, deterministic) for name in sample.metrics}
            for mix, sample in samples.items()
        },
        versus_baseline=_differences(samples, baseline, missing, confidence, deterministic),
        feasible={mix: sample.always_feasible for mix, sample in samples.items()},
        conclusion=conclude(samples, promises, reasons, confidence, deterministic),
        warnings={mix: sample.warnings for mix, sample in samples.items()},
        failures=failures,
        samples=samples,
    )


def _differences(
    samples: Mapping[str, Sample],
    baseline: str,
    missing: Mapping[str, Sequence[str]],
    confidence: float,
    deterministic: bool,
) -> dict[str, dict[str, Difference]]:
    pairs = {mix: _paired(samples[mix], samples[baseline]) for mix in missing}
    judged = [
        (mix, metric)
        for mix, by_metric in pairs.items()
        for metric in by_metric
        if not (missing[mix] and is_cost_or_energy(metric))
    ]
    found = dict(
        zip(judged, verdicts([pairs[mix][metric] for mix, metric in judged], confidence, deterministic), strict=True)
    )
    return {
        mix: {
            metric: _difference(estimate(values, confidence, deterministic), found.get((mix, metric), "not comparable"))
            for metric, values in by_metric.items()
        }
        for mix, by_metric in pairs.items()
    }


def _paired(sample: Sample, baseline: Sample) -> dict[str, list[float]]:
    shared = sample.shared(baseline)
    both = [metric for metric in sample.metrics if metric in set(baseline.metrics)] if shared else []
    return {name: paired_differences(sample.values(name, shared), baseline.values(name, shared)) for name in both}


def _difference(found: Estimate, verdict: Verdict) -> Difference:
    return Difference(found.mean, found.ci_low, found.ci_high, verdict)


def _plain(by_mix: Mapping[str, Mapping[str, Estimate | Difference]]) -> dict[str, dict[str, dict[str, object]]]:
    return {mix: {name: asdict(found) for name, found in metrics.items()} for mix, metrics in by_mix.items()}


def _versus(found: Difference | None) -> dict[str, object]:
    if found is None:
        return {"difference": None, "difference_low": None, "difference_high": None, "verdict": None}
    return {
        "difference": found.difference,
        "difference_low": found.ci_low,
        "difference_high": found.ci_high,
        "verdict": found.verdict,
    }
