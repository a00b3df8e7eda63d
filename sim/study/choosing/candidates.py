"""The mixes that a choice is made from: every combination of the scenario's alternatives, or its named mixes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sim.errors import ScenarioError, UsageError
from sim.scenario.specs import Alternative, Choose, Knob, Measure, Mix, Scenario
from sim.strategies import apply_mix
from sim.strategies.plan import Plan
from sim.study.choosing.naming import NOTHING, combination_names

Written: TypeAlias = Mapping[str, object]  # a mix as a scenario file would say it
CANDIDATES_MAX = 5_000
GRID = 5  # values of a searched setting that are tried first, ends included (assumed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """One alternative of each family by name, and a value for each setting of theirs that is searched, in order."""

    alternatives: Mapping[str, Alternative]
    settings: tuple[float, ...] = ()

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The searched settings, in order."""
        return tuple(knob for each in self.alternatives.values() for knob in each.knobs)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Measures of all families in the order that they apply."""
        return tuple(measure for _, measures, _ in self._filled() for measure in measures)

    @property
    def written(self) -> Written:
        """The combination as a scenario file would say it."""
        return {family: items for family, _, items in self._filled() if items}

    def _filled(self) -> Iterator[tuple[str, list[Measure], list[dict[str, object]]]]:
        values = iter(self.settings)
        for family, each in self.alternatives.items():
            measures = list(each.measures)
            items: list[dict[str, object]] = [dict(item) for item in each.written]
            for knob, value in zip(each.knobs, values, strict=False):
                measures[knob.measure] = replace(measures[knob.measure], options={knob.kind: value})
                items[knob.item][knob.kind] = value
            yield family, measures, items


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One mix that may be chosen. `refusal` says why it cannot act on the scenario, `same_as` whose plan it has."""

    name: str
    measures: tuple[Measure, ...]
    written: Written
    combination: Combination | None = None  # None: a named mix
    refusal: str | None = None
    same_as: str | None = None

    @property
    def runs(self) -> bool:
        """Whether it is simulated itself."""
        return self.refusal is None and self.same_as is None


def candidates_of(scenario: Scenario, more: Sequence[Combination] = ()) -> list[Candidate]:
    """All candidates, the baseline first, checked against the scenario; `more` stand after those of the options.

    Raises UsageError for more than 5,000.
    """
    if not scenario.choose.options:
        mixes = scenario.mixes or (Mix(name=NOTHING),)
        return _checked([_named(mix, scenario) for mix in mixes], scenario)
    combined = _distinct([Combination(alternatives={}), *combinations(scenario.choose), *more])
    names = combination_names([each.measures for each in combined])
    found = [
        Candidate(name=name, measures=each.measures, written=each.written, combination=each)
        for name, each in zip(names, combined, strict=True)
    ]
    return _checked(found, scenario)


def combinations(choose: Choose) -> list[Combination]:
    """Every combination of one alternative per family, with searched settings on a first even grid.

    Raises UsageError for more than 5,000.
    """
    grids = [
        [
            Combination(alternatives=dict(zip(choose.options, chosen, strict=True)), settings=settings)
            for settings in itertools.product(*(_grid(knob) for each in chosen for knob in each.knobs))
        ]
        for chosen in _chosen(choose)
    ]
    return [each for grid in grids for each in grid]


def around(found: Combination, halvings: int) -> list[Combination]:
    """The neighbours of a combination in each searched setting: a step of the first grid away, halved so often."""
    neighbours = []
    for place, knob in enumerate(found.knobs):
        step = (knob.high - knob.low) / (GRID - 1) / 2**halvings
        for value in (found.settings[place] - step, found.settings[place] + step):
            if knob.low <= value <= knob.high:
                settings = (*found.settings[:place], value, *found.settings[place + 1 :])
                neighbours.append(replace(found, settings=settings))
    return neighbours


def _chosen(choose: Choose) -> Iterator[tuple[Alternative, ...]]:
    size = math.prod(sum(GRID ** len(each.knobs) for each in found) for found in choose.options.values())
    if size > CANDIDATES_MAX:
        raise UsageError(f"choose.options combine to {size:,} mixes, more than {CANDIDATES_MAX:,}: name fewer")
    return itertools.product(*choose.options.values())


def _grid(knob: Knob) -> list[float]:
    return [knob.low + (knob.high - knob.low) * step / (GRID - 1) for step in range(GRID)]


def _distinct(combined: Sequence[Combination]) -> list[Combination]:
    """The first of each set of combinations with the same measures."""
    first: dict[str, Combination] = {}
    for each in combined:
        first.setdefault(repr([replace(measure, path="") for measure in each.measures]), each)
    return list(first.values())


def _named(mix: Mix, scenario: Scenario) -> Candidate:
    mixes = scenario.document.get("mixes")
    written = mixes.get(mix.name) if isinstance(mixes, Mapping) else None
    return Candidate(name=mix.name, measures=mix.measures, written=written if isinstance(written, Mapping) else {})


def _checked(found: Sequence[Candidate], scenario: Scenario) -> list[Candidate]:
    """The candidates with what keeps them from being simulated: they cannot act, or their plan is another's."""
    plans: dict[str, Plan] = {}
    checked = []
    for each in found:
        plan = applied(scenario, each.name, each.measures)
        if isinstance(plan, str):
            checked.append(replace(each, refusal=plan))
            continue
        twin = next((name for name, other in plans.items() if other == plan), None)
        if twin is None:
            plans[each.name] = plan
        checked.append(replace(each, same_as=twin))
    return checked


def applied(scenario: Scenario, name: str, measures: Sequence[Measure]) -> Plan | str:
    """The plan of some measures without their name and notes, or why they cannot act, in one line."""
    try:
        plan = apply_mix(alone(scenario, name, measures), name)
    except ScenarioError as fault:
        return "; ".join(problem.text for problem in fault.problems)
    return replace(plan, scenario=scenario, mix="", assumed=(), warnings=())


def alone(scenario: Scenario, name: str, measures: Sequence[Measure]) -> Scenario:
    """The scenario with these measures as its only mix, whatever else may be chosen from."""
    return replace(scenario, mixes=(Mix(name=name, measures=tuple(measures)),), choose=Choose())
