"""Which replica takes an arriving request: the next in turn, or the one with the least work before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context

Router = Literal["round-robin", "least-loaded"]
PRESENT: Router = "round-robin"  # what a service has without this measure
ENGINEER_H = 8.0  # assumed: a day to configure the load balancer of one service and watch it


@dataclass(frozen=True, slots=True)
class Routing:
    """A service's requests go to its replicas by one of the rules that the serving kernel knows."""

    router: Router

    @classmethod
    def build(cls, context: Context) -> Routing:
        """From `router: NAME`."""
        return cls(context.measure.options["router"])

    def obstacle(self, target: Deployment) -> str | None:
        """It acts on every service."""
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with this router."""
        return replace(target, router=self.router)

    def upfront(self, target: Deployment) -> UpFront:
        """A day of an engineer; nothing for the rule that is there anyway."""
        hours = 0.0 if self.router == PRESENT else ENGINEER_H
        return UpFront(family="compute", measure=f"router {self.router}", engineer_h=hours, service=target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The engineer's hours."""
        return ("measures.router.engineer_h",)
