"""What all autoscalers share: they grow at once, shrink after a while, and keep one replica while requests come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from sim.protocols import ServiceView


class Rule(Protocol):
    """How many replicas the load asks for; it may remember what it saw during one run."""

    def wanted(self, view: ServiceView) -> int:
        """Replicas that the service should have now, whatever its limits."""


class SteadyAutoscaler:
    """Follows a rule up at once; down, only when nothing in the last `scale_down_delay_s` called for more.

    That is the stabilisation window of the Kubernetes horizontal autoscaler. Where the service's minimum is 0, the last
    replica stays until nothing has come or been at work for `idle_s`. The memory empties itself when time does not
    move forward, so that one plan serves many runs with equal results.
    """

    def __init__(self, new_rule: Callable[[], Rule], scale_down_delay_s: float, idle_s: float, period_s: float) -> None:
        self.scale_down_delay_s, self.idle_s, self.period_s = scale_down_delay_s, idle_s, period_s
        self._new_rule = new_rule
        self._forget()

    def _forget(self) -> None:
        self._rule = self._new_rule()
        self._asked: deque[tuple[float, int]] = deque()  # (time, replicas), replicas falling: the head is the largest
        self._looked_s = 0.0
        self._used_s = 0.0

    def replicas(self, view: ServiceView) -> int:
        """Wanted number of replicas, at least the service's minimum."""
        if view.time_s <= self._looked_s:
            self._forget()
        self._looked_s = view.time_s
        if view.running + view.waiting > 0 or view.arrivals_per_s > 0.0:
            self._used_s = view.time_s
        fewest = 1 if view.time_s - self._used_s <= self.idle_s else 0
        return max(self._most_asked(view.time_s, self._rule.wanted(view)), fewest, view.replicas_min)

    def _most_asked(self, now: float, wanted: int) -> int:
        """The most that was asked for in the last `scale_down_delay_s`."""
        asked = self._asked
        while asked and asked[-1][1] <= wanted:
            asked.pop()
        asked.append((now, wanted))
        while asked[0][0] < now - self.scale_down_delay_s:
            asked.popleft()
        return asked[0][1]
