"""Services whose requests take a given time, one at a time per replica: first come, first served.

A request's start follows at once from the replica's free time, so each costs O(log replicas). Under the least-loaded
router it goes to the replica that is free first, which is the central queue of the Kiefer-Wolfowitz recursion; under
the round robin each replica is a Lindley recursion.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled
from sim.kernels.serving_layout import LEAST_LOADED
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


@compiled
def credit(times: Floats, r: int, now: float, linger_s: float) -> None:
    """Brings the totals of replica r up to `now`; nothing may have been given to it for a start before that.

    A replica out of work stays at its active floor for `linger_s`, then it idles.
    """
    since, free = times[r, CREDITED_S], times[r, FREE_S]
    times[r, BUSY_S] += max(min(free, now) - max(times[r, BUSY_FROM_S], since), 0.0)
    times[r, FLOOR_S] += max(min(free + linger_s, now) - max(free, since), 0.0)
    times[r, CREDITED_S] = max(since, now)


@compiled
def assign(
    router: int,
    rows: int,
    first: int,
    arrival_s: Floats,
    service_s: Floats,
    active: Ints,
    turn: int,
    linger_s: float,
    times: Floats,
    free_s: Floats,
    tree: Ints,
    start_s: Floats,
    finish_s: Floats,
    replica: Ints,
) -> int:
    """Gives the requests [first, first + rows) of a chunk to replicas; returns the next turn of the round robin.

    Reads: the chunk, `active`. Updates: `times`, `free_s` with its winner tree (infinite for replicas that take no
    requests). Writes: `start_s`, `finish_s`, `replica`, rows 0 to `rows`.
    """
    for i in range(rows):
        now = arrival_s[first + i]
        if router == LEAST_LOADED:
            r = tree[1]
        else:
            r = active[turn % active.shape[0]]
            turn = (turn + 1) % active.shape[0]
        if times[r, FREE_S] <= now:
            credit(times, r, now, linger_s)
            times[r, BUSY_FROM_S] = now
        start = max(now, times[r, FREE_S])
        finish = start + service_s[first + i]
        times[r, FREE_S] = finish
        if router == LEAST_LOADED:
            free_s[r] = finish
            replay(tree, free_s, r)
        start_s[i] = start
        finish_s[i] = finish
        replica[i] = r
    return turn


@compiled
def credit_all(times: Floats, now: float, linger_s: float) -> None:
    """Brings the totals of all replicas up to `now`."""
    for r in range(times.shape[0]):
        credit(times, r, now, linger_s)


def warm_up() -> None:
    """Compiles the kernel by one request."""
    one, times, tree = np.ones(1), np.zeros((1, TIMES)), new_tree(1)
    numbers = np.zeros(1, np.int64)
    rebuild(tree, one)
    free, start, finish, replica = one.copy(), one.copy(), one.copy(), numbers.copy()
    assign(LEAST_LOADED, 1, 0, one, one, numbers, 0, 1.0, times, free, tree, start, finish, replica)
    credit_all(times, 2.0, 1.0)
