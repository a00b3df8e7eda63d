"""Slow, obvious twins: the Kiefer-Wolfowitz and Lindley recursions, and desks."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from sim.kernels import serving_layout as at
from sim.kernels.draws import draw_pair


def kiefer_wolfowitz(arrival_s: Sequence[float], service_s: Sequence[float], servers: int) -> list[float]:
    """Start times of first-come-first-served requests at `servers` equal servers with one queue."""
    free = [0.0] * servers
    starts = []
    for arrival, service in zip(arrival_s, service_s, strict=True):
        start = max(arrival, heapq.heappop(free))
        heapq.heappush(free, start + service)
        starts.append(start)
    return starts


def lindley(arrival_s: Sequence[float], service_s: Sequence[float]) -> list[float]:
    """Start times at one server."""
    return kiefer_wolfowitz(arrival_s, service_s, 1)


def desks(
    reach_s: Sequence[float], service_s: Sequence[float], servers: int, dispatch: at.Dispatch
) -> list[tuple[int, float] | None]:
    """Server and start of requests that are served one at a time, each server in order; None where one is rejected."""
    given: list[list[tuple[float, float]]] = [[] for _ in range(servers)]  # (start, finish) of what each was given

    def free_s(r: int, now: float) -> float:
        return max(now, given[r][-1][1]) if given[r] else now

    def soonest(candidates: Sequence[int]) -> int:
        return min(candidates, key=lambda r: (given[r][-1][1] if given[r] else 0.0, r))

    def chosen(number: int, now: float) -> int:
        every = range(servers)
        if dispatch.router == at.ROUND_ROBIN:
            return number % servers
        if dispatch.router == at.LEAST_LOADED:
            return soonest(every)
        if dispatch.router == at.CONSOLIDATE:
            idle = [r for r in every if free_s(r, now) <= now]
            return idle[0] if idle else soonest(every)
        first, second = draw_pair(dispatch.key, number)
        one = int(first * servers)
        others = [r for r in every if r != one] or [one]
        other = others[int(second * len(others))]
        return other if free_s(other, now) < free_s(one, now) else one

    found: list[tuple[int, float] | None] = []
    for number, (now, service) in enumerate(zip(reach_s, service_s, strict=True)):
        r = chosen(number, now)
        if sum(start > now for start, _ in given[r]) >= dispatch.queue_max:
            found.append(None)
            continue
        start = free_s(r, now)
        given[r].append((start, start + service))
        found.append((r, start))
    return found
