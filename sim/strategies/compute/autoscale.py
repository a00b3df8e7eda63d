"""As many replicas as the requests in the system need at a target share of their concurrency.

A continuously batching replica is "busy" at one sequence as at two hundred, so the busy share of its time (or the GPU
utilisation that monitoring shows) says nothing about the room left. The field scales on concurrency instead, as the
Knative autoscaler does and as the vendors' guides for LLM serving advise: requests in the system, running and waiting,
against the batch that a replica can decode within the promised time per token (prompts taken in on the way included),
or can hold where nothing is promised. Waiting requests count, so a growing queue calls for replicas at once.

    wanted = ceil((running + waiting) / (target_utilisation * batch_max))

For `fixed-time` services batch_max is 1 and this is the classic rule on busy servers. Growing follows at once; to
shrink, the fleet waits until nothing in the last `scale_down_delay_s` called for more (the stabilisation window of the
Kubernetes horizontal autoscaler). How long a replica takes to start is the engine's business; starting replicas are
not asked for twice, since `wanted` is a total.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from math import ceil

from sim.catalog import entries
from sim.protocols import ServiceView
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context

PERIOD_S = 15.0  # default of the Kubernetes horizontal autoscaler
SCALE_DOWN_DELAY_S = 300.0  # default of the Kubernetes horizontal autoscaler


class ConcurrencyAutoscaler:
    """Follows the requests in the system; remembers what it asked for during the scale-down delay.

    The memory empties itself when time does not move forward, so that one plan serves many runs with equal results.
    """

    def __init__(self, target_utilisation: float, scale_down_delay_s: float, period_s: float) -> None:
        self.target_utilisation = target_utilisation
        self.scale_down_delay_s = scale_down_delay_s
        self.period_s = period_s
        self._asked: deque[tuple[float, int]] = deque()  # (time, replicas), replicas falling: the head is the largest

    def replicas(self, view: ServiceView) -> int:
        """Wanted number of replicas, at least the service's minimum."""
        in_system = view.running + view.waiting
        wanted = max(ceil(in_system / (self.target_utilisation * view.batch_max)), view.replicas_min)
        asked = self._asked
        if asked and view.time_s <= asked[-1][0]:
            asked.clear()
        while asked and asked[-1][1] <= wanted:
            asked.pop()
        asked.append((view.time_s, wanted))
        while asked[0][0] < view.time_s - self.scale_down_delay_s:
            asked.popleft()
        return asked[0][1]


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """A service's replicas follow its load between its `min` and `max`."""

    target_utilisation: float
    scale_down_delay_s: float
    period_s: float
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Autoscaling:
        """From `autoscale: {target_utilisation, scale_down_delay_s, period_s}`."""
        options = context.measure.options
        delay_s, period_s = options.get("scale_down_delay_s"), options.get("period_s")
        return cls(
            options["target_utilisation"],
            SCALE_DOWN_DELAY_S if delay_s is None else delay_s,
            PERIOD_S if period_s is None else period_s,
            context.catalogue.technique("autoscale", "target-utilisation"),
        )

    def obstacle(self, target: Deployment) -> str | None:
        """A service with a fixed number of replicas has nothing to scale."""
        service = target.service
        if service.replicas_max > service.replicas_min:
            return None
        return f"'{service.name}' has always {service.replicas_max} replicas: let its min be below its max"

    def apply(self, target: Deployment) -> Deployment:
        """The service with an autoscaler of its own."""
        scaler = ConcurrencyAutoscaler(self.target_utilisation, self.scale_down_delay_s, self.period_s)
        return replace(target, autoscaler=scaler)

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, "autoscale", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
