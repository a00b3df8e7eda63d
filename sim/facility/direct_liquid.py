"""Accelerators on cold plates or in tanks: a warm loop carries most of the heat, air handlers the rest.

The warm loop gives its heat to towers, or to dry coolers with a trim chiller for the hottest hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import carriers, conversion, electrical, loops
from sim.facility.answers import Answer, Answering
from sim.facility.carriers import Carrier, HeatPath, air_handlers, tanks
from sim.facility.conversion import ConversionStages
from sim.facility.electrical import Chain, ElectricalChain
from sim.facility.lanes import AirLike, Number, larger
from sim.facility.loops import NO_HEAT_W, WaterLoop
from sim.protocols import Air

LOOP = "warm"

HALL_LIMITS: Mapping[str, tuple[float, float]] = {
    "supply_c": (15.0, 60.0),
    "air_supply_c": (10.0, 45.0),
    "liquid_share": (0.1, 1.0),
    "node_fan_share": (0.0, 1.0),
    "size_margin": (1.0, 3.0),
    **carriers.AIR_HANDLER_LIMITS,
    **loops.limits(LOOP),
}
LIMITS: Mapping[str, tuple[float, float]] = {**HALL_LIMITS, **electrical.LIMITS, **loops.WET}
DRY_LIMITS: Mapping[str, tuple[float, float]] = {**HALL_LIMITS, **electrical.LIMITS, **loops.DRY}
IMMERSION_LIMITS: Mapping[str, tuple[float, float]] = {
    **DRY_LIMITS,
    **carriers.TANK_LIMITS,
    "tank_rise_k": (0.0, 30.0),
}
FRONTIER_LIMITS: Mapping[str, tuple[float, float]] = {
    **HALL_LIMITS,
    "liquid_share": (0.1, 0.99),  # something is left for the air handlers
    **conversion.LIMITS,
    **loops.WET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectLiquid(Answering):
    """`supply_c` is the coolant that plates or tanks are given; `liquid_share` of the IT heat goes into it.

    `loss_share` is the share of the hall's electrical losses that does so too.
    """

    supply_c: float
    air_supply_c: float
    liquid_share: float
    loss_share: float
    fan_share: float
    chain: Chain
    liquid_side: HeatPath
    air_side: Carrier
    liquid: bool = True
    inlet_rise_c: float = 0.0
    direct_current: bool = False
    stated_pue: float | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def plates(cls, figures: Mapping[str, float], design_it_w: float, design_air: Air) -> DirectLiquid:
        """Cold plates, for a design IT power [W] on a design day."""
        warm_w = figures["size_margin"] * figures["liquid_share"] * design_it_w
        return cls._sized(
            figures,
            design_it_w,
            design_air,
            chain=ElectricalChain.sized(figures, design_it_w),
            liquid_side=WaterLoop.sized(LOOP, figures, warm_w, figures["supply_c"], design_air),
        )

    @classmethod
    def immersion(cls, figures: Mapping[str, float], design_it_w: float, design_air: Air) -> DirectLiquid:
        """Tanks of coolant in one phase, for a design IT power [W] on a design day."""
        warm_w = figures["size_margin"] * figures["liquid_share"] * design_it_w
        return cls._sized(
            figures,
            design_it_w,
            design_air,
            chain=ElectricalChain.sized(figures, design_it_w),
            liquid_side=tanks(figures, warm_w, figures["supply_c"], design_air),
            inlet_rise_c=figures["tank_rise_k"],
        )

    @classmethod
    def frontier(cls, figures: Mapping[str, float], design_it_w: float, design_air: Air) -> DirectLiquid:
        """Cabinets cooled by water throughout, fed with direct current: their rectifiers are on plates too."""
        chain = ConversionStages.sized(figures, design_it_w)
        cabinets_w = design_it_w + chain.hall_losses_w(design_it_w)
        warm_w = figures["size_margin"] * figures["liquid_share"] * cabinets_w
        return cls._sized(
            figures,
            design_it_w,
            design_air,
            chain=chain,
            liquid_side=WaterLoop.sized(LOOP, figures, warm_w, figures["supply_c"], design_air),
            loss_share=figures["liquid_share"],
            direct_current=True,
        )

    @classmethod
    def _sized(
        cls,
        figures: Mapping[str, float],
        design_it_w: float,
        design_air: Air,
        *,
        chain: Chain,
        liquid_side: HeatPath,
        inlet_rise_c: float = 0.0,
        loss_share: float = 0.0,
        direct_current: bool = False,
    ) -> DirectLiquid:
        share, losses_w = figures["liquid_share"], chain.hall_losses_w(design_it_w)
        hall_w = figures["size_margin"] * ((1.0 - share) * design_it_w + (1.0 - loss_share) * losses_w)
        return cls(
            supply_c=figures["supply_c"],
            air_supply_c=figures["air_supply_c"],
            liquid_share=share,
            loss_share=loss_share,
            fan_share=figures["node_fan_share"],
            chain=chain,
            liquid_side=liquid_side,
            air_side=air_handlers(figures, hall_w, figures["air_supply_c"], design_air),
            inlet_rise_c=inlet_rise_c,
            direct_current=direct_current,
        )

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""
        return self.liquid_side.clamped + self.air_side.clamped

    def answer(self, it_w: Number, air: AirLike[Number]) -> Answer[Number]:
        """Steady answer to an IT power [W] in outdoor air."""
        hall_losses_w = self.chain.hall_losses_w(it_w)
        liquid_w = self.liquid_share * it_w + self.loss_share * hall_losses_w
        hall_w = it_w + hall_losses_w - liquid_w
        warm = self.liquid_side.carry(liquid_w, self.supply_c, air)
        hall = self.air_side.carry(hall_w, self.air_supply_c, air)
        cooling_w = warm.power_w + hall.power_w
        chilled_w = warm.chilled_share * liquid_w + hall.chilled_share * hall_w
        return Answer(
            cooling_w=cooling_w,
            losses_w=hall_losses_w + self.chain.transformer_loss_w(it_w + hall_losses_w + cooling_w),
            supply_c=warm.supply_c,
            water_l_per_s=warm.water_l_per_s + hall.water_l_per_s,
            free_share=1.0 - chilled_w / larger(it_w + hall_losses_w, NO_HEAT_W),
            rejected_w=warm.rejected_w + hall.rejected_w,
        )
