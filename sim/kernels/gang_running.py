"""Jobs that run: where they are placed, how fast they are, what they use, and how they begin, stop and end."""

from __future__ import annotations

import numpy as np

from sim.kernels.compiled import compiled
from sim.kernels.gang_layout import (
    ACTIVE,
    BACKFILL,
    BEST_J,
    CREDITED_S,
    DONE,
    END_S,
    ENERGY_J,
    EXPECTED_S,
    FIRST_FREE,
    FREE,
    FREE_SHARE,
    HELD,
    HELD_S,
    KEPT_S,
    LEFT_S,
    NONE,
    POLICY,
    RATE_BEST_J,
    RATE_SPEED,
    RATE_W,
    RUNNING,
    SHARE_COUNT,
    SHARE_NEXT,
    SHARE_NODE,
    SINCE_S,
    SPEED,
    START_S,
    Jobs,
)
from sim.kernels.gang_queues import insert, pull, push, remove


@compiled
def mark(jobs: Jobs, job: int, status: int) -> None:
    """Gives a job a status, and counts it there."""
    jobs.counts[jobs.stream[job], jobs.status[job]] -= 1
    jobs.counts[jobs.stream[job], status] += 1
    jobs.status[job] = status


@compiled
def credit(jobs: Jobs, job: int, now: float) -> None:
    """Brings the energy and the progress of a running job up to `now`; its nodes' levels have not changed meanwhile."""
    times, stream = jobs.times, jobs.stream[job]
    begin = times[job, CREDITED_S]
    seconds = now - begin
    if seconds <= 0.0:
        return
    times[job, CREDITED_S] = now
    share = jobs.first_share[job]
    while share != NONE:
        node, held_s = jobs.shares[share, SHARE_NODE], jobs.shares[share, SHARE_COUNT] * seconds
        joules = held_s * jobs.rates[stream, jobs.node_level[node], RATE_W]
        jobs.node_energy_j[node] += joules
        jobs.node_busy_s[node] += held_s
        jobs.totals[stream, ENERGY_J] += joules
        share = jobs.shares[share, SHARE_NEXT]
    kept_s = jobs.accelerators[job] * max(now - max(begin, times[job, SINCE_S]), 0.0) * times[job, SPEED]
    jobs.totals[stream, HELD_S] += jobs.accelerators[job] * seconds
    jobs.totals[stream, KEPT_S] += kept_s
    jobs.totals[stream, BEST_J] += kept_s * jobs.rates[stream, 0, RATE_BEST_J]


@compiled
def credit_all(jobs: Jobs, now: float) -> None:
    """Brings energies and totals of all running jobs up to `now`."""
    for i in range(jobs.cursors[ACTIVE]):
        credit(jobs, jobs.ends[i], now)
    jobs.credited_s[0] = now


@compiled
def slowest(jobs: Jobs, job: int) -> float:
    """Speed of a job: that of its slowest node, relative to full clock."""
    speed = np.inf
    share = jobs.first_share[job]
    while share != NONE:
        speed = min(speed, jobs.rates[jobs.stream[job], jobs.node_level[jobs.shares[share, SHARE_NODE]], RATE_SPEED])
        share = jobs.shares[share, SHARE_NEXT]
    return speed


@compiled
def place(jobs: Jobs, job: int) -> None:
    """Takes a job's accelerators, node by node in their order."""
    wanted = jobs.accelerators[job]
    jobs.first_share[job] = NONE
    node = jobs.cursors[FIRST_FREE]
    while True:
        taken = min(wanted, jobs.node_free[node])
        if taken > 0:
            share = jobs.cursors[FREE_SHARE]
            jobs.cursors[FREE_SHARE] = jobs.shares[share, SHARE_NEXT]
            jobs.shares[share, SHARE_NODE] = node
            jobs.shares[share, SHARE_COUNT] = taken
            jobs.shares[share, SHARE_NEXT] = jobs.first_share[job]
            jobs.first_share[job] = share
            jobs.node_free[node] -= taken
            jobs.node_held[node, jobs.stream[job]] += taken
            wanted -= taken
        if wanted == 0:
            break
        node += 1
    jobs.cursors[FIRST_FREE] = node
    jobs.cursors[FREE] -= jobs.accelerators[job]
    jobs.users[jobs.user[job], HELD] += jobs.accelerators[job]


@compiled
def release(jobs: Jobs, job: int) -> None:
    """Gives a job's accelerators back."""
    share = jobs.first_share[job]
    while share != NONE:
        node, following = jobs.shares[share, SHARE_NODE], jobs.shares[share, SHARE_NEXT]
        jobs.node_free[node] += jobs.shares[share, SHARE_COUNT]
        jobs.node_held[node, jobs.stream[job]] -= jobs.shares[share, SHARE_COUNT]
        jobs.cursors[FIRST_FREE] = min(jobs.cursors[FIRST_FREE], node)
        jobs.shares[share, SHARE_NEXT] = jobs.cursors[FREE_SHARE]
        jobs.cursors[FREE_SHARE] = share
        share = following
    jobs.cursors[FREE] += jobs.accelerators[job]
    jobs.users[jobs.user[job], HELD] -= jobs.accelerators[job]


@compiled
def expect(jobs: Jobs, job: int) -> None:
    """Sets the ends of a running job: the true one, and that by its estimate."""
    times = jobs.times
    done_s = jobs.run_s[job] - times[job, LEFT_S]
    times[job, END_S] = times[job, SINCE_S] + times[job, LEFT_S] / times[job, SPEED]
    times[job, EXPECTED_S] = times[job, SINCE_S] + (jobs.estimate_s[job] - done_s) / times[job, SPEED]


@compiled
def begin(jobs: Jobs, job: int, now: float) -> None:
    """Starts a job that is no longer in the queue; one that was stopped reads its checkpoint first."""
    times, active = jobs.times, jobs.cursors[ACTIVE]
    place(jobs, job)
    mark(jobs, job, RUNNING)
    times[job, SINCE_S] = now
    if np.isnan(times[job, START_S]):
        times[job, START_S] = now
        times[job, LEFT_S] = jobs.run_s[job]
    else:
        times[job, SINCE_S] = now + jobs.restart_s[jobs.stream[job]]
    times[job, CREDITED_S] = now
    times[job, SPEED] = slowest(jobs, job)
    expect(jobs, job)
    push(jobs.ends, active, times[:, END_S], job)
    if jobs.cursors[POLICY] == BACKFILL:
        insert(jobs.expected, active, times[:, EXPECTED_S], job)
    jobs.cursors[ACTIVE] = active + 1


@compiled
def halt(jobs: Jobs, job: int, now: float) -> None:
    """Stops a running job: it is off the heap of ends and holds nothing; what it has done is kept."""
    active = jobs.cursors[ACTIVE]
    credit(jobs, job, now)
    pull(jobs.ends, active, jobs.times[:, END_S], job)
    if jobs.cursors[POLICY] == BACKFILL:
        remove(jobs.expected, active, job)
    jobs.cursors[ACTIVE] = active - 1
    release(jobs, job)


@compiled
def end_first(jobs: Jobs, now: float) -> None:
    """Ends the running job whose end is next."""
    job = jobs.ends[0]
    halt(jobs, job, now)
    mark(jobs, job, DONE)


@compiled
def bank(jobs: Jobs, job: int, now: float) -> None:
    """Takes what a running job has done off what is left of it."""
    times = jobs.times
    if now > times[job, SINCE_S]:
        times[job, LEFT_S] -= (now - times[job, SINCE_S]) * times[job, SPEED]
        times[job, SINCE_S] = now
