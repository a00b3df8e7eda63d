"""Dry coolers: fans blow outdoor air over finned coils.

Heat = G (return - dry bulb), G = G_design * flow**0.65 (coil conductance over air flow), fan power = flow**3; the
design point is a catalogue unit: 2931 kW with 117.68 kW of fans, water 46.1 to 40.6 degC in air of 35 degC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility.coolers import Duty, Sink
from sim.facility.lanes import AirLike, Number, larger, within
from sim.units import W_PER_KW

LIMITS: Mapping[str, tuple[float, float]] = {
    "dry_approach_k": (1.0, 30.0),
    "dry_fan_w_per_kw": (0.0, 200.0),
    "dry_fan_floor": (0.05, 1.0),
    "dry_pump_w_per_kw": (0.0, 100.0),
    "dry_pump_floor": (0.05, 1.0),
}

FLOW_EXPONENT = 0.65
NO_HEAT_W = 1e-9  # keeps a share of nothing from being undefined


@dataclass(slots=True, kw_only=True)
class DryCooler:
    """A dry cooler sized for a heat at full fan speed; an exchanger keeps its water apart from the loop's."""

    conductance_w_per_k: float
    exchanger_k: float
    fan_w: float
    fan_floor: float
    pump_w: float
    pump_floor: float
    clamped: int = 0

    @classmethod
    def sized(cls, figures: Mapping[str, float], heat_w: float, rise_k: float, exchanger_k: float) -> DryCooler:
        """A cooler that brings water back from its approach + `rise_k` to its approach over the dry bulb."""
        return cls(
            conductance_w_per_k=heat_w / (figures["dry_approach_k"] + rise_k),
            exchanger_k=exchanger_k,
            fan_w=figures["dry_fan_w_per_kw"] / W_PER_KW * heat_w,
            fan_floor=figures["dry_fan_floor"],
            pump_w=figures["dry_pump_w_per_kw"] / W_PER_KW * heat_w,
            pump_floor=figures["dry_pump_floor"],
        )

    def settle(self, duty: Duty[Number], air: AirLike[Number]) -> Sink[Number]:
        """Fans at the speed that carries the heat at the wanted return temperature, or at full speed."""
        sink_c = air.dry_bulb_c + self.exchanger_k * larger(duty.share, 1.0)
        full_w = self.conductance_w_per_k * (duty.return_c - sink_c)
        wanted = (duty.heat_w / larger(larger(full_w, duty.heat_w), NO_HEAT_W)) ** (1.0 / FLOW_EXPONENT)
        flow = larger(wanted, self.fan_floor)
        return Sink(
            temperature_c=sink_c,
            conductance_w_per_k=self.conductance_w_per_k * flow**FLOW_EXPONENT,
            condenser_c=air.dry_bulb_c,
            fan_w=self.fan_w * flow**3,
            pump_w=self.pump_w * within(duty.share, self.pump_floor, 1.0),
            spray_w_per_k=0.0 * duty.heat_w,
            may_rest=True,
        )

    def water_l_per_s(self, rejected_w: Number, sink: Sink[Number], air: AirLike[Number]) -> Number:
        """None."""
        return 0.0 * rejected_w
