"""More nodes than the feed could carry at full power: clocks keep the IT power within a limit.

Nodes seldom draw their rating all at once, so a hall holds more of them than its power divided by the rating; when they
do, all of them slow down together. What it costs is work at peaks; what it saves is the hall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import PoolPlan, UpFront
from sim.strategies.technique import Context
from sim.units import W_PER_KW


@dataclass(frozen=True, slots=True)
class Oversubscription:
    """One limit for all pools that it acts on, divided among them by the rating of their nodes."""

    limit_w: float
    rated_w: Mapping[str, float]  # of each pool that shares the limit
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Oversubscription:
        """From `oversubscribe: {limit_kw: KW}`."""
        measure = context.measure
        rated_w = {
            pool.name: pool.nodes * pool.node.rated_w
            for pool in context.scenario.pools
            if measure.targets is None or pool.name in measure.targets
        }
        limit_w = measure.options["limit_kw"] * W_PER_KW
        return cls(limit_w, rated_w, context.catalogue.technique("oversubscribe", "any"))

    def obstacle(self, target: PoolPlan) -> str | None:
        """Clocks cannot bring a pool below what it draws when it does nothing."""
        node = target.pool.node
        idle_w = target.pool.nodes * (node.accelerators * node.accelerator.idle_w + node.cpu_idle_w + node.other_w)
        limit_w = self._limit_w(target)
        if limit_w > idle_w:
            return None
        share = f"{limit_w / W_PER_KW:.4g} kW for '{target.pool.name}'"
        return f"{share} is not above what its nodes draw when idle ({idle_w / W_PER_KW:.4g} kW before power supplies)"

    def apply(self, target: PoolPlan) -> PoolPlan:
        """The pool under its part of the limit."""
        return replace(target, limit_w=self._limit_w(target))

    def upfront(self, target: PoolPlan) -> UpFront:
        """An engineer's hours."""
        return set_up("efficiency", self.technique, f"oversubscribe {self.limit_w / W_PER_KW:g} kW")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)

    def _limit_w(self, target: PoolPlan) -> float:
        shared_w = sum(self.rated_w.values())
        return self.limit_w * self.rated_w[target.pool.name] / shared_w if target.pool.name in self.rated_w else 0.0
