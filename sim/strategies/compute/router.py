"""Which replica takes an arriving request: the next in turn, or the one with the least work before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context

Router = Literal["round-robin", "least-loaded"]


@dataclass(frozen=True, slots=True)
class Routing:
    """A service's requests go to its replicas by one of the rules that the serving kernel knows."""

    router: Router
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Routing:
        """From `router: NAME`."""
        router = context.measure.options["router"]
        return cls(router, context.catalogue.technique("router", router))

    def obstacle(self, target: Deployment) -> str | None:
        """It acts on every service."""
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with this router."""
        return replace(target, router=self.router)

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, f"router {self.router}", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
