"""The figures of a plant: the catalogue's, with the scenario's overrides, each inside the limits of its model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.document import nearest
from sim.errors import CatalogueError, Problem, ScenarioError
from sim.scenario.specs import PlantSpec

Limits = Mapping[str, tuple[float, float]]

COUNTED = "_machines"  # figures whose names end so are numbers of things


def plant_figures(spec: PlantSpec, limits: Limits) -> dict[str, float]:
    """All figures that a plant model needs.

    Raises CatalogueError where the entry lacks one, knows one too many or has one outside `limits`, ScenarioError where
    an override does.
    """
    entry = f"plants.{spec.type.name}"
    faults = [*_faults(spec.type.figures, limits, entry), *_missing(spec.type.figures, limits, entry)]
    if faults:
        raise CatalogueError(faults)
    if faults := list(_faults(spec.overrides, limits, "plant")):
        raise ScenarioError(faults)
    return {**spec.type.figures, **spec.overrides}


def _missing(figures: Mapping[str, float], limits: Limits, path: str) -> Iterator[Problem]:
    for name in limits:
        if name not in figures:
            yield Problem(f"the figure {name!r} is missing", path=path)


def _faults(figures: Mapping[str, float], limits: Limits, path: str) -> Iterator[Problem]:
    for name, value in figures.items():
        if name not in limits:
            yield Problem(_unknown(name, limits), path=path)
            continue
        low, high = limits[name]
        if not low <= value <= high:
            yield Problem(f"{name} ({value:g}) must lie in {low:g}..{high:g}", path=path)
        elif name.endswith(COUNTED) and value != int(value):
            yield Problem(f"{name} ({value:g}) must be a whole number", path=path)


def _unknown(name: str, limits: Limits) -> str:
    guess = nearest(name, tuple(limits))
    hint = f"did you mean {guess!r}?" if guess else f"it has {', '.join(limits)}"
    return f"this plant has no figure {name!r}; {hint}"
