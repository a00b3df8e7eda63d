"""Air-cooled halls on chilled water: CRAH, water-cooled chillers, tower, water-side economiser.

Old computer rooms are the same machines with other figures: fixed speeds, 7 degC water, no economiser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import carriers, electrical, loops
from sim.facility.answers import Answer, Answering
from sim.facility.carriers import Carrier, air_handlers
from sim.facility.electrical import ElectricalChain
from sim.facility.lanes import AirLike, Number
from sim.protocols import Air

AISLE_LIMITS: Mapping[str, tuple[float, float]] = {"rack_rise_k": (5.0, 40.0), "recirculation_share": (0.0, 0.5)}
LIMITS: Mapping[str, tuple[float, float]] = {
    "supply_c": (10.0, 45.0),
    "size_margin": (1.0, 3.0),
    **AISLE_LIMITS,
    **electrical.LIMITS,
    **carriers.AIR_HANDLER_LIMITS,
    **loops.WET,
}


def inlet_rise_k(figures: Mapping[str, float]) -> float:
    """Supply air to rack inlet: the share of hot air that comes round again, times the rise over the racks."""
    recirculated = figures["recirculation_share"]
    return recirculated / (1.0 - recirculated) * figures["rack_rise_k"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChilledWater(Answering):
    """`supply_c` is the air that the racks are given."""

    supply_c: float
    inlet_rise_c: float
    chain: ElectricalChain
    air_side: Carrier
    liquid: bool = False
    fan_share: float = 1.0
    direct_current: bool = False
    stated_pue: float | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def sized(cls, figures: Mapping[str, float], design_it_w: float, design_air: Air) -> ChilledWater:
        """A plant for a design IT power [W] on a design day."""
        chain = ElectricalChain.sized(figures, design_it_w)
        heat_w = figures["size_margin"] * (design_it_w + chain.hall_losses_w(design_it_w))
        return cls(
            supply_c=figures["supply_c"],
            inlet_rise_c=inlet_rise_k(figures),
            chain=chain,
            air_side=air_handlers(figures, heat_w, figures["supply_c"], design_air),
        )

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""
        return self.air_side.clamped

    def answer(self, it_w: Number, air: AirLike[Number]) -> Answer[Number]:
        """Steady answer to an IT power [W] in outdoor air."""
        hall_losses_w = self.chain.hall_losses_w(it_w)
        state = self.air_side.carry(it_w + hall_losses_w, self.supply_c, air)
        transformer_w = self.chain.transformer_loss_w(it_w + hall_losses_w + state.power_w)
        return Answer(
            cooling_w=state.power_w,
            losses_w=hall_losses_w + transformer_w,
            supply_c=state.supply_c,
            water_l_per_s=state.water_l_per_s,
            free_share=1.0 - state.chilled_share,
            rejected_w=state.rejected_w,
        )
