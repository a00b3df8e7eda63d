"""The value of a price at which the answer flips: where another mix becomes the cheapest, or new equals stored.

Cost is affine in most prices, so a secant finds the value at once; for the others (interest, lives) it closes in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Final

from sim.errors import InputError, UsageError
from sim.scenario import load
from sim.study.repricing import KeptRuns, RepricedRun, total_usd

STEPS: Final = 60
CLOSE: Final = 1e-10  # of the value, at which the secant stops
SAME: Final = 1e-9  # costs whose difference is below this share of them are equal whatever the price


@dataclass(frozen=True, slots=True)
class Flip:
    """At this value of the price the cheapest mix changes."""

    value: float
    cheapest_below: str
    cheapest_above: str


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """What the price `path`, now `at`, would have to be for another answer.

    `flips` holds the nearest change of the cheapest mix on each side of `at`, at 0 or above. `equals_stored` holds for
    each mix the value at which it costs, under the other settings, what it cost as stored; None where no value does.
    """

    path: str
    at: float
    cheapest: str
    flips: Sequence[Flip]
    equals_stored: Mapping[str, float | None]

    def to_json(self) -> dict[str, object]:
        """Plain, as part of the `dcsim.reprice/1` object."""
        return {
            "path": self.path,
            "at": self.at,
            "cheapest": self.cheapest,
            "flips": [asdict(flip) for flip in self.flips],
            "equals_stored": dict(self.equals_stored),
        }


def break_even(folder: Path, settings: Sequence[str], path: str) -> BreakEven:
    """Where the price at `path` flips the answer, all other settings as given.

    Raises UsageError where the path does not lead to a number that the settings or the scenario state.
    """
    runs = KeptRuns(folder)
    at = _stated(runs.path, settings, path)

    @cache
    def costs(value: float) -> dict[str, float]:
        try:
            found = runs.repriced([*settings, f"{path}={value!r}"])
        except InputError as fault:
            reason = fault.problems[0].text if fault.problems else str(fault)
            raise UsageError(f"--break-even needs a price that may take any value; {path}: {reason}") from None
        labels = dict.fromkeys(run.label for run in found)
        return {label: fmean(total_usd(run.after) for run in found if run.label == label) for label in labels}

    stored = runs.repriced([])
    kept = {run.label for run in stored} - {run.label for run in stored if run.before["feasible"] is not True}
    before = _stored_usd(stored) if settings else {}
    rivals = sorted(kept) or sorted({run.label for run in stored})
    cheapest = min(rivals, key=lambda label: costs(at)[label])
    return BreakEven(
        path=path,
        at=at,
        cheapest=cheapest,
        flips=_flips(costs, at, cheapest, [label for label in rivals if label != cheapest]),
        equals_stored={label: root(lambda v, n=label: costs(v)[n] - before[n], at, before[label]) for label in before},  # type: ignore[misc]
    )


def _stored_usd(runs: Sequence[RepricedRun]) -> dict[str, float]:
    """Mean cost of each label as stored."""
    labels = dict.fromkeys(run.label for run in runs)
    return {label: fmean(total_usd(run.before) for run in runs if run.label == label) for label in labels}


def _flips(
    costs: Callable[[float], Mapping[str, float]], at: float, cheapest: str, rivals: Sequence[str]
) -> tuple[Flip, ...]:
    """The nearest values on either side at which a rival takes over."""
    meets: dict[str, float] = {}
    for rival in rivals:
        value = root(lambda v, n=rival: costs(v)[n] - costs(v)[cheapest], at, costs(at)[cheapest])  # type: ignore[misc]
        if value is not None and value >= 0.0 and value != at:
            meets[rival] = value
    below = [rival for rival in meets if meets[rival] < at]
    above = [rival for rival in meets if meets[rival] > at]
    found = []
    if below:
        nearest = max(below, key=lambda rival: meets[rival])
        found.append(Flip(meets[nearest], nearest, cheapest))
    if above:
        nearest = min(above, key=lambda rival: meets[rival])
        found.append(Flip(meets[nearest], cheapest, nearest))
    return tuple(found)


def root(difference: Callable[[float], float], start: float, scale: float) -> float | None:
    """Where a nearly affine difference is 0, by the secant rule from `start`; None where it nowhere is, or everywhere.

    scale: size of what is compared; differences far below it are nothing.
    """
    here, there = start, start * 1.1 if start else 1.0
    value_here, value_there = difference(here), difference(there)
    for _ in range(STEPS):
        slope = value_there - value_here
        if abs(slope) <= SAME * abs(scale) * abs(there - here) / max(abs(there), abs(here)):
            return None
        here, value_here, there = there, value_there, there - value_there * (there - here) / slope
        if there < 0.0:
            return None
        value_there = difference(there)
        if abs(there - here) <= CLOSE * max(abs(there), CLOSE) or value_there == 0.0:
            return there
    return None


def _stated(path: Path, settings: Sequence[str], wanted: str) -> float:
    """The number that the scenario states at a path after the settings, or takes by default (economics)."""
    scenario = load(path, settings)
    by_default = {each.name: getattr(scenario.economics, each.name) for each in fields(scenario.economics)}
    value: object = {**scenario.document, "economics": by_default}
    for word in wanted.split("."):
        if isinstance(value, Mapping):
            value = value.get(word)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            value = next((item for item in value if isinstance(item, Mapping) and item.get("name") == word), None)
        else:
            value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        shown = "nothing" if value is None else json.dumps(value)
        raise UsageError(f"--break-even needs a path to a number; {wanted} holds {shown}: give it with --set first")
    return float(value)
