"""What a comparison comes to: the cheapest mix that does the whole job, and whether another may be as cheap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sim.study.sample import Promises, Sample
from sim.study.statistics import paired_differences, verdicts

COST = "cost_usd.total"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The cheapest feasible mix (None: there is none), those not shown to cost more, and why others are left out."""

    cheapest: str | None
    as_cheap: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def conclude(
    samples: Mapping[str, Sample],
    promises: Promises,
    shortfalls: Mapping[str, Sequence[str]],
    confidence: float,
    deterministic: bool,
) -> Conclusion:
    """Ranks the mixes that keep every promise in every replication and serve no less than the baseline."""
    left_out = {
        mix: reason
        for mix, sample in samples.items()
        if (reason := _obstacle(sample, promises, shortfalls.get(mix, ())))
    }
    costs = {mix: sample for mix, sample in samples.items() if mix not in left_out}
    if not costs:
        return Conclusion(None, left_out=left_out)
    cheapest = min(costs, key=lambda mix: sum(costs[mix].values(COST)) / len(costs[mix].figures))
    rivals = {mix: _extra_cost(sample, costs[cheapest]) for mix, sample in costs.items() if mix != cheapest}
    found = verdicts(list(rivals.values()), confidence, deterministic)
    return Conclusion(
        cheapest, tuple(mix for mix, verdict in zip(rivals, found, strict=True) if verdict != "higher"), left_out
    )


def _obstacle(sample: Sample, promises: Promises, shortfalls: Sequence[str]) -> str:
    if not sample.figures:
        return "no replication finished"
    if not sample.always_feasible:
        missed, all_of_them = sum(not kept for kept in sample.feasible.values()), len(sample.feasible)
        often = f" in {missed} of {all_of_them} replications" if all_of_them > 1 else ""
        return "; ".join((f"infeasible{often}", *sample.broken(promises).values()))
    if COST not in sample.metrics:
        return "its cost is not known"
    return "; ".join(shortfalls)


def _extra_cost(sample: Sample, cheapest: Sample) -> list[float]:
    pairs = sample.shared(cheapest)
    return paired_differences(sample.values(COST, pairs), cheapest.values(COST, pairs))
