"""A water loop: it takes heat in, gives it to a cooler on the roof, and what is left to a chiller if it has one.

The cooler stands before the chiller in the return (an integrated economiser): it takes what it can at the return
temperature, the chiller the rest. Where both together are too small, the water gets warmer until they are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

from sim.facility import chillers, dry_coolers, towers
from sim.facility.chillers import Chiller
from sim.facility.coolers import Cooler, Duty, OpenAir, Sink
from sim.facility.dry_coolers import DryCooler
from sim.facility.lanes import AirLike, Flags, Number, any_of, chosen, larger, smaller
from sim.facility.movers import Mover
from sim.facility.towers import Tower
from sim.protocols import Air

WET: Mapping[str, tuple[float, float]] = {**towers.LIMITS, **chillers.LIMITS}
DRY: Mapping[str, tuple[float, float]] = {**dry_coolers.LIMITS, **chillers.LIMITS}

BISECTIONS = 50
ROUNDING = 1e-12  # a share of the heat that small is no work for a chiller
FARTHEST_K = 100.0  # above its set-point: where neither cooler nor chiller gains from warmer water, it stops here
NO_CONDUCTANCE_W_PER_K = 1e-9
NO_HEAT_W = 1e-9  # keeps a share of nothing from being undefined


def chiller_limits(name: str) -> Mapping[str, tuple[float, float]]:
    """Figures of the loop of this name, with a chiller alone."""
    return {
        f"{name}_rise_k": (2.0, 30.0),
        f"{name}_pump_w_per_kw": (0.0, 100.0),
        f"{name}_pump_floor": (0.05, 1.0),
        f"{name}_chiller_share": (0.0, 3.0),
    }


def limits(name: str) -> Mapping[str, tuple[float, float]]:
    """Figures of the loop of this name, with a cooler behind an exchanger."""
    return {
        **chiller_limits(name),
        f"{name}_exchanger_k": (0.0, 20.0),
        f"{name}_economiser_share": (0.0, 1.0),
    }


@dataclass(frozen=True, slots=True)
class LoopState(Generic[Number]):
    """What a loop does with a heat: `power_w` is electricity, `rejected_w` all heat that leaves on the roof."""

    supply_c: Number
    power_w: Number
    rejected_w: Number
    chilled_share: Number  # of the loop's heat, what the chiller took
    water_l_per_s: Number


def chosen_state(condition: bool | Flags, yes: LoopState[Number], no: LoopState[Number]) -> LoopState[Number]:
    """One state where the condition holds, the other elsewhere."""
    return LoopState(
        chosen(condition, yes.supply_c, no.supply_c),
        chosen(condition, yes.power_w, no.power_w),
        chosen(condition, yes.rejected_w, no.rejected_w),
        chosen(condition, yes.chilled_share, no.chilled_share),
        chosen(condition, yes.water_l_per_s, no.water_l_per_s),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterLoop:
    """A loop sized for a heat [W]; its pump's power ends up in its water."""

    design_w: float
    rise_k: float
    pump: Mover
    cooler: Cooler
    economiser_share: float  # of the return that meets the cooler before the chiller; 0: no free cooling
    chiller: Chiller | None

    @classmethod
    def sized(
        cls, name: str, figures: Mapping[str, float], design_w: float, supply_c: float, design_air: Air
    ) -> WaterLoop:
        """The loop `name` of a plant, with a tower or a dry cooler where its figures have one.

        `<name>_chiller_share` is the chiller's capacity as a share of the design heat; 0: no chiller.
        """
        pump = Mover.sized(figures[f"{name}_pump_w_per_kw"], design_w, figures[f"{name}_pump_floor"])
        heat_w = design_w + pump.full_w
        capacity_w = figures[f"{name}_chiller_share"] * heat_w
        cooler, condenser_c = _cooler(name, figures, heat_w, capacity_w, design_air)
        return cls(
            design_w=heat_w,
            rise_k=figures[f"{name}_rise_k"],
            pump=pump,
            cooler=cooler,
            economiser_share=figures.get(f"{name}_economiser_share", 0.0),
            chiller=Chiller.sized(figures, capacity_w, supply_c, condenser_c) if capacity_w > 0.0 else None,
        )

    @property
    def clamped(self) -> int:
        """How many answers so far lay outside the range of a correlation and used its edge."""
        return self.cooler.clamped

    def carry(self, heat_w: Number, supply_c: float, air: AirLike[Number]) -> LoopState[Number]:
        """Carry a heat [W] with water at `supply_c`, or as near above it as the machines allow."""
        flow = self.pump.flow(heat_w / self.design_w)
        pump_w = self.pump.power_w(flow)
        load_w = heat_w + pump_w
        flow_w_per_k = self.design_w / self.rise_k * flow
        wanted_c = supply_c + 0.0 * load_w
        duty = Duty(load_w, load_w / self.design_w, wanted_c, supply_c + load_w / flow_w_per_k, flow_w_per_k)
        sink = self.cooler.settle(duty, air)
        state = self._state(duty, sink, pump_w, air)
        if not sink.may_rest:
            return state
        suffices = self._available_w(wanted_c, sink) >= load_w
        if not any_of(suffices):
            return state
        alone = self._state(duty, sink.resting(), pump_w, air)
        return chosen_state(suffices & (alone.power_w < state.power_w), alone, state)

    def _state(self, duty: Duty[Number], sink: Sink[Number], pump_w: Number, air: AirLike[Number]) -> LoopState[Number]:
        """What happens with the cooler in this state: the chiller takes what is left, or what it can."""
        supply_c = duty.supply_c
        chilled_w = duty.heat_w - self._free_w(duty, sink, supply_c)
        chilled_w = chosen(chilled_w < ROUNDING * duty.heat_w, 0.0 * chilled_w, chilled_w)
        overloaded = chilled_w > self._available_w(supply_c, sink)
        if any_of(overloaded):
            supply_c = chosen(overloaded, self._overloaded_c(duty, sink), supply_c)
            carried_w = smaller(self._available_w(supply_c, sink), duty.heat_w)
            chilled_w = chosen(overloaded, carried_w, chilled_w)
        compressor_w = 0.0 * chilled_w
        if self.chiller is not None and any_of(chilled_w > 0.0):
            compressor_w = self.chiller.power_w(chilled_w, supply_c, sink.condenser_c)
        rejected_w = duty.heat_w + compressor_w + sink.pump_w
        return LoopState(
            supply_c=supply_c,
            power_w=pump_w + compressor_w + sink.pump_w + sink.fan_w,
            rejected_w=rejected_w + sink.fan_w,
            chilled_share=chilled_w / larger(duty.heat_w, NO_HEAT_W),
            water_l_per_s=self.cooler.water_l_per_s(rejected_w, sink, air),
        )

    def _available_w(self, supply_c: Number, sink: Sink[Number]) -> Number:
        if self.chiller is None:
            return 0.0 * supply_c
        return self.chiller.available_w(supply_c, sink.condenser_c)

    def _free_w(self, duty: Duty[Number], sink: Sink[Number], supply_c: Number) -> Number:
        """Heat that the cooler takes from the return when the loop supplies `supply_c` [W]."""
        return_c = supply_c + duty.return_c - duty.supply_c
        return self.economiser_share * larger(sink.conductance_w_per_k * (return_c - sink.temperature_c), 0.0)

    def _overloaded_c(self, duty: Duty[Number], sink: Sink[Number]) -> Number:
        """Supply temperature at which cooler and chiller together carry the heat: both carry more in warmer water."""
        rise_k = duty.return_c - duty.supply_c
        conductance = larger(self.economiser_share * sink.conductance_w_per_k, NO_CONDUCTANCE_W_PER_K)
        cooler_alone_c = sink.temperature_c - rise_k + duty.heat_w / conductance
        low, high = duty.supply_c, smaller(cooler_alone_c, duty.supply_c + FARTHEST_K)
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            short = self._free_w(duty, sink, middle) + self._available_w(middle, sink) < duty.heat_w
            low, high = chosen(short, middle, low), chosen(short, high, middle)
        return high


def _cooler(
    name: str, figures: Mapping[str, float], heat_w: float, capacity_w: float, design_air: Air
) -> tuple[Cooler, float]:
    """The cooler that the figures describe, and what enters the condenser of the loop's chiller on the design day."""
    if "tower_range_k" in figures:
        compressor_w = min(capacity_w, heat_w) / figures["chiller_cop"]
        tower = Tower.sized(figures, heat_w + compressor_w, figures[f"{name}_exchanger_k"])
        return tower, tower.design_leaving_c(design_air.wet_bulb_c)
    if "dry_approach_k" in figures:
        exchanger_k = figures[f"{name}_exchanger_k"]
        return DryCooler.sized(figures, heat_w, figures[f"{name}_rise_k"], exchanger_k), design_air.dry_bulb_c
    return OpenAir(), design_air.dry_bulb_c
