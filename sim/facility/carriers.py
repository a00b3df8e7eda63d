"""Between the racks and a water loop: air handlers that blow air, or tank pumps that circulate coolant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sim.facility import loops
from sim.facility.lanes import AirLike, Number, larger
from sim.facility.loops import LoopState, WaterLoop
from sim.facility.movers import Mover
from sim.protocols import Air

AIR_LOOP = "chilled"
AIR_HANDLER_LIMITS: Mapping[str, tuple[float, float]] = {
    "crah_fan_w_per_kw": (0.0, 200.0),
    "crah_fan_floor": (0.05, 1.0),
    "crah_approach_k": (0.0, 20.0),
    **loops.limits(AIR_LOOP),
}
TANK_LOOP = "warm"
TANK_LIMITS: Mapping[str, tuple[float, float]] = {
    "tank_pump_w_per_kw": (0.0, 100.0),
    "tank_pump_floor": (0.05, 1.0),
    "tank_approach_k": (0.0, 20.0),
    **loops.limits(TANK_LOOP),
}


class HeatPath(Protocol):
    """A way for heat out of the hall: a water loop alone, or a carrier before one."""

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""

    def carry(self, heat_w: Number, supply_c: float, air: AirLike[Number]) -> LoopState[Number]:
        """Carry a heat [W], delivering at `supply_c` or as near above it as the machines allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Fans or pumps and the loop behind them, sized for a heat [W]. What they take ends up in what they move."""

    design_w: float
    mover: Mover
    approach_k: float  # what reaches the racks over the water that cools it
    loop: WaterLoop

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""
        return self.loop.clamped

    def carry(self, heat_w: Number, supply_c: float, air: AirLike[Number]) -> LoopState[Number]:
        """Carry the heat of the racks [W]; the state's `supply_c` is what reaches them.

        Beyond the design heat the flow stands at its limit and the approach grows with the heat.
        """
        share = heat_w / self.design_w
        moved_w = self.mover.power_w(self.mover.flow(share))
        state = self.loop.carry(heat_w + moved_w, supply_c - self.approach_k, air)
        return LoopState(
            supply_c=state.supply_c + self.approach_k * larger(share, 1.0),
            power_w=state.power_w + moved_w,
            rejected_w=state.rejected_w,
            chilled_share=state.chilled_share,
            water_l_per_s=state.water_l_per_s,
        )


def air_handlers(figures: Mapping[str, float], design_w: float, supply_c: float, design_air: Air) -> Carrier:
    """Air handlers (CRAH) for a design heat [W] and supply air at `supply_c`."""
    fan = Mover.sized(figures["crah_fan_w_per_kw"], design_w, figures["crah_fan_floor"])
    return _sized(AIR_LOOP, figures, design_w, fan, (supply_c, figures["crah_approach_k"]), design_air)


def tanks(figures: Mapping[str, float], design_w: float, supply_c: float, design_air: Air) -> Carrier:
    """Immersion tanks for a design heat [W] and coolant entering them at `supply_c`."""
    pump = Mover.sized(figures["tank_pump_w_per_kw"], design_w, figures["tank_pump_floor"])
    return _sized(TANK_LOOP, figures, design_w, pump, (supply_c, figures["tank_approach_k"]), design_air)


def _sized(
    name: str,
    figures: Mapping[str, float],
    design_w: float,
    mover: Mover,
    supply_and_approach: tuple[float, float],
    design_air: Air,
) -> Carrier:
    supply_c, approach_k = supply_and_approach
    loop = WaterLoop.sized(name, figures, design_w + mover.full_w, supply_c - approach_k, design_air)
    return Carrier(design_w=design_w, mover=mover, approach_k=approach_k, loop=loop)
