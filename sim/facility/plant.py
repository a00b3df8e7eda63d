"""From a plant of the catalogue to a building of a given size at a given site."""

from __future__ import annotations

from typing import Protocol

from sim.errors import CatalogueError, Problem
from sim.facility import colocation
from sim.facility.figures import plant_figures
from sim.facility.weather import Weather
from sim.protocols import Plant
from sim.scenario.specs import PlantSpec


class Facility(Plant, Protocol):
    """A plant of a size, and what the nodes in it need to know."""

    @property
    def liquid(self) -> bool:
        """Whether the accelerators sit on cold plates, so that `supply_c` is water."""

    @property
    def fan_share(self) -> float:
        """Share of the nodes' fan power that remains."""

    @property
    def inlet_rise_c(self) -> float:
        """Rise between what the plant delivers and the coolant at the accelerator [K]."""

    @property
    def stated_pue(self) -> float | None:
        """The PUE where it is an input; None where it is a result."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the results must know about this plant."""

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""


def build_plant(spec: PlantSpec, design_it_w: float, weather: Weather) -> Facility:
    """A plant whose machines are sized for a design IT power [W] on the design day of the site.

    Raises ScenarioError or CatalogueError where a figure is unknown or outside its limits.
    """
    match spec.type.kind:
        case "colocation":
            return colocation.Colocation.stated(plant_figures(spec, colocation.LIMITS))
        case kind:
            raise CatalogueError(Problem(f"no plant model {kind!r}", path=f"plants.{spec.type.name}.kind"))
