"""A lower core clock for the accelerators of a pool: voltage and power fall faster than the speed of the work."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import PoolPlan, UpFront
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class ClockLock:
    """The highest core clock that the accelerators of a pool may take; memory keeps its own."""

    clock_mhz: float
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> ClockLock:
        """From `clock_mhz: MHZ`."""
        return cls(float(context.measure.options["clock_mhz"]), context.catalogue.technique("clock", "any"))

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
        """An engineer's hours."""
        return set_up("efficiency", self.technique, f"clock_mhz {self.clock_mhz:g}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
