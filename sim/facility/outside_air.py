"""Outdoor air in the hall: what the dampers let in, what an evaporative stage makes of it, and what that leaves.

Free share f = (return - inlet) / (return - supply) within 0..1, inlet = outdoor air after the stage + its pickup in
the ducts; 0 where the air is too humid. Evaporation holds the air's enthalpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

from sim.facility.air import enthalpy_j_per_kg, humidity_ratio, saturation_pressure_pa
from sim.facility.lanes import AirLike, Number, chosen, larger, smaller, within

LIMITS: Mapping[str, tuple[float, float]] = {
    "duct_pickup_k": (0.0, 5.0),
    "dew_point_lowest_c": (-60.0, 15.0),
    "dew_point_highest_c": (0.0, 40.0),
    "evaporative_effectiveness": (0.0, 1.0),
}

AIR_J_PER_KG_K = 1006.0
VAPOUR_J_PER_KG_K = 1860.0
VAPOUR_J_PER_KG = 2_501_000.0
NO_DIFFERENCE_K = 1e-9


@dataclass(frozen=True, slots=True)
class Draught(Generic[Number]):
    """`free_share` of the hall's heat leaves with the air; each kg through the hall takes up `water_kg_per_kg`."""

    free_share: Number
    water_kg_per_kg: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Dampers that hold the dew point within limits, and a direct evaporative stage (effectiveness 0: none).

    The stage cools no further than the supply wants and the highest dew point allows, and keeps cold air from being
    too dry; where there is none, air below the lowest dew point stays outside.
    """

    pickup_k: float
    lowest_c: float
    highest_c: float
    effectiveness: float

    @classmethod
    def of(cls, figures: Mapping[str, float]) -> Intake:
        """The intake that the figures describe."""
        return cls(
            pickup_k=figures["duct_pickup_k"],
            lowest_c=figures["dew_point_lowest_c"],
            highest_c=figures["dew_point_highest_c"],
            effectiveness=figures["evaporative_effectiveness"],
        )

    def draw(self, supply_c: float, return_c: Number, air: AirLike[Number]) -> Draught[Number]:
        """What outdoor air does for a hall between these temperatures."""
        outdoors = humidity_ratio(air.relative_humidity * saturation_pressure_pa(air.dry_bulb_c), air.pressure_pa)
        highest = _ratio_at_dew_point(self.highest_c, air.pressure_pa)
        lowest = _ratio_at_dew_point(self.lowest_c, air.pressure_pa)
        enthalpy = enthalpy_j_per_kg(air.dry_bulb_c, outdoors)
        cooled_c = self._cooled_c(supply_c, enthalpy, highest, air)
        cooled = (enthalpy - AIR_J_PER_KG_K * cooled_c) / (VAPOUR_J_PER_KG + VAPOUR_J_PER_KG_K * cooled_c)
        inlet_c = cooled_c + self.pickup_k
        span_k = larger(return_c - supply_c, NO_DIFFERENCE_K)
        free = within((return_c - inlet_c) / span_k, 0.0, 1.0)
        shut = outdoors > highest
        if self.effectiveness == 0.0:
            shut = shut | (outdoors < lowest)
        free = chosen(shut, 0.0 * free, free)
        outdoor_share = chosen(free > 0.0, smaller(span_k / larger(return_c - inlet_c, span_k), 1.0), 0.0 * free)
        taken = larger(larger(cooled, lowest) - outdoors, 0.0) if self.effectiveness > 0.0 else 0.0 * free
        return Draught(free, outdoor_share * taken)

    def _cooled_c(self, supply_c: float, enthalpy: Number, highest: Number, air: AirLike[Number]) -> Number:
        """Air behind the evaporative stage: as cool as is wanted, possible and allowed."""
        reach_k = self.effectiveness * (air.dry_bulb_c - air.wet_bulb_c)
        moistest_c = (enthalpy - VAPOUR_J_PER_KG * highest) / (AIR_J_PER_KG_K + VAPOUR_J_PER_KG_K * highest)
        coolest_c = larger(larger(air.dry_bulb_c - reach_k, moistest_c), supply_c - self.pickup_k)
        return smaller(air.dry_bulb_c, coolest_c)


def _ratio_at_dew_point(dew_point_c: float, air_pa: Number) -> Number:
    vapour_pa = saturation_pressure_pa(dew_point_c)
    return humidity_ratio(vapour_pa + 0.0 * air_pa, air_pa)
