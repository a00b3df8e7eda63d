"""Runs that an evaluation asks for: a name, a scenario, the measures that are in; all under the same arrivals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum
from statistics import fmean

from sim.errors import InputError
from sim.scenario.specs import Choose, Measure, Mix, Scenario
from sim.study.batch import Watch, run_points
from sim.study.choosing.trials import ACCURACY, ATTAINMENT, with_totals
from sim.study.executor import Failed
from sim.study.metrics import flat_figures
from sim.study.point import Outcome, Point
from sim.study.statistics import Estimate, estimate, paired_differences

CONFIDENCE = 0.95
MONTHLY = "usd_per_month"


@dataclass(frozen=True, slots=True)
class Case:
    """One set of measures on one scenario."""

    name: str
    scenario: Scenario
    measures: tuple[Measure, ...]

    @property
    def alone(self) -> Scenario:
        """The scenario with these measures as its only mix."""
        return replace(self.scenario, mixes=(Mix(name=self.name, measures=self.measures),), choose=Choose())


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a case: figures of each replication, whether all promises were kept; or why it cannot run."""

    figures: Sequence[Mapping[str, float]] = ()
    feasible: bool = False
    random: bool = True
    why_not: str | None = None
    broken: tuple[str, ...] = field(default=())

    def mean(self, name: str) -> float | None:
        """Mean of a figure over the replications; None where it does not exist."""
        values = [each[name] for each in self.figures if name in each]
        return fmean(values) if values and len(values) == len(self.figures) else None

    @property
    def requests(self) -> float:
        """Requests completed and jobs done, mean of the replications."""
        return fmean(fsum(v for k, v in each.items() if k.endswith(".completed")) for each in self.figures)


def run_cases(
    cases: Iterable[Case], seed: int, replications: int, workers: int | None, watch: Watch | None
) -> dict[str, Found]:
    """Every case by its name; one that the input forbids says why, in one line.

    Raises InputError where not one of them can run.
    """
    points = [
        Point(scenario=case.alone, mix=case.name, seed=seed, replication=number)
        for case in cases
        for number in range(replications)
    ]
    outcomes: dict[str, list[Outcome]] = {point.mix: [] for point in points}
    refusals: dict[str, str] = {}
    for row in sorted(run_points(points, workers, None, watch), key=lambda row: row.index):
        result = row.result
        if isinstance(result, Failed):
            cause = result.cause
            texts = [problem.text for problem in cause.problems] if isinstance(cause, InputError) else []
            refusals[row.point.mix] = "; ".join(texts) or result.error
        else:
            outcomes[row.point.mix].append(result)
    return {name: _found(each, refusals.get(name)) for name, each in outcomes.items()}


def _found(outcomes: Sequence[Outcome], refusal: str | None) -> Found:
    if refusal is not None or not outcomes:
        return Found(why_not=refusal)
    broken: dict[str, None] = {}
    for each in outcomes:
        texts = each.summary.get("broken")
        broken |= dict.fromkeys(str(text) for text in texts) if isinstance(texts, list) else {}
    return Found(
        figures=[with_totals(flat_figures(each.summary), each.summary) for each in outcomes],
        feasible=all(each.summary["feasible"] is True for each in outcomes),
        random=any(each.random for each in outcomes),
        broken=tuple(broken),
    )


def difference(found: Found, base: Found, name: str) -> Estimate | None:
    """Paired difference of a figure with its interval; None where one of them lacks it."""
    if found.mean(name) is None or base.mean(name) is None:
        return None
    pairs = paired_differences([each[name] for each in found.figures], [each[name] for each in base.figures])
    return estimate(pairs, CONFIDENCE, not (found.random or base.random))


__all__ = ["ACCURACY", "ATTAINMENT", "CONFIDENCE", "MONTHLY", "Case", "Found", "difference", "run_cases"]
