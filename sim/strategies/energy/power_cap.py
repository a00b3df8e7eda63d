"""A limit on the power of each accelerator: where the work would draw more, the clock falls until it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.strategies.plan import PoolPlan, UpFront
from sim.strategies.technique import Context

ENGINEER_H = 8.0  # assumed: a day to set the limit on one pool and see that latency holds


@dataclass(frozen=True, slots=True)
class PowerCap:
    """The same limit for every accelerator of a pool; work that draws less is not slowed."""

    cap_w: float

    @classmethod
    def build(cls, context: Context) -> PowerCap:
        """From `power_cap_w: W`."""
        return cls(float(context.measure.options["power_cap_w"]))

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
        """A day of an engineer; nothing where the cap is no lower than what the accelerator is built for."""
        hours = ENGINEER_H if self.cap_w < target.pool.node.accelerator.tdp_w else 0.0
        return UpFront(family="efficiency", measure=f"power_cap_w {self.cap_w:g}", engineer_h=hours)

    def assumed(self) -> tuple[str, ...]:
        """The engineer's hours."""
        return ("measures.power_cap_w.engineer_h",)
