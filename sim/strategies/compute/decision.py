"""How long the scheduler thinks: each request reaches its replica that much later, and its first token with it.

Replicas are chosen by their load at the end of that time. It is no lever but a cost of one: a mix names it beside a
router or placement that needs the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context

S_PER_MS = 1e-3


@dataclass(frozen=True, slots=True)
class DecisionTime:
    """Every request of a service waits for a decision first."""

    decision_s: float
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> DecisionTime:
        """From `decision_ms: MILLISECONDS`."""
        decision_s = context.measure.options["decision_ms"] * S_PER_MS
        return cls(decision_s, context.catalogue.technique("decision-time", "any"))

    def obstacle(self, target: Deployment) -> str | None:
        """It acts on every service."""
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service whose requests are decided on for so long."""
        return replace(target, decision_s=self.decision_s)

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, "decision_ms", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
