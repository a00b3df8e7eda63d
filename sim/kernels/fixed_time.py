"""Services whose requests take a given time, one at a time per replica: first come, first served.

A request's start follows at once from the replica's free time, so each costs O(log replicas). Under the least-loaded
router it goes to the replica that is free first, which is the central queue of the Kiefer-Wolfowitz recursion; under
the round robin each replica is a Lindley recursion; of two replicas drawn at random it takes the one that is free
first; and consolidating, the free one with the lowest number, so that the others idle.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled, inlined
from sim.kernels.draws import draw_two_of
from sim.kernels.serving_layout import CONSOLIDATE, ENDLESS, LEAST_LOADED, NONE, POWER_OF_TWO, Dispatch
from sim.kernels.tournament import new_tree, rebuild, replay

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# times of a replica, float64 (replicas, TIMES)
FREE_S: Final = 0  # when it has done all that was given to it
BUSY_FROM_S: Final = 1  # begin of its current busy spell
CREDITED_S: Final = 2  # up to where BUSY_S is kept
BUSY_S: Final = 3  # total
FLOOR_S: Final = 4  # total out of work, but not yet idle
TIMES: Final = 5


class Servers(NamedTuple):
    """State of all replicas of one service."""

    times: Floats  # (replicas, TIMES)
    free_s: Floats  # (replicas,) FREE_S as the key of `tree`; infinite for replicas that take no requests
    tree: Ints
    starts_s: Floats  # (replicas, queue_max) starts of the requests given last, in a ring; no columns: without limit
    given: Ints  # (replicas,) requests so far


def new_servers(replicas: int, dispatch: Dispatch) -> Servers:
    """Replicas that take no requests yet."""
    limit = 0 if dispatch.queue_max == ENDLESS else dispatch.queue_max
    return Servers(
        times=np.zeros((replicas, TIMES)),
        free_s=np.full(replicas, np.inf),
        tree=new_tree(replicas),
        starts_s=np.full((replicas, limit), -np.inf),
        given=np.zeros(replicas, np.int64),
    )


@compiled
def credit(times: Floats, r: int, now: float, linger_s: float) -> None:
    """Brings the totals of replica r up to `now`; nothing may have been given to it for a start before that.

    A replica out of work stays at its active floor for `linger_s`, then it idles.
    """
    since, free = times[r, CREDITED_S], times[r, FREE_S]
    times[r, BUSY_S] += max(min(free, now) - max(times[r, BUSY_FROM_S], since), 0.0)
    times[r, FLOOR_S] += max(min(free + linger_s, now) - max(free, since), 0.0)
    times[r, CREDITED_S] = max(since, now)


@inlined
def chosen(dispatch: Dispatch, servers: Servers, active: Ints, turn: int, number: int, now: float) -> int:
    """Which replica takes the request of this number, at `now`."""
    if dispatch.router == LEAST_LOADED:
        return int(servers.tree[1])
    if dispatch.router == POWER_OF_TWO:
        one, other = draw_two_of(dispatch.key, number, active.shape[0])
        first, second = active[one], active[other]
        sooner = max(servers.times[second, FREE_S], now) < max(servers.times[first, FREE_S], now)
        return int(second if sooner else first)
    if dispatch.router == CONSOLIDATE:
        for r in active:
            if servers.times[r, FREE_S] <= now:
                return int(r)
        return int(servers.tree[1])
    return int(active[turn % active.shape[0]])


@inlined
def full(servers: Servers, r: int, now: float) -> bool:
    """Whether as many requests wait at replica r as may: the one that many before the next has not started."""
    limit = servers.starts_s.shape[1]
    return bool(limit > 0 and servers.starts_s[r, servers.given[r] % limit] > now)


@compiled
def assign(
    dispatch: Dispatch,
    servers: Servers,
    reach_s: Floats,
    service_s: Floats,
    number: int,
    active: Ints,
    turn: int,
    linger_s: float,
    start_s: Floats,
    finish_s: Floats,
    replica: Ints,
) -> int:
    """Gives requests to replicas at the instants they reach them; returns the next turn of the round robin.

    Reads: the requests, the first of which has this number, and `active`. Updates: `servers`. Writes: `start_s`,
    `finish_s`, `replica`; NaN and NONE where a request is rejected.
    """
    times, limit = servers.times, servers.starts_s.shape[1]
    for i in range(reach_s.shape[0]):
        now = reach_s[i]
        r = chosen(dispatch, servers, active, turn, number + i, now)
        turn = (turn + 1) % active.shape[0]
        if full(servers, r, now):
            start_s[i], finish_s[i], replica[i] = np.nan, np.nan, NONE
            continue
        if times[r, FREE_S] <= now:
            credit(times, r, now, linger_s)
            times[r, BUSY_FROM_S] = now
        start = max(now, times[r, FREE_S])
        finish = start + service_s[i]
        times[r, FREE_S] = finish
        if limit > 0:
            servers.starts_s[r, servers.given[r] % limit] = start
        servers.given[r] += 1
        if dispatch.router in (LEAST_LOADED, CONSOLIDATE):
            servers.free_s[r] = finish
            replay(servers.tree, servers.free_s, r)
        start_s[i], finish_s[i], replica[i] = start, finish, r
    return turn


@compiled
def credit_all(times: Floats, now: float, linger_s: float) -> None:
    """Brings the totals of all replicas up to `now`."""
    for r in range(times.shape[0]):
        credit(times, r, now, linger_s)


def warm_up() -> None:
    """Compiles the kernel by one request."""
    servers, numbers = new_servers(1, Dispatch()), np.zeros(1, np.int64)
    rebuild(servers.tree, servers.free_s)
    start, finish = np.ones(1), np.ones(1)
    assign(Dispatch(), servers, np.ones(1), np.ones(1), 0, numbers, 0, 1.0, start, finish, numbers.copy())
    credit_all(servers.times, 2.0, 1.0)
