"""What each measure of the chosen mix brings: one after another in their order, and shared out so that order is none.

All mixes between the baseline and the chosen one meet the same fresh replications. A step is the paired difference that
one more measure makes. The attribution is Shapley's value: the mean of that difference over all orders of the measures,
exact over all subsets up to five measures, else over sampled orders and their reverses; either way the shares sum to
the whole difference. (L. S. Shapley 1953, "A value for n-person games"; sampling: J. Castro, D. Gomez, J. Tejada 2009,
Computers and Operations Research 36:1726.)

A measure that cannot act without another one changes nothing until that one is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from random import Random
from typing import Final

from sim.scenario.specs import Measure
from sim.study.choosing.candidates import applied
from sim.study.choosing.naming import measure_name
from sim.study.choosing.trials import ACCURACY, ATTAINMENT, THROUGHPUT, Trials
from sim.study.statistics import Estimate, estimate

EXACT_MAX: Final = 5
ORDERS: Final = 12  # sampled, each with its reverse (assumed)
FAMILIES: Final = ("compute", "algorithm", "energy", "vertical")
TERMS: Final = ("total", "compute", "algorithm", "efficiency", "vertical")
WHOLE_RUN: Final = (
    *(f"cost_usd.{term}" for term in TERMS),
    *(f"efficiency.{factor}" for factor in TERMS),
    "energy_kwh.facility",
    "peak_kw",
    "carbon_kg",
    THROUGHPUT,
    ACCURACY,
    ATTAINMENT,
)
OF_A_SERVICE: Final = (".ttft_s.p99", ".tpot_s.p99", ".e2e_s.p99", ".accuracy")
Effect = Mapping[str, Estimate]  # by metric
Coalition = frozenset[int]  # players by number


@dataclass(frozen=True, slots=True)
class Player:
    """A measure that the chosen mix has and the baseline has not, or the other way round (`leaves`)."""

    name: str
    measure: Measure
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A measure and what it changes."""

    name: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Attribution:
    """Shares of each measure in the whole difference; `orders` is how many were sampled, None: exact."""

    shares: Sequence[Step]
    total: Effect
    orders: int | None


class Ladder:
    """The mixes between two, by the players that have acted, and their figures in the given replications."""

    def __init__(
        self,
        trials: Trials,
        baseline: tuple[str, Sequence[Measure]],
        chosen: tuple[str, Sequence[Measure]],
        replications: Sequence[int],
        confidence: float,
    ) -> None:
        self.trials, self.replications, self.confidence = trials, replications, confidence
        self.baseline, self.chosen = baseline[0], chosen[0]
        self._order = _merged(baseline[1], chosen[1])
        self.players = [each for each in self._order if isinstance(each, Player)]
        self.everyone: Coalition = frozenset(range(len(self.players)))
        self._acting: dict[Coalition, Coalition] = {}

    def steps(self) -> list[Step]:
        """The measures one after another in the order that they apply."""
        path = [frozenset(range(count)) for count in range(len(self.players) + 1)]
        self.simulate(path)
        return [
            Step(player.name, self._effect([self._rises(path[index], path[index + 1])], [1.0]))
            for index, player in enumerate(self.players)
        ]

    def attribution(self) -> Attribution:
        """Each measure's share of the whole difference."""
        count = len(self.players)
        orders = None if count <= EXACT_MAX else _sampled_orders(count, self.trials.seed)
        wanted = _subsets(self.everyone) if orders is None else [each for order in orders for each in _path(order)]
        self.simulate(wanted)
        shares = [Step(player.name, self._share(index, orders)) for index, player in enumerate(self.players)]
        total = self._effect([self._rises(frozenset(), self.everyone)], [1.0])
        return Attribution(shares, total, None if orders is None else len(orders))

    def simulate(self, coalitions: Sequence[Coalition]) -> None:
        """Runs what is missing, and for those that are refused the next smaller one that is not."""
        todo = set(coalitions)
        while todo:
            names = {coalition: self._name(self._able(coalition)) for coalition in todo}
            self.trials.run(list(dict.fromkeys(names[each] for each in sorted(todo, key=sorted))), self.replications)
            todo = {each for each, name in names.items() if name in self.trials.refused and each}
            for each in todo:
                able = self._able(each)
                self._acting[each] = self._able(able - {max(able)}) if able else able

    def _share(self, player: int, orders: Sequence[Sequence[int]] | None) -> Effect:
        """Shapley's value of one player: its rises over coalitions without it, each with its weight."""
        if orders is not None:
            before = [frozenset(order[: list(order).index(player)]) for order in orders]
            weights = [1.0 / len(orders)] * len(orders)
        else:
            count = len(self.players)
            before = _subsets(self.everyone - {player})
            weights = [
                math.factorial(len(each)) * math.factorial(count - len(each) - 1) / math.factorial(count)
                for each in before
            ]
        return self._effect([self._rises(each, each | {player}) for each in before], weights)

    def _rises(self, before: Coalition, after: Coalition) -> tuple[str, str]:
        return self._name(self._able(before)), self._name(self._able(after))

    def _effect(self, rises: Sequence[tuple[str, str]], weights: Sequence[float]) -> Effect:
        """Weighted differences of every metric, replication by replication, as estimates."""
        samples = {name: self.trials.sample(name, self.replications) for rise in rises for name in rise}
        numbers = [each for each in self.replications if all(each in found.figures for found in samples.values())]
        known = [set(found.figures[number]) for found in samples.values() for number in numbers]
        metrics = explained_metrics(samples[rises[0][0]].metrics if numbers else (), known)
        return {
            metric: estimate(
                [
                    math.fsum(
                        weight * (samples[after].figures[number][metric] - samples[before].figures[number][metric])
                        for (before, after), weight in zip(rises, weights, strict=True)
                    )
                    for number in numbers
                ],
                self.confidence,
                not self.trials.random,
            )
            for metric in metrics
        }

    def _able(self, coalition: Coalition) -> Coalition:
        """The coalition without the players that cannot act in it, latest first."""
        if coalition in (frozenset(), self.everyone):
            return coalition
        if coalition not in self._acting:
            refused = isinstance(applied(self.trials.scenario, "step", self._measures(coalition)), str)
            self._acting[coalition] = self._able(coalition - {max(coalition)}) if refused else coalition
        return self._acting[coalition]

    def _name(self, coalition: Coalition) -> str:
        """The name that a coalition runs under; known to the trials from then on."""
        if coalition in (frozenset(), self.everyone):
            return self.chosen if coalition else self.baseline
        acted = ", ".join(str(each + 1) for each in sorted(coalition))
        name = f"measures {acted} of: {self.chosen}"
        self.trials.add(name, self._measures(coalition))
        return name

    def _measures(self, coalition: Coalition) -> list[Measure]:
        """What applies once these players have acted, in order."""
        acted = {id(self.players[each]) for each in coalition}
        return [
            each.measure if isinstance(each, Player) else each
            for each in self._order
            if not isinstance(each, Player) or (id(each) in acted) != each.leaves
        ]


def explained_metrics(known: Sequence[str], everywhere: Sequence[set[str]]) -> list[str]:
    """The figures that steps explain, of those that exist in all runs."""
    wanted = [*WHOLE_RUN, *(name for name in known if name.startswith("services.") and name.endswith(OF_A_SERVICE))]
    return [name for name in wanted if all(name in each for each in everywhere)] if everywhere else []


def _merged(baseline: Sequence[Measure], chosen: Sequence[Measure]) -> list[Player | Measure]:
    """All measures of both in the order that they apply; those of both as they are, the others as players."""
    common = [each for each in map(_unplaced, chosen) if each in list(map(_unplaced, baseline))]
    found: list[tuple[str, Player | Measure]] = [
        (each.family, Player(f"without {measure_name(each)}", each, leaves=True))
        for each in baseline
        if _unplaced(each) not in common
    ]
    found += [(each.family, each if _unplaced(each) in common else Player(measure_name(each), each)) for each in chosen]
    return [each for _, each in sorted(found, key=lambda pair: FAMILIES.index(pair[0]))]


def _unplaced(measure: Measure) -> Measure:
    return replace(measure, path="")


def _subsets(players: Coalition) -> list[Coalition]:
    return [frozenset(each) for size in range(len(players) + 1) for each in combinations(sorted(players), size)]


def _path(order: Sequence[int]) -> Iterator[Coalition]:
    return (frozenset(order[:count]) for count in range(len(order) + 1))


def _sampled_orders(count: int, seed: int) -> list[list[int]]:
    draw, found = Random(seed), []
    for _ in range(ORDERS):
        order = draw.sample(range(count), count)
        found += [order, order[::-1]]
    return found
