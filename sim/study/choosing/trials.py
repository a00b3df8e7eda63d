"""The simulations of a choice: each mix under the same replications, run once, whoever asks for it.

Replication r of every mix meets the same arrivals, so figures of two mixes pair off (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sim.errors import InputError
from sim.scenario.specs import Measure, Scenario
from sim.study.batch import Watch, run_points
from sim.study.choosing.candidates import alone
from sim.study.metrics import flat_figures
from sim.study.point import Outcome, Point, Row, Summary
from sim.study.sample import Sample
from sim.study.store import Store

THROUGHPUT, ACCURACY, ATTAINMENT = "throughput_per_s", "accuracy", "slo_attainment"  # of all services together


@dataclass
class Trials:
    """Mixes by name and what became of their replications."""

    scenario: Scenario
    seed: int
    workers: int | None = None
    store: Store | None = None
    watch: Watch | None = None
    random: bool = False  # whether any run could have been another under another seed
    refused: dict[str, str] = field(default_factory=dict)  # by the engine, in words
    failed: dict[str, str] = field(default_factory=dict)  # by a defect
    rows: list[Row] = field(default_factory=list)
    _scenarios: dict[str, Scenario] = field(default_factory=dict)
    _figures: dict[str, dict[int, Mapping[str, float]]] = field(default_factory=dict)
    _told: dict[str, dict[int, Sequence[str]]] = field(default_factory=dict)
    _warnings: dict[str, dict[int, tuple[str, ...]]] = field(default_factory=dict)

    def add(self, name: str, measures: Sequence[Measure]) -> None:
        """Makes a mix known; one that is known already stays."""
        if name not in self._scenarios:
            self._scenarios[name] = alone(self.scenario, name, measures)
            self._figures[name], self._told[name] = {}, {}

    def run(self, names: Iterable[str], replications: Iterable[int]) -> None:
        """Simulates what is missing of these replications; mixes that were refused or failed are left alone.

        Raises InputError where nothing that was ever tried has valid input.
        """
        wanted, out = list(names), {*self.refused, *self.failed}
        points = [
            Point(scenario=self._scenarios[name], mix=name, seed=self.seed, replication=number)
            for number in replications
            for name in wanted
            if name in self._scenarios and name not in out and number not in self._figures[name]
        ]
        if not points:
            return
        try:
            for row in run_points(points, self.workers, self.store, self.watch):
                self._take(row)
        except InputError as fault:
            if not any(self._figures.values()):
                raise
            self.refused.update({point.mix: _one_line(fault) for point in points})

    def figures(self, name: str) -> Mapping[int, Mapping[str, float]]:
        """Figures of each finished replication of a mix; none of one that is not known."""
        return self._figures.get(name, {})

    def outcome(
        self, name: str, replications: Iterable[int]
    ) -> tuple[dict[int, Mapping[str, float]], dict[int, Sequence[str]]]:
        """Figures, and what the run itself found broken, of those of these replications that are finished."""
        known = self.figures(name)
        numbers = [number for number in replications if number in known]
        return {each: known[each] for each in numbers}, {each: self._told[name][each] for each in numbers}

    def sample(self, name: str, replications: Iterable[int] | None = None) -> Sample:
        """Finished replications of a mix for statistics, all or those among the given ones.

        Its warnings are of the first run: others say the same with other numbers.
        """
        warnings = self._warnings.get(name, {})
        figures, told = self.outcome(name, sorted(self.figures(name)) if replications is None else replications)
        kept = {number: not texts for number, texts in told.items()}
        return Sample(figures, kept, self.random, warnings[min(warnings)] if warnings else ())

    def _take(self, row: Row) -> None:
        name, result = row.point.mix, row.result
        self.rows.append(row)
        if isinstance(result, Outcome):
            self.random |= result.random
            self._figures[name][row.point.replication] = with_totals(flat_figures(result.summary), result.summary)
            self._told[name][row.point.replication] = _texts(result.summary, "broken")
            self._warnings.setdefault(name, {})[row.point.replication] = _texts(result.summary, "warnings")
        elif isinstance(result.cause, InputError):
            self.refused[name] = _one_line(result.cause)
        else:
            self.failed[name] = result.error


def with_totals(figures: Mapping[str, float], summary: Summary) -> dict[str, float]:
    """The figures and those of all services together.

    Throughput is their sum; of a scenario of jobs alone, jobs completed per second. Accuracy and the share of promises
    kept weigh each service by the requests that arrived, which no mix changes; both are 1 where nothing answers
    requests, or nothing tells how well: then no floor can be missed.
    """
    services, jobs = (_names(summary, kind) for kind in ("services", "jobs"))
    window_s = figures.get("window_s", figures["horizon_s"])
    if services:
        throughput = math.fsum(figures.get(f"services.{name}.throughput_per_s", 0.0) for name in services)
    else:
        throughput = math.fsum(figures[f"jobs.{name}.completed"] for name in jobs) / window_s
    weights = {name: figures.get(f"services.{name}.arrived", 0.0) for name in services}
    return {
        **figures,
        THROUGHPUT: throughput,
        ACCURACY: _weighted(figures, weights, "accuracy"),
        ATTAINMENT: _weighted(figures, weights, "slo_attainment"),
    }


def _weighted(figures: Mapping[str, float], weights: Mapping[str, float], name: str) -> float:
    known = {each: figures[f"services.{each}.{name}"] for each in weights if f"services.{each}.{name}" in figures}
    total = math.fsum(weights[each] for each in known)
    if not known:
        return 1.0
    if total <= 0.0:
        return math.fsum(known.values()) / len(known)
    return math.fsum(weights[each] * value for each, value in known.items()) / total


def _names(summary: Summary, kind: str) -> list[str]:
    found = summary.get(kind)
    return list(found) if isinstance(found, Mapping) else []


def _texts(summary: Summary, key: str) -> tuple[str, ...]:
    found = summary.get(key)
    return tuple(str(text) for text in found) if isinstance(found, list) else ()


def _one_line(fault: InputError) -> str:
    return "; ".join(problem.text for problem in fault.problems)
