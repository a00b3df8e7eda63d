"""Another cooling plant in place of the scenario's: watts and water at the meter change, and so does what it cools to.

The capital of the new plant is charged to the measure; the old one is built and stays in the cost of the fleet.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.scenario.specs import PlantSpec
from sim.strategies.plan import UpFront
from sim.strategies.technique import Context

CAPITAL = "retrofit_usd_per_kw"  # a plant's figure: per kW of provisioned IT power
CAPITAL_USD_PER_KW = 2500.0  # assumed: mechanical plant without shell and power, of the 10-14 kUSD/kW of a new building
ENGINEER_H = 400.0  # assumed: ten weeks to plan, tender and commission


@dataclass(frozen=True, slots=True)
class Retrofit:
    """The scenario's plant is replaced as a whole; its overrides do not carry over."""

    plant: PlantSpec
    life_y: float

    @classmethod
    def build(cls, context: Context) -> Retrofit:
        """From `plant: NAME` or `plant: {preset: NAME, ...}`; lives as long as the building's own equipment."""
        return cls(context.measure.options["plant"], context.scenario.economics.facility_life_y)

    def obstacle(self, target: PlantSpec) -> str | None:
        """It acts on every site."""
        return None

    def apply(self, target: PlantSpec) -> PlantSpec:
        """The new plant."""
        return self.plant

    def upfront(self, target: PlantSpec) -> UpFront:
        """Capital per provisioned kW and the engineers; nothing where the plant is the one that stands there."""
        if self.plant == target:
            return UpFront(family="efficiency", measure=f"plant {self.plant.type.name}")
        return UpFront(
            family="efficiency",
            measure=f"plant {self.plant.type.name}",
            engineer_h=ENGINEER_H,
            capital_usd_per_kw=self._figure(CAPITAL, CAPITAL_USD_PER_KW),
            life_y=self.life_y,
        )

    def _figure(self, name: str, otherwise: float) -> float:
        """A figure of the plant: overridden in the scenario, else of the catalogue, else `otherwise`."""
        return self.plant.overrides.get(name, self.plant.type.figures.get(name, otherwise))

    def assumed(self) -> tuple[str, ...]:
        """The plant's assumed figures, the engineers' hours, and the capital where the catalogue has none."""
        figures = tuple(f"plants.{self.plant.type.name}.{figure}" for figure in self.plant.type.assumed())
        own = () if CAPITAL in self.plant.type.figures else ("measures.plant.retrofit_usd_per_kw",)
        return (*figures, *own, "measures.plant.engineer_h")
