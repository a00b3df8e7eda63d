"""Mixes as measures in the order that they apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from sim.document import Route, Strict
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.compiling.site import plant_spec
from sim.scenario.schema import Root
from sim.scenario.schema import mixes as schema
from sim.scenario.schema.power import Hardware
from sim.scenario.schema.site import PlantChoice

Family = Literal["compute", "algorithm", "energy", "vertical"]
FAMILIES: Final[tuple[Family, ...]] = ("compute", "algorithm", "energy", "vertical")
BASELINE: Final = "baseline"
OF_POOLS: Final = ("placement",)  # measures of the compute family that act on pools
ANOTHER_KEY: Final = {"kv": "quantise_kv"}  # keys for measures that have one of their own as well


def mixes_of(root: Root, desk: Desk) -> tuple[specs.Mix, ...]:
    """Mixes in the order of the file; one without measures where there are none."""
    actable = actable_in(root)
    found = []
    for name, mix in root.mixes.items():
        measures = [
            measure
            for family in FAMILIES
            for measure in family_measures(family, getattr(mix, family), ("mixes", name, family), actable, desk)
        ]
        found.append(specs.Mix(name=name, measures=tuple(measures)))
    return tuple(found) or (specs.Mix(name=BASELINE),)


def actable_in(root: Root) -> dict[str, tuple[str, ...]]:
    """Names of services and of pools, which measures act on."""
    return {
        "service": tuple(service.name for service in root.services),
        "pool": tuple(pool.name for pool in root.pools),
    }


def family_measures(
    family: Family, items: list[schema.Measures], path: Route, actable: Mapping[str, tuple[str, ...]], desk: Desk
) -> Iterator[specs.Measure]:
    """The measures of a list of items at a path of the document, in their order."""
    for index, item in enumerate(items):
        target_kind = "pool" if family == "energy" or item.named() == OF_POOLS else "service"
        here: Route = (*path, index)
        for target in item.targets or ():
            if target not in actable[target_kind]:
                names = ", ".join(actable[target_kind]) or "none"
                desk.fault(
                    (*here, "for"), f"measures of family {family} act on {target_kind}s ({names}), not on '{target}'"
                )
        targets = None if item.targets is None else tuple(item.targets)
        for kind in item.named():
            named = ANOTHER_KEY.get(kind, kind)
            yield specs.Measure(
                family=family,
                kind=named,
                options=_options(named, value := getattr(item, kind), desk),
                targets=(value.pool,) if isinstance(value, Hardware) else targets,
                path=_position(desk, (*here, kind)),
            )


def _options(kind: str, value: object, desk: Desk) -> dict[str, object]:
    """Options by name: the keys of a mapping that are set, or the plain value under the measure's own name."""
    if isinstance(value, PlantChoice):
        return {kind: plant_spec(value, desk)}
    if isinstance(value, Strict):
        return value.model_dump(exclude_none=True)
    return {kind: value}


def _position(desk: Desk, path: Route) -> str:
    """Where a measure stands, with file and line: it is checked when it is applied, when no document is at hand."""
    problem = desk.document.problem(path, "")
    return str(problem).removesuffix(": ")
