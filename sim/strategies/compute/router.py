"""Which replica takes an arriving request.

`round-robin`: the next in turn. `least-loaded`: the one with the fewest requests. `power-of-two`: the less loaded of
two drawn at random, which needs the load of two replicas instead of all and waits little longer (Mitzenmacher 2001,
"The power of two choices in randomized load balancing"). `consolidate`: the fullest one that has room, so that the
others idle; the least loaded where none has. Room ends at a share of the batch that keeps the promised time per output
token on average, since a promise on the 99th percentile needs some slack. `prefix-affinity`: the replica that took the
last request of the same group of prompts, so that their prefix is computed once; the least loaded where that has no
room, and from then on that one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.scenario.specs import PoissonTraffic
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, Router, UpFront
from sim.strategies.technique import Context


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
        """Affinity needs to know which prompts begin alike."""
        traffic = target.service.traffic
        grouped = isinstance(traffic, PoissonTraffic) and traffic.prefix_groups is not None
        if self.router == "prefix-affinity" and not grouped:
            return f"the traffic of '{target.service.name}' has no prefix_groups"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with this router."""
        return replace(target, router=self.router, fill_share=self.technique.figures.get("fill_share", 1.0))

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, f"router {self.router}", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
