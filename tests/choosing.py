"""Races over made-up figures, without an engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from made import scenario
from sim.study.choosing.limits import Limit
from sim.study.choosing.race import Objective, Race
from sim.study.choosing.trials import Trials

Figures = Mapping[str, float]
BASE = {
    "cost_usd.total": 100.0,
    "energy_kwh.facility": 10.0,
    "carbon_kg": 4.0,
    "throughput_per_s": 5.0,
    "accuracy": 0.8,
    "slo_attainment": 1.0,
    "services.chat.completed": 1000.0,
    "services.chat.goodput_per_s": 5.0,
}


@dataclass
class Table(Trials):
    """Figures by name in place of simulations; `noise` is the standard deviation of each mix's own cost."""

    figures_of: Mapping[str, Figures] = field(default_factory=dict)
    noise: float = 0.0
    told_of: Mapping[str, Sequence[int]] = field(default_factory=dict)  # replications that find a promise broken
    asked: list[tuple[str, int]] = field(default_factory=list)

    def run(self, names: Iterable[str], replications: Iterable[int]) -> None:
        numbers = list(replications)
        for name in names:
            if name in self.refused or name not in self.figures_of:
                continue
            for number in numbers:
                if number not in self._figures.setdefault(name, {}):
                    self.asked.append((name, number))
                    own = Random(f"{name}/{number}").gauss(0.0, self.noise)
                    given = {**BASE, **self.figures_of[name]}
                    self._figures[name][number] = {**given, "cost_usd.total": given["cost_usd.total"] + own}
                    broken = number in self.told_of.get(name, ())
                    self._told.setdefault(name, {})[number] = ("chat: too slow",) if broken else ()
        self.random = self.noise > 0.0


def race(
    figures: Mapping[str, Figures],
    *,
    limits: Sequence[Limit] = (),
    noise: float = 0.0,
    replications: int = 5,
    objective: Objective = "cost",
    told: Mapping[str, Sequence[int]] | None = None,
) -> Race:
    """A race of mixes with these figures, the first of which is the baseline."""
    trials = Table(scenario(), 1, figures_of=figures, noise=noise, told_of=told or {})
    return Race(
        trials=trials,
        names=list(figures),
        baseline=next(iter(figures)),
        objective=objective,
        limits=limits,
        replications=replications,
        confidence=0.95,
    )


def budget(usd: float) -> Limit:
    """A limit on the cost of the window."""
    return Limit(key="choose.limits.budget_usd", metric="cost_usd.total", bound=usd, title="cost", unit="USD")


def cap(metric: str, bound: float, floor: bool = False) -> Limit:
    """A limit on any figure."""
    return Limit(key=f"test.{metric}", metric=metric, bound=bound, title=metric, floor=floor)
