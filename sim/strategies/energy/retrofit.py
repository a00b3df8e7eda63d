"""Another cooling plant in place of the scenario's: watts and water at the meter change, and so does what it cools to.

The capital of the new plant is charged to the measure; the old one is built and stays in the cost of the fleet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.scenario.specs import PlantSpec
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import UpFront
from sim.strategies.technique import Context

CAPITAL_USD_PER_KW = "capital_usd_per_kw"  # the technique's figure: per kW of provisioned IT power
LIFE_Y = "life_y"
SUPPLY = "supply_c"
SET_POINT = "set-point"  # the technique of changing it


@dataclass(frozen=True, slots=True)
class Retrofit:
    """The scenario's plant is replaced as a whole; its overrides do not carry over."""

    plant: PlantSpec
    technique: entries.Technique
    set_point: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Retrofit:
        """From `plant: NAME` or `plant: {preset: NAME, ...}`."""
        plant: PlantSpec = context.measure.options["plant"]
        technique = context.catalogue.technique
        return cls(plant, technique("plant", plant.type.name), technique("plant", SET_POINT))

    def obstacle(self, target: PlantSpec) -> str | None:
        """Every site has a plant."""
        return None

    def apply(self, target: PlantSpec) -> PlantSpec:
        """The new plant."""
        return self.plant

    def upfront(self, target: PlantSpec) -> UpFront:
        """Capital per provisioned kW over the life of the plant, and the engineers.

        Another supply temperature of the plant that is there takes a few hours of an engineer; the same one, nothing.
        """
        measure = f"plant {self.plant.type.name}"
        if self.plant == target:
            return UpFront(family="efficiency", measure=measure)
        if self.plant.type == target.type and _but_for_supply(self.plant) == _but_for_supply(target):
            return set_up("efficiency", self.set_point, measure)
        figures = self.technique.figures
        work = set_up("efficiency", self.technique, measure)
        return replace(work, capital_usd_per_kw=figures[CAPITAL_USD_PER_KW], life_y=figures[LIFE_Y])

    def assumed(self) -> tuple[str, ...]:
        """The assumed figures of the plant and of the technique."""
        plant = self.plant.type
        return (*(f"plants.{plant.name}.{figure}" for figure in plant.assumed()), *assumed_figures(self.technique))


def _but_for_supply(plant: PlantSpec) -> Mapping[str, float]:
    """The overrides of a plant without its set-point."""
    return {figure: value for figure, value in plant.overrides.items() if figure != SUPPLY}
