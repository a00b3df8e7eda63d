"""What a limit costs: the mix that would be chosen without it, what it would have to be for that, and the gain.

Every limit is taken away alone and the ranking read again. Mixes that left the race early for that limit alone are
first given all their replications, so that the gain is a paired difference like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.study.choosing.limits import Break, Limit
from sim.study.choosing.race import Race
from sim.study.statistics import Estimate, estimate


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A limit that binds. `gain` is what the objective wins per replication, in its unit; positive is better.

    `needed` is the bound from which on `mix` would be chosen; None where only the run tells that it breaks it.
    """

    limit: Limit
    mix: str
    needed: float
    gain: Estimate | None  # None where nothing can be chosen within the limits

    @property
    def per_unit(self) -> float | None:
        """The shadow price: gain per unit by which the limit moves."""
        moved = abs(self.needed - self.limit.bound)
        return self.gain.mean / moved if self.gain is not None and moved > 0.0 else None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The mix that misses the limits by least where none keeps them all, and what it misses."""

    mix: str
    breaks: Sequence[Break]
    less_work: Sequence[str] = ()


def relaxations(race: Race, winner: str | None) -> list[Relaxation]:
    """The limits that bind, by what moving them gains; where nothing is chosen, by how little they must move."""
    found = []
    for key in dict.fromkeys(limit.key for limit in race.limits):
        name = _best_without(race, key, winner)
        if name is not None:
            found += _relaxed(race, key, name, winner)
    if winner is None:
        return sorted(found, key=lambda each: abs(each.needed - each.limit.bound) / abs(each.limit.bound))
    return sorted((each for each in found if each.gain and each.gain.mean > 0.0), key=lambda each: -_gain(race, each))


def nearest(race: Race) -> Nearest | None:
    """The candidate with the least to be forgiven: the sum of what it misses, each as a share of the limit."""
    while True:
        ranked = sorted(race.running(), key=lambda name: (len(race.less_work(name)), _missed(race, name)))
        if not ranked:
            return None
        best = ranked[0]
        if not _completed(race, best):
            return Nearest(best, race.breaks(best), race.less_work(best))


def _best_without(race: Race, key: str, winner: str | None) -> str | None:
    """Who would be chosen without the limit among those that it alone keeps out, with all replications run."""
    while True:
        free = [name for name in race.running() if _only_breaks(race, name, key) and not race.less_work(name)]
        if not free:
            return None
        best = race.ranked(free)[0] if winner else min(free, key=lambda name: _missed(race, name))
        if not _completed(race, best):
            return best


def _completed(race: Race, name: str) -> bool:
    """Gives a candidate the replications that it lacks; whether there were any."""
    wanted = range(race.replications) if race.trials.random else range(1)
    if all(number in race.trials.figures(name) for number in wanted):
        return False
    race.trials.run([name], wanted)
    return name in race.running()


def _only_breaks(race: Race, name: str, key: str) -> bool:
    breaks = race.breaks(name)
    return bool(breaks) and all(each.limit is not None and each.limit.key == key for each in breaks)


def _relaxed(race: Race, key: str, name: str, winner: str | None) -> list[Relaxation]:
    worst = max(race.breaks(name), key=lambda each: each.relative)
    if worst.limit is None or worst.worst is None:
        return []
    gain = None
    if winner is not None:
        better = [-race.sign * each for each in race.differences(name, winner)]
        gain = estimate(better, race.confidence, not race.trials.random)
    return [Relaxation(worst.limit, name, worst.worst, gain)]


def _missed(race: Race, name: str) -> float:
    return sum(each.relative for each in race.breaks(name))


def _gain(race: Race, found: Relaxation) -> float:
    return found.gain.mean if found.gain else 0.0
