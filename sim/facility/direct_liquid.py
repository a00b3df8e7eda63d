"""Accelerators on cold plates: a warm-water loop carries most of the heat, air handlers the rest.

The warm loop gives its heat to towers, or to dry coolers with a trim chiller for the hottest hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import air_side, electrical, loops
from sim.facility.air_side import AirSide
from sim.facility.electrical import ElectricalChain
from sim.facility.loops import WaterLoop
from sim.protocols import Air, FacilityResponse

LOOP = "warm"

HALL_LIMITS: Mapping[str, tuple[float, float]] = {
    "supply_c": (15.0, 60.0),
    "air_supply_c": (10.0, 45.0),
    "liquid_share": (0.1, 1.0),
    "node_fan_share": (0.0, 1.0),
    "size_margin": (1.0, 3.0),
    **electrical.LIMITS,
    **air_side.LIMITS,
    **loops.limits(LOOP),
}
LIMITS: Mapping[str, tuple[float, float]] = {**HALL_LIMITS, **loops.WET}
DRY_LIMITS: Mapping[str, tuple[float, float]] = {**HALL_LIMITS, **loops.DRY}


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectLiquid:
    """`supply_c` is the water that the cold plates are given; `liquid_share` of the IT heat goes into it."""

    supply_c: float
    air_supply_c: float
    liquid_share: float
    fan_share: float
    chain: ElectricalChain
    warm_loop: WaterLoop
    air_side: AirSide
    liquid: bool = True
    inlet_rise_c: float = 0.0
    stated_pue: float | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def sized(cls, figures: Mapping[str, float], design_it_w: float, design_air: Air) -> DirectLiquid:
        """A plant for a design IT power [W] on a design day."""
        chain = ElectricalChain.sized(figures, design_it_w)
        margin, share = figures["size_margin"], figures["liquid_share"]
        warm_w = margin * share * design_it_w
        hall_w = margin * ((1.0 - share) * design_it_w + chain.hall_losses_w(design_it_w))
        return cls(
            supply_c=figures["supply_c"],
            air_supply_c=figures["air_supply_c"],
            liquid_share=share,
            fan_share=figures["node_fan_share"],
            chain=chain,
            warm_loop=WaterLoop.sized(LOOP, figures, warm_w, figures["supply_c"], design_air),
            air_side=AirSide.sized(figures, hall_w, figures["air_supply_c"], design_air),
        )

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""
        return self.warm_loop.cooler.clamped + self.air_side.loop.cooler.clamped

    def respond(self, it_w: float, air: Air) -> FacilityResponse:
        """Steady answer to an IT power [W] in outdoor air."""
        hall_losses_w = self.chain.hall_losses_w(it_w)
        plates_w = self.liquid_share * it_w
        hall_w = it_w - plates_w + hall_losses_w
        warm = self.warm_loop.carry(plates_w, self.supply_c, air)
        hall = self.air_side.carry(hall_w, self.air_supply_c, air)
        cooling_w = warm.power_w + hall.power_w
        chilled_w = warm.chilled_share * plates_w + hall.chilled_share * hall_w
        return FacilityResponse(
            cooling_w=cooling_w,
            losses_w=hall_losses_w + self.chain.transformer_loss_w(it_w + hall_losses_w + cooling_w),
            supply_c=warm.supply_c,
            water_l_per_s=warm.water_l_per_s + hall.water_l_per_s,
            free_share=1.0 - chilled_w / (plates_w + hall_w),
        )
