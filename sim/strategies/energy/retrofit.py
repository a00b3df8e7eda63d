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
    built: PlantSpec
    technique: entries.Technique
    set_point: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Retrofit:
        """From `plant: NAME` or `plant: {preset: NAME, ...}`."""
        plant: PlantSpec = context.measure.options["plant"]
        technique = context.catalogue.technique
        built = context.scenario.site.plant
        return cls(plant, built, technique("plant", plant.type.name), technique("plant", SET_POINT))

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
        measure, technique = f"plant {self.plant.type.name}", self._way_from(target)
        if technique is None:
            return UpFront(family="efficiency", measure=measure)
        work = set_up("efficiency", technique, measure)
        if technique is self.set_point:
            return work
        figures = technique.figures
        return replace(work, capital_usd_per_kw=figures[CAPITAL_USD_PER_KW], life_y=figures[LIFE_Y])

    def assumed(self) -> tuple[str, ...]:
        """The assumed figures of the plant, and of the technique that leads to it from the one that is built."""
        plant, technique = self.plant.type, self._way_from(self.built)
        figures = tuple(f"plants.{plant.name}.{figure}" for figure in plant.assumed())
        return figures + (assumed_figures(technique) if technique else ())

    def _way_from(self, target: PlantSpec) -> entries.Technique | None:
        """A new plant, or another set-point of the same; None where nothing changes."""
        if self.plant == target:
            return None
        same = self.plant.type == target.type and _but_for_supply(self.plant) == _but_for_supply(target)
        return self.set_point if same else self.technique


def _but_for_supply(plant: PlantSpec) -> Mapping[str, float]:
    """The overrides of a plant without its set-point."""
    return {figure: value for figure, value in plant.overrides.items() if figure != SUPPLY}
