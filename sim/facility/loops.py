"""A water loop: it takes heat in, gives it to a cooler on the roof, and what is left to a chiller if it has one.

The cooler stands before the chiller in the return (an integrated economiser): it takes what it can at the return
temperature, the chiller the rest. Where both together are too small, the water gets warmer until they are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import chillers, dry_coolers, towers
from sim.facility.chillers import Chiller
from sim.facility.coolers import Cooler, Duty, Sink
from sim.facility.dry_coolers import DryCooler
from sim.facility.movers import Mover
from sim.facility.towers import Tower
from sim.protocols import Air

WET: Mapping[str, tuple[float, float]] = {**towers.LIMITS, **chillers.LIMITS}
DRY: Mapping[str, tuple[float, float]] = {**dry_coolers.LIMITS, **chillers.LIMITS}


BISECTIONS = 50
ROUNDING = 1e-12  # a share of the heat that small is no work for a chiller


def limits(name: str) -> Mapping[str, tuple[float, float]]:
    """Figures of the loop of this name."""
    return {
        f"{name}_rise_k": (2.0, 30.0),
        f"{name}_exchanger_k": (0.0, 20.0),
        f"{name}_pump_w_per_kw": (0.0, 100.0),
        f"{name}_pump_floor": (0.05, 1.0),
        f"{name}_chiller_share": (0.0, 3.0),
    }


@dataclass(frozen=True, slots=True)
class LoopState:
    """What a loop does with a heat: `power_w` is electricity, `rejected_w` all heat that leaves on the roof."""

    supply_c: float
    power_w: float
    rejected_w: float
    chilled_share: float  # of the loop's heat, what the chiller took
    water_l_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterLoop:
    """A loop sized for a heat [W]; its pump's power ends up in its water."""

    design_w: float
    rise_k: float
    pump: Mover
    cooler: Cooler
    chiller: Chiller | None

    @classmethod
    def sized(
        cls, name: str, figures: Mapping[str, float], design_w: float, supply_c: float, design_air: Air
    ) -> WaterLoop:
        """The loop `name` of a plant, with a tower where its figures have one and a dry cooler otherwise.

        `<name>_chiller_share` is the chiller's capacity as a share of the design heat; 0: no chiller.
        """
        pump = Mover.sized(figures[f"{name}_pump_w_per_kw"], design_w, figures[f"{name}_pump_floor"])
        heat_w = design_w + pump.full_w
        rise_k, exchanger_k = figures[f"{name}_rise_k"], figures[f"{name}_exchanger_k"]
        capacity_w = figures[f"{name}_chiller_share"] * heat_w
        cooler: Cooler
        if "tower_range_k" in figures:
            compressor_w = min(capacity_w, heat_w) / figures["chiller_cop"]
            cooler = Tower.sized(figures, heat_w + compressor_w, exchanger_k)
            condenser_c = cooler.design_leaving_c(design_air.wet_bulb_c)
        else:
            cooler = DryCooler.sized(figures, heat_w, rise_k, exchanger_k)
            condenser_c = design_air.dry_bulb_c
        chiller = Chiller.sized(figures, capacity_w, supply_c, condenser_c) if capacity_w > 0.0 else None
        return cls(design_w=heat_w, rise_k=rise_k, pump=pump, cooler=cooler, chiller=chiller)

    def carry(self, heat_w: float, supply_c: float, air: Air) -> LoopState:
        """Carry a heat [W] with water at `supply_c`, or as near above it as the machines allow."""
        flow = self.pump.flow(heat_w / self.design_w)
        pump_w = self.pump.power_w(flow)
        load_w = heat_w + pump_w
        flow_w_per_k = self.design_w / self.rise_k * flow
        duty = Duty(load_w, load_w / self.design_w, supply_c, supply_c + load_w / flow_w_per_k, flow_w_per_k)
        sink = self.cooler.settle(duty, air)
        state = self._state(duty, sink, pump_w, air)
        if sink.may_rest and self._chiller_suffices(duty, sink):
            alone = self._state(duty, sink.resting(), pump_w, air)
            return min(state, alone, key=lambda one: one.power_w)
        return state

    def _chiller_suffices(self, duty: Duty, sink: Sink) -> bool:
        return self._available_w(duty.supply_c, sink) >= duty.heat_w

    def _state(self, duty: Duty, sink: Sink, pump_w: float, air: Air) -> LoopState:
        """What happens with the cooler in this state: the chiller takes what is left, or what it can."""
        supply_c, compressor_w = duty.supply_c, 0.0
        chilled_w = duty.heat_w - _free_w(duty, sink, supply_c)
        if chilled_w < ROUNDING * duty.heat_w:
            chilled_w = 0.0
        if chilled_w > self._available_w(supply_c, sink):
            supply_c = self._overloaded_c(duty, sink)
            chilled_w = min(self._available_w(supply_c, sink), duty.heat_w)
        if self.chiller is not None and chilled_w > 0.0:
            compressor_w = self.chiller.power_w(chilled_w, supply_c, sink.condenser_c)
        rejected_w = duty.heat_w + compressor_w + sink.pump_w
        return LoopState(
            supply_c=supply_c,
            power_w=pump_w + compressor_w + sink.pump_w + sink.fan_w,
            rejected_w=rejected_w + sink.fan_w,
            chilled_share=chilled_w / duty.heat_w if chilled_w > 0.0 else 0.0,
            water_l_per_s=self.cooler.water_l_per_s(rejected_w, sink, air),
        )

    def _available_w(self, supply_c: float, sink: Sink) -> float:
        return self.chiller.available_w(supply_c, sink.condenser_c) if self.chiller is not None else 0.0

    def _overloaded_c(self, duty: Duty, sink: Sink) -> float:
        """Supply temperature at which cooler and chiller together carry the heat: both carry more in warmer water."""
        rise_k = duty.return_c - duty.supply_c
        low = duty.supply_c
        high = sink.temperature_c - rise_k + duty.heat_w / sink.conductance_w_per_k  # the cooler alone
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if _free_w(duty, sink, middle) + self._available_w(middle, sink) < duty.heat_w:
                low = middle
            else:
                high = middle
        return high


def _free_w(duty: Duty, sink: Sink, supply_c: float) -> float:
    """Heat that the cooler takes from the return when the loop supplies `supply_c` [W]."""
    return_c = supply_c + duty.return_c - duty.supply_c
    return max(sink.conductance_w_per_k * (return_c - sink.temperature_c), 0.0)
