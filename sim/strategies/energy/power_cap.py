"""A limit on the power of each accelerator: where the work would draw more, the clock falls until it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import PoolPlan, UpFront
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class PowerCap:
    """The same limit for every accelerator of a pool; work that draws less is not slowed."""

    cap_w: float
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> PowerCap:
        """From `power_cap_w: W`."""
        return cls(float(context.measure.options["power_cap_w"]), context.catalogue.technique("power-cap", "any"))

    def obstacle(self, target: PoolPlan) -> str | None:
        """Below its idle power no firmware can hold an accelerator."""
        accelerator = target.pool.node.accelerator
        if self.cap_w > accelerator.idle_w:
            return None
        return f"{self.cap_w:g} W is not above the idle power of {accelerator.name} ({accelerator.idle_w:g} W)"

    def apply(self, target: PoolPlan) -> PoolPlan:
        """The pool under this cap."""
        return replace(target, power_cap_w=self.cap_w)

    def upfront(self, target: PoolPlan) -> UpFront:
        """An engineer's hours."""
        return set_up("efficiency", self.technique, f"power_cap_w {self.cap_w:g}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
