"""The Pareto front: mixes that no other is as good as in cost, energy, throughput and accuracy, and better in one.

Better and worse are what 95 % paired intervals show, pair by pair and without correction, so the front rather holds a
mix too many; throughput that differs by less than 1 % counts as the same work, as in comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from sim.study.choosing.race import COST, Race
from sim.study.choosing.trials import ACCURACY, THROUGHPUT
from sim.study.standing import MATERIAL_SHARE
from sim.study.statistics import shown_above_zero

AXES: Final[Mapping[str, float]] = {COST: 1.0, "energy_kwh.facility": 1.0, THROUGHPUT: -1.0, ACCURACY: -1.0}  # -1: more
TIE_SHARE: Final = {THROUGHPUT: MATERIAL_SHARE}  # of the means: a smaller difference is none


def front(race: Race, names: Sequence[str], winner: str | None) -> list[str]:
    """The names that no other one dominates, in order of cost; the winner is among them whatever the others are."""
    found = [
        name
        for name in names
        if name == winner or not any(_dominates(race, other, name) for other in names if other != name)
    ]
    return sorted(found, key=lambda name: _mean(race, name, COST))


def _dominates(race: Race, one: str, other: str) -> bool:
    """Whether `one` is shown better on some axis and `other` on none."""
    better = False
    for axis, sign in AXES.items():
        less = sign * (_mean(race, other, axis) - _mean(race, one, axis))
        if abs(less) <= TIE_SHARE.get(axis, 0.0) * abs(_mean(race, one, axis)):
            continue
        if less < 0.0 and _shown_less(race, other, one, axis, sign):
            return False
        better = better or (less > 0.0 and _shown_less(race, one, other, axis, sign))
    return better


def _shown_less(race: Race, one: str, other: str, axis: str, sign: float) -> bool:
    differences = [sign * each for each in race.differences(other, one, axis)]
    return shown_above_zero(differences, (1.0 - race.confidence) / 2.0, not race.trials.random)


def _mean(race: Race, name: str, axis: str) -> float:
    return fmean(race.trials.sample(name, range(race.replications)).values(axis))
