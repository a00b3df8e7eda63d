"""Another cooling plant in place of the scenario's: watts and water at the meter change, and so does what it cools to.

The capital of the new plant is charged to the measure; the old one is built and stays in the cost of the fleet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.scenario.specs import PlantSpec
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import UpFront
from sim.strategies.technique import Context

CAPITAL_USD_PER_KW = "capital_usd_per_kw"  # the technique's figure: per kW of provisioned IT power
LIFE_Y = "life_y"


@dataclass(frozen=True, slots=True)
class Retrofit:
    """The scenario's plant is replaced as a whole; its overrides do not carry over."""

    plant: PlantSpec
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Retrofit:
        """From `plant: NAME` or `plant: {preset: NAME, ...}`."""
        plant: PlantSpec = context.measure.options["plant"]
        return cls(plant, context.catalogue.technique("plant", plant.type.name))

    def obstacle(self, target: PlantSpec) -> str | None:
        """A plant is not replaced by itself."""
        return f"the site has '{self.plant.type.name}' as it is" if self.plant == target else None

    def apply(self, target: PlantSpec) -> PlantSpec:
        """The new plant."""
        return self.plant

    def upfront(self, target: PlantSpec) -> UpFront:
        """Capital per provisioned kW over the life of the plant, and the engineers."""
        work = set_up("efficiency", self.technique, f"plant {self.plant.type.name}")
        figures = self.technique.figures
        return replace(work, capital_usd_per_kw=figures[CAPITAL_USD_PER_KW], life_y=figures[LIFE_Y])

    def assumed(self) -> tuple[str, ...]:
        """The assumed figures of the plant and of the technique."""
        plant = self.plant.type
        return (*(f"plants.{plant.name}.{figure}" for figure in plant.assumed()), *assumed_figures(self.technique))
