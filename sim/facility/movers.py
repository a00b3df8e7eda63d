"""Fans and pumps with variable speed: flow follows the heat, power the cube of the flow (affinity laws)."""

from __future__ import annotations

from dataclasses import dataclass

from sim.facility.lanes import Number, within
from sim.units import W_PER_KW


@dataclass(frozen=True, slots=True)
class Mover:
    """A fan or pump with its power at full flow [W] and its slowest flow as a share of the full one."""

    full_w: float
    floor: float

    @classmethod
    def sized(cls, w_per_kw: float, heat_w: float, floor: float) -> Mover:
        """One that takes `w_per_kw` watts at full flow for each kW of the heat that it is made for."""
        return cls(w_per_kw * heat_w / W_PER_KW, floor)

    def flow(self, wanted: Number) -> Number:
        """Flow as a share of the full one: what is wanted, within what the machine can do."""
        return within(wanted, self.floor, 1.0)

    def power_w(self, flow: Number) -> Number:
        """Power at a flow that the machine can do [W]."""
        return self.full_w * flow * flow * flow
