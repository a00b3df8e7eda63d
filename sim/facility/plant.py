"""From a plant of the catalogue to a building of a given size at a given site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from sim.errors import CatalogueError, Problem
from sim.facility import air_economiser, chilled_water, colocation, direct_liquid
from sim.facility.air_economiser import AirEconomiser
from sim.facility.answers import Answer
from sim.facility.chilled_water import ChilledWater
from sim.facility.colocation import Colocation
from sim.facility.direct_liquid import DirectLiquid
from sim.facility.figures import Limits, plant_figures
from sim.facility.lanes import AirLike, Number
from sim.facility.weather import Weather
from sim.facility.year import WeatherYear
from sim.protocols import Air, Plant
from sim.scenario.specs import PlantSpec

HELD_WITHIN_K = 0.05
Built = ChilledWater | AirEconomiser | DirectLiquid | Colocation


class Facility(Plant, Protocol):
    """A plant of a size, and what the nodes in it need to know."""

    def answer(self, it_w: Number, air: AirLike[Number]) -> Answer[Number]:
        """What `respond` says, for one moment or for arrays of many."""

    @property
    def supply_c(self) -> float:
        """Set-point of what the plant delivers to the nodes."""

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
    def direct_current(self) -> bool:
        """Whether the racks are fed with direct current: the plant converts, and the nodes' own supplies rest."""

    @property
    def stated_pue(self) -> float | None:
        """The PUE where it is an input; None where it is a result."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the results must know about this plant."""

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""


def build_plant(spec: PlantSpec, design_it_w: float, weather: Weather | WeatherYear) -> Built:
    """A plant whose machines are sized for a design IT power [W] on the design day of the site.

    Raises ScenarioError or CatalogueError where a figure is unknown or outside its limits.
    """
    day = weather.design_air
    build = BUILDERS.get(spec.type.kind)
    if build is None:
        raise CatalogueError(Problem(f"no plant model {spec.type.kind!r}", path=f"plants.{spec.type.name}.kind"))
    limits, sized = build
    plant = sized(plant_figures(spec, limits), design_it_w, day)
    return replace(plant, warnings=_design_day(plant, design_it_w, day))


def _stated(figures: Mapping[str, float], design_it_w: float, design_air: Air) -> Colocation:
    return Colocation.stated(figures)


BUILDERS: Mapping[str, tuple[Limits, Callable[[Mapping[str, float], float, Air], Built]]] = {
    "chilled-water": (chilled_water.LIMITS, ChilledWater.sized),
    "air-economiser": (air_economiser.LIMITS, AirEconomiser.sized),
    "direct-liquid": (direct_liquid.LIMITS, DirectLiquid.plates),
    "direct-liquid-dry": (direct_liquid.DRY_LIMITS, DirectLiquid.plates),
    "immersion": (direct_liquid.IMMERSION_LIMITS, DirectLiquid.immersion),
    "frontier": (direct_liquid.FRONTIER_LIMITS, DirectLiquid.frontier),
    "colocation": (colocation.LIMITS, _stated),
}


def _design_day(plant: Built, design_it_w: float, day: Air) -> tuple[str, ...]:
    """What to say where the plant cannot hold its set-point even on the day that it is made for."""
    supply_c = plant.respond(design_it_w, day).supply_c
    if supply_c <= plant.supply_c + HELD_WITHIN_K:
        return ()
    weather = f"{day.dry_bulb_c:.1f} degC, wet bulb {day.wet_bulb_c:.1f} degC"
    return (f"on the design day ({weather}) the plant supplies {supply_c:.1f} degC instead of {plant.supply_c:g}",)
