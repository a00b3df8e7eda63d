"""On which node of a pool replicas start and stop: whole nodes may stay empty, to sleep or to take jobs in gangs.

A replica always stands on one node, whose links its accelerators share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Placement, PoolPlan, UpFront
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class Placing:
    """Replicas of all services of a pool are placed by one rule."""

    placement: Placement
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Placing:
        """From `placement: NAME`."""
        placement = context.measure.options["placement"]
        return cls(placement, context.catalogue.technique("placement", placement))

    def obstacle(self, target: PoolPlan) -> str | None:
        """It acts on every pool."""
        return None

    def apply(self, target: PoolPlan) -> PoolPlan:
        """The pool with this rule."""
        return replace(target, placement=self.placement)

    def upfront(self, target: PoolPlan) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, f"placement {self.placement}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
