"""Admission control: a replica with a full queue rejects what is routed to it, so that what it takes is served in time.

A rejected request counts as one that missed its promises.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class Admission:
    """At most `queue_max` requests wait at each replica of a service."""

    queue_max: int
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Admission:
        """From `admit: {queue_max: N}`."""
        return cls(context.measure.options["queue_max"], context.catalogue.technique("admit", "queue"))

    def obstacle(self, target: Deployment) -> str | None:
        """It acts on every service."""
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with queues of this length."""
        return replace(target, queue_max=self.queue_max)

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, "admit", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
