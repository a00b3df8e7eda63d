"""Air-cooled halls: air handlers (CRAH) blow air through the racks and give its heat to a chilled-water loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import loops
from sim.facility.loops import LoopState, WaterLoop
from sim.facility.movers import Mover
from sim.protocols import Air

LOOP = "chilled"

LIMITS: Mapping[str, tuple[float, float]] = {
    "crah_fan_w_per_kw": (0.0, 200.0),
    "crah_fan_floor": (0.05, 1.0),
    "crah_approach_k": (0.0, 20.0),
    **loops.limits(LOOP),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AirSide:
    """Air handlers and their loop, sized for a heat in the hall [W]. The fans' power ends up in the air."""

    design_w: float
    fan: Mover
    approach_k: float  # supply air over chilled water
    loop: WaterLoop

    @classmethod
    def sized(cls, figures: Mapping[str, float], design_w: float, supply_c: float, design_air: Air) -> AirSide:
        """Air handlers for a design heat [W] and supply air at `supply_c`."""
        fan = Mover.sized(figures["crah_fan_w_per_kw"], design_w, figures["crah_fan_floor"])
        approach_k = figures["crah_approach_k"]
        loop = WaterLoop.sized(LOOP, figures, design_w + fan.full_w, supply_c - approach_k, design_air)
        return cls(design_w=design_w, fan=fan, approach_k=approach_k, loop=loop)

    def carry(self, heat_w: float, supply_c: float, air: Air) -> LoopState:
        """Carry the heat of the hall [W]; the state's `supply_c` is air.

        Beyond the design heat the air flow stands at its limit and the approach grows with the heat.
        """
        share = heat_w / self.design_w
        flow = self.fan.flow(share)
        fan_w = self.fan.power_w(flow)
        state = self.loop.carry(heat_w + fan_w, supply_c - self.approach_k, air)
        return LoopState(
            supply_c=state.supply_c + self.approach_k * max(share, 1.0),
            power_w=state.power_w + fan_w,
            rejected_w=state.rejected_w,
            chilled_share=state.chilled_share,
            water_l_per_s=state.water_l_per_s,
        )
