"""Air-cooled halls on chilled water: CRAH, water-cooled chiller with variable speed, tower, water-side economiser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import air_side, electrical, loops
from sim.facility.air_side import AirSide
from sim.facility.electrical import ElectricalChain
from sim.protocols import Air, FacilityResponse

HALL_LIMITS: Mapping[str, tuple[float, float]] = {
    "supply_c": (10.0, 45.0),
    "size_margin": (1.0, 3.0),
    "rack_rise_k": (5.0, 40.0),
    "recirculation_share": (0.0, 0.5),
    **electrical.LIMITS,
    **air_side.LIMITS,
}
LIMITS: Mapping[str, tuple[float, float]] = {**HALL_LIMITS, **loops.WET}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChilledWater:
    """`supply_c` is the air that the racks are given."""

    supply_c: float
    inlet_rise_c: float
    chain: ElectricalChain
    air_side: AirSide
    liquid: bool = False
    fan_share: float = 1.0
    stated_pue: float | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def sized(cls, figures: Mapping[str, float], design_it_w: float, design_air: Air) -> ChilledWater:
        """A plant for a design IT power [W] on a design day."""
        chain = ElectricalChain.sized(figures, design_it_w)
        heat_w = figures["size_margin"] * (design_it_w + chain.hall_losses_w(design_it_w))
        recirculated = figures["recirculation_share"]
        return cls(
            supply_c=figures["supply_c"],
            inlet_rise_c=recirculated / (1.0 - recirculated) * figures["rack_rise_k"],
            chain=chain,
            air_side=AirSide.sized(figures, heat_w, figures["supply_c"], design_air),
        )

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""
        return self.air_side.loop.cooler.clamped

    def respond(self, it_w: float, air: Air) -> FacilityResponse:
        """Steady answer to an IT power [W] in outdoor air."""
        hall_losses_w = self.chain.hall_losses_w(it_w)
        state = self.air_side.carry(it_w + hall_losses_w, self.supply_c, air)
        transformer_w = self.chain.transformer_loss_w(it_w + hall_losses_w + state.power_w)
        return FacilityResponse(
            cooling_w=state.power_w,
            losses_w=hall_losses_w + transformer_w,
            supply_c=state.supply_c,
            water_l_per_s=state.water_l_per_s,
            free_share=1.0 - state.chilled_share,
        )
