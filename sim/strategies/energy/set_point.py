"""Another supply temperature of the plant that is there: warmer air at the racks, or warmer water at the cold plates.

Chillers lift the heat less far and free cooling reaches further; accelerators get warmer, and the fans of the nodes do
not know it. Where accelerators then reach their limits, their clocks fall.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.scenario.specs import PlantSpec
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import UpFront
from sim.strategies.technique import Context

SUPPLY = "supply_c"


@dataclass(frozen=True, slots=True)
class SetPoint:
    """The plant supplies at another temperature."""

    supply_c: float
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> SetPoint:
        """From `supply_c: C`."""
        return cls(float(context.measure.options[SUPPLY]), context.catalogue.technique("plant", "set-point"))

    def obstacle(self, target: PlantSpec) -> str | None:
        """A plant that is only known by its PUE does not answer to its set-point."""
        if "pue" in target.type.figures:
            return f"plant '{target.type.name}' has a stated PUE, which does not follow its set-point"
        return None

    def apply(self, target: PlantSpec) -> PlantSpec:
        """The plant at this set-point."""
        if self._is_so(target):
            return target
        return replace(target, overrides={**target.overrides, SUPPLY: self.supply_c})

    def upfront(self, target: PlantSpec) -> UpFront:
        """An engineer's hours; none where it is so already."""
        measure = f"supply_c {self.supply_c:g}"
        if self._is_so(target):
            return UpFront(family="efficiency", measure=measure)
        return set_up("efficiency", self.technique, measure)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)

    def _is_so(self, target: PlantSpec) -> bool:
        return target.overrides.get(SUPPLY, target.type.figures[SUPPLY]) == self.supply_c
