"""Slow, obvious twins: the Kiefer-Wolfowitz and Lindley recursions, and gang scheduling with plain lists."""

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


def gang_starts(
    submit_s: Sequence[float],
    run_s: Sequence[float],
    accelerators: Sequence[int],
    keys: Sequence[float],
    total: int,
) -> list[float | None]:
    """Start times of gang jobs whose queue is ordered by `keys` and whose head blocks; None for what never fits."""
    starts: list[float | None] = [None] * len(submit_s)
    coming = sorted(range(len(submit_s)), key=lambda job: (submit_s[job], job))
    queue: list[int] = []
    running: list[tuple[float, int]] = []
    free = total
    while coming or running:
        now = min([submit_s[job] for job in coming[:1]] + [end for end, _ in running])
        for end, job in [entry for entry in running if entry[0] <= now]:
            running.remove((end, job))
            free += accelerators[job]
        while coming and submit_s[coming[0]] <= now:
            job = coming.pop(0)
            if accelerators[job] <= total:
                queue.append(job)
        queue.sort(key=lambda job: (keys[job], job))
        while queue and accelerators[queue[0]] <= free:
            job = queue.pop(0)
            free -= accelerators[job]
            starts[job] = now
            running.append((now + run_s[job], job))
    return starts
