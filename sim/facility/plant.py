"""From a plant of the catalogue to a building of a given size at a given site."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from sim.errors import CatalogueError, Problem
from sim.facility import chilled_water, colocation, direct_liquid
from sim.facility.chilled_water import ChilledWater
from sim.facility.colocation import Colocation
from sim.facility.direct_liquid import DirectLiquid
from sim.facility.figures import plant_figures
from sim.facility.weather import Weather
from sim.protocols import Air, Plant
from sim.scenario.specs import PlantSpec

HELD_WITHIN_K = 0.05


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
    day = weather.design_air
    match spec.type.kind:
        case "chilled-water":
            hall = ChilledWater.sized(plant_figures(spec, chilled_water.LIMITS), design_it_w, day)
            return replace(hall, warnings=_design_day(hall, hall.supply_c, design_it_w, day))
        case "direct-liquid" | "direct-liquid-dry":
            limits = direct_liquid.LIMITS if spec.type.kind == "direct-liquid" else direct_liquid.DRY_LIMITS
            plates = DirectLiquid.sized(plant_figures(spec, limits), design_it_w, day)
            return replace(plates, warnings=_design_day(plates, plates.supply_c, design_it_w, day))
        case "colocation":
            return Colocation.stated(plant_figures(spec, colocation.LIMITS))
        case kind:
            raise CatalogueError(Problem(f"no plant model {kind!r}", path=f"plants.{spec.type.name}.kind"))


def _design_day(plant: Plant, wanted_c: float, design_it_w: float, day: Air) -> tuple[str, ...]:
    """What to say where the plant cannot hold its set-point even on the day that it is made for."""
    supply_c = plant.respond(design_it_w, day).supply_c
    if supply_c <= wanted_c + HELD_WITHIN_K:
        return ()
    weather = f"{day.dry_bulb_c:.1f} degC, wet bulb {day.wet_bulb_c:.1f} degC"
    return (f"on the design day ({weather}) the plant supplies {supply_c:.1f} degC instead of {wanted_c:g}",)
