"""The finished replications of one mix, ready for statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from sim.scenario.specs import Scenario
from sim.study.metrics import flat_figures
from sim.study.point import Outcome, Row, Summary

Promises: TypeAlias = Mapping[str, float]  # dotted path of a figure -> what it may reach


@dataclass(frozen=True)
class Sample:
    """Figures, feasibility and warnings of each finished replication, by its number."""

    figures: dict[int, Mapping[str, float]]
    feasible: dict[int, bool]
    random: bool = True
    warnings: Sequence[str] = field(default_factory=tuple)

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Figures that exist in every replication, in the order of the first."""
        each = list(self.figures.values())
        return tuple(name for name in each[0] if all(name in figures for figures in each)) if each else ()

    @property
    def always_feasible(self) -> bool:
        """Whether every replication kept every promise and limit; without any, nothing was kept."""
        return bool(self.feasible) and all(self.feasible.values())

    def values(self, metric: str, replications: Iterable[int] | None = None) -> list[float]:
        """One figure over the replications (all unless given), in their order."""
        return [
            self.figures[number][metric] for number in sorted(self.figures if replications is None else replications)
        ]

    def shared(self, other: Sample) -> list[int]:
        """Replications that both finished: those that can be paired."""
        return sorted(self.figures.keys() & other.figures.keys())

    def broken(self, promises: Promises) -> dict[str, str]:
        """The promises that some replication did not keep, by figure, in words."""
        return {
            metric: f"{_in_words(metric)} above the promised {limit:g} s"
            for metric, limit in promises.items()
            if any(figures.get(metric, 0.0) > limit for figures in self.figures.values())
        }


def _in_words(metric: str) -> str:
    """`chat ttft p99` for `services.chat.ttft_s.p99`."""
    _, owner, figure, quantile = metric.split(".")
    return f"{owner} {figure.removesuffix('_s')} {quantile}"


def sample_of(rows: Iterable[Row]) -> Sample:
    """The sample of one mix from its rows; failed ones are left out."""
    done = {row.point.replication: row.result for row in rows if isinstance(row.result, Outcome)}
    return Sample(
        figures={number: flat_figures(outcome.summary) for number, outcome in done.items()},
        feasible={number: outcome.summary.get("feasible") is True for number, outcome in done.items()},
        random=any(outcome.random for outcome in done.values()),
        warnings=tuple(dict.fromkeys(text for outcome in done.values() for text in warnings_of(outcome.summary))),
    )


def warnings_of(summary: Summary) -> list[str]:
    """The warnings of one run."""
    found = summary.get("warnings")
    return [str(text) for text in found] if isinstance(found, list) else []


def promises_of(scenario: Scenario) -> Promises:
    """Every promise on a quantile of a service, by the figure it binds."""
    bound = {}
    for service in scenario.services:
        for figure, limit in (
            ("ttft_s", service.slo.ttft_p99_s),
            ("tpot_s", service.slo.tpot_p99_s),
            ("e2e_s", service.slo.e2e_p99_s),
        ):
            if limit is not None:
                bound[f"services.{service.name}.{figure}.p99"] = limit
    return bound
