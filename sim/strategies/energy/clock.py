"""A lower core clock for the accelerators of a pool: voltage and power fall faster than the speed of the work."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.strategies.plan import PoolPlan, UpFront
from sim.strategies.technique import Context

ENGINEER_H = 8.0  # assumed: a day to lock the clock of one pool and see that latency holds


@dataclass(frozen=True, slots=True)
class ClockLock:
    """The highest core clock that the accelerators of a pool may take; memory keeps its own."""

    clock_mhz: float

    @classmethod
    def build(cls, context: Context) -> ClockLock:
        """From `clock_mhz: MHZ`."""
        return cls(float(context.measure.options["clock_mhz"]))

    def obstacle(self, target: PoolPlan) -> str | None:
        """A clock that the accelerator does not have cannot be set."""
        accelerator = target.pool.node.accelerator
        clock = accelerator.clock
        if clock.min_mhz <= self.clock_mhz <= clock.max_mhz:
            return None
        return f"{accelerator.name} runs at {clock.min_mhz:g} to {clock.max_mhz:g} MHz, not at {self.clock_mhz:g}"

    def apply(self, target: PoolPlan) -> PoolPlan:
        """The pool at this clock."""
        return replace(target, clock_mhz=self.clock_mhz)

    def upfront(self, target: PoolPlan) -> UpFront:
        """A day of an engineer; nothing at the accelerator's own highest clock."""
        hours = ENGINEER_H if self.clock_mhz < target.pool.node.accelerator.clock.max_mhz else 0.0
        return UpFront(family="efficiency", measure=f"clock_mhz {self.clock_mhz:g}", engineer_h=hours)

    def assumed(self) -> tuple[str, ...]:
        """The engineer's hours."""
        return ("measures.clock_mhz.engineer_h",)
