"""Between a water loop and the coolers on the roof: what the loop asks, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, Protocol

from sim.facility.lanes import AirLike, Number


@dataclass(frozen=True, slots=True)
class Duty(Generic[Number]):
    """What a loop has to get rid of, if it is to deliver water at its set-point."""

    heat_w: Number
    share: Number  # of the heat that the loop is made for
    supply_c: Number
    return_c: Number
    flow_w_per_k: Number  # heat capacity flow of the loop's water


@dataclass(frozen=True, slots=True)
class Sink(Generic[Number]):
    """Heat leaves the loop as conductance * (return - `temperature_c`), without a compressor, in this state."""

    temperature_c: Number
    conductance_w_per_k: Number
    condenser_c: Number  # entering the condenser of the loop's chiller: tower water, or outdoor air
    fan_w: Number
    pump_w: Number
    spray_w_per_k: Number  # heat capacity flow of the water that is cooled by evaporation; 0 in a dry cooler
    may_rest: bool  # whether the loop's chiller can do without this cooler

    def resting(self) -> Sink[Number]:
        """The same with fans off and bypassed."""
        return replace(self, conductance_w_per_k=0.0 * self.conductance_w_per_k, fan_w=0.0 * self.fan_w)


class Cooler(Protocol):
    """A cooling tower or a dry cooler behind a heat exchanger, whose approach grows with loads beyond the design.

    `clamped` counts answers at the edge of a correlation.
    """

    clamped: int

    def settle(self, duty: Duty[Number], air: AirLike[Number]) -> Sink[Number]:
        """The state in which the cooler meets the duty, or comes nearest to it, with the least fan speed."""

    def water_l_per_s(self, rejected_w: Number, sink: Sink[Number], air: AirLike[Number]) -> Number:
        """Feed water taken while it rejects a heat [W]."""


@dataclass(slots=True)
class OpenAir:
    """No cooler of the loop's own: its chiller is a packaged machine that blows outdoor air over its condenser.

    The fans of such machines count in their COP.
    """

    clamped: int = 0

    def settle(self, duty: Duty[Number], air: AirLike[Number]) -> Sink[Number]:
        """No heat leaves without the compressor."""
        none = 0.0 * duty.heat_w
        return Sink(air.dry_bulb_c, none, air.dry_bulb_c, none, none, none, may_rest=False)

    def water_l_per_s(self, rejected_w: Number, sink: Sink[Number], air: AirLike[Number]) -> Number:
        """None."""
        return 0.0 * rejected_w
