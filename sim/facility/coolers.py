"""Between a water loop and the coolers on the roof: what the loop asks, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from sim.protocols import Air


@dataclass(frozen=True, slots=True)
class Duty:
    """What a loop has to get rid of, if it is to deliver water at its set-point."""

    heat_w: float
    share: float  # of the heat that the loop is made for
    supply_c: float
    return_c: float
    flow_w_per_k: float  # heat capacity flow of the loop's water


@dataclass(frozen=True, slots=True)
class Sink:
    """Heat leaves the loop as conductance * (return - `temperature_c`), without a compressor, in this state."""

    temperature_c: float
    conductance_w_per_k: float
    condenser_c: float  # entering the condenser of the loop's chiller: tower water, or outdoor air
    fan_w: float
    pump_w: float
    spray_w_per_k: float  # heat capacity flow of the water that is cooled by evaporation; 0 in a dry cooler
    may_rest: bool  # whether the loop's chiller can do without this cooler

    def resting(self) -> Sink:
        """The same with fans off and bypassed."""
        return replace(self, conductance_w_per_k=0.0, fan_w=0.0)


class Cooler(Protocol):
    """A cooling tower or a dry cooler behind a heat exchanger, whose approach grows with loads beyond the design.

    `clamped` counts answers at the edge of a correlation.
    """

    clamped: int

    def settle(self, duty: Duty, air: Air) -> Sink:
        """The state in which the cooler meets the duty, or comes nearest to it, with the least fan speed."""

    def water_l_per_s(self, rejected_w: float, sink: Sink, air: Air) -> float:
        """Feed water taken while it rejects a heat [W]."""
