"""What `dcsim choose` may combine: alternatives of each family as measures, with the settings that are searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.document import Route, Value
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.compiling.mixes import FAMILIES, Family, actable_in, family_measures
from sim.scenario.schema import Root
from sim.scenario.schema import mixes as schema
from sim.scenario.schema.choose import RANGE


def choose_of(root: Root, desk: Desk) -> specs.Choose:
    """The alternatives and limits of a scenario; nothing of a family that names no alternative."""
    actable = actable_in(root)
    options = {
        family: tuple(
            _alternative(family, items, ("choose", "options", family, index), actable, desk)
            for index, items in enumerate(getattr(root.choose.options, family))
        )
        for family in FAMILIES
    }
    limits = specs.Limits(**root.choose.limits.model_dump())
    return specs.Choose(options={family: found for family, found in options.items() if found}, limits=limits)


def _alternative(
    family: Family, items: list[schema.Measures], path: Route, actable: Mapping[str, tuple[str, ...]], desk: Desk
) -> specs.Alternative:
    measures = tuple(family_measures(family, items, path, actable, desk))
    written = _written(desk.document.part(path))
    return specs.Alternative(measures=measures, written=written, knobs=tuple(_knobs(items, written)))


def _written(value: Value) -> tuple[Mapping[str, Any], ...]:
    """The items as they stand in the file."""
    listed = value if isinstance(value, list) else [value]
    return tuple(item for item in listed if isinstance(item, dict))


def _knobs(items: Sequence[schema.Measures], written: Sequence[Mapping[str, Any]]) -> Iterator[specs.Knob]:
    """The settings that are written as a range, with the place of their measure in the whole alternative."""
    kinds = [(index, kind) for index, item in enumerate(items) for kind in item.named()]
    for place, (index, kind) in enumerate(kinds):
        setting = written[index].get(kind)
        if isinstance(setting, dict) and RANGE in setting:
            low, high = setting[RANGE]
            yield specs.Knob(measure=place, item=index, kind=kind, low=low, high=high)
