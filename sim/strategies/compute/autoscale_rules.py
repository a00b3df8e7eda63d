"""How many replicas a load asks for: by the requests in the system, by those that wait, or by the time of day.

A continuously batching replica is "busy" at one sequence as at two hundred, so the busy share of its time (or the GPU
utilisation that monitoring shows) says nothing about the room left. The field scales on concurrency instead, as the
Knative autoscaler does, or on the queue, as the vendors' guides for LLM serving advise. A replica's room is the batch
that it can decode within the promised time per token (prompts taken in on the way included), or can hold where nothing
is promised. How long a replica takes to start is the engine's business.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from sim.protocols import ServiceView
from sim.units import S_PER_DAY


@dataclass(frozen=True, slots=True)
class ByConcurrency:
    """Requests in the system against a share of the room of a replica; for `fixed-time` services that room is 1.

    wanted = ceil((running + waiting) / (target_utilisation * batch_max)): a growing queue calls for replicas at once.
    """

    target_utilisation: float

    def wanted(self, view: ServiceView) -> int:
        """Replicas that hold the requests in the system at the target."""
        return replicas_for(view.running + view.waiting, self.target_utilisation, view)


@dataclass(frozen=True, slots=True)
class ByQueue:
    """Waiting requests per replica: more replicas where there are too many, one fewer where none wait.

    The queue does not say how many replicas are too many, so they go one by one, and only while those that remain have
    room for all that is being decoded.
    """

    queue_per_replica: float

    def wanted(self, view: ServiceView) -> int:
        """As many as bring the queue of each back to the target, starting ones counted."""
        present = view.active + view.starting
        if view.waiting > self.queue_per_replica * present:
            return max(ceil(view.waiting / self.queue_per_replica), present + 1)
        spare = view.waiting == 0 and view.running <= (present - 1) * view.batch_max
        return present - 1 if spare and present > 0 else present


@dataclass(frozen=True, slots=True)
class BySchedule:
    """Replicas by the local time of day; those of a coming entry start early enough to be ready at its time."""

    from_s: tuple[float, ...]  # local second of the day at which each entry begins, rising
    replicas: tuple[int, ...]
    period_s: float
    start_local_s: float  # local second of the day at time 0

    @classmethod
    def of(cls, entries: Mapping[str, int], period_s: float, start_local_s: float) -> BySchedule:
        """From entries such as "08:00": 8."""
        rising = sorted((_second_of_day(text), count) for text, count in entries.items())
        return cls(tuple(at for at, _ in rising), tuple(count for _, count in rising), period_s, start_local_s)

    def wanted(self, view: ServiceView) -> int:
        """The entry of now, or the largest that begins before a replica that starts at the next look is ready."""
        now = self.start_local_s + view.time_s
        ready = now + view.start_s + self.period_s
        begins = [day + at for day in _days(now, ready) for at in self.from_s]
        return max(self._entry(now), *(self._entry(at) for at in begins if now < at <= ready), 0)

    def _entry(self, local_s: float) -> int:
        """The entry that holds at a local second; before the day's first one, the last one of the day before."""
        return self.replicas[bisect_right(self.from_s, local_s % S_PER_DAY) - 1]


def replicas_for(in_system: float, target_utilisation: float, view: ServiceView) -> int:
    """Replicas that hold so many requests at a target share of their room."""
    return ceil(in_system / (target_utilisation * view.batch_max))


def _second_of_day(text: str) -> float:
    """Seconds since midnight of "HH:MM"."""
    hours, minutes = text.split(":")
    return 3600.0 * int(hours) + 60.0 * int(minutes)


def _days(start_s: float, stop_s: float) -> list[float]:
    """Local midnights of the days that a span touches [s]."""
    first, last = int(start_s // S_PER_DAY), int(stop_s // S_PER_DAY)
    return [day * S_PER_DAY for day in range(first, last + 1)]
