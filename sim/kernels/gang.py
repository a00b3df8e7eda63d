"""Gang scheduling of jobs on one pool: a job starts when all its accelerators are free at once, and holds them.

Policies: FIFO (order of submission) and SJF (shortest estimate first), both with a blocking head: nobody passes the
job whose turn it is. At one instant, ends come first, then submissions, then one scheduling pass.

A job runs as fast as the slowest clock among its nodes. Its end is start + run time / speed as long as that speed
stands, so at full clock the schedule is exact; `set_levels` recomputes the ends of running jobs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIFO: Final = 0
SJF: Final = 1

# status of a job
COMING: Final = 0
QUEUED: Final = 1
RUNNING: Final = 2
DONE: Final = 3
REJECTED: Final = 4  # asks for more accelerators than jobs could ever get

# cursors, int64 (CURSORS,)
NEXT_JOB: Final = 0  # first job not yet submitted
WAITING: Final = 1  # jobs in the queue heap
ACTIVE: Final = 2  # jobs in the heap of ends
FREE: Final = 3  # accelerators free in the pool
FREE_SHARE: Final = 4  # head of the list of unused share entries
CURSORS: Final = 5

# shares: which nodes a job holds accelerators of, int64 (entries, SHARES), a linked list per job
SHARE_NODE: Final = 0
SHARE_COUNT: Final = 1
SHARE_NEXT: Final = 2
SHARES: Final = 3

# times of a job, float64 (jobs, TIMES)
START_S: Final = 0
END_S: Final = 1
LEFT_S: Final = 2  # work left at SINCE_S, in seconds at full clock
SINCE_S: Final = 3
SPEED: Final = 4
TIMES: Final = 5

# totals of a stream, float64 (streams, TOTALS)
HELD_S: Final = 0  # accelerator-seconds held
KEPT_S: Final = 1  # accelerator-seconds of progress at full clock
ENERGY_J: Final = 2
BEST_J: Final = 3  # what the progress would take at its most efficient clock
TOTALS: Final = 4

# what a stream's jobs do at each clock level, float64 (streams, levels, RATES)
RATE_SPEED: Final = 0
RATE_W: Final = 1  # per accelerator
RATE_BEST_J: Final = 2  # per accelerator and second of progress at full clock
RATES: Final = 3

NONE: Final = -1


class Jobs(NamedTuple):
    """All jobs of one pool in order of submission, and the state of the pool."""

    submit_s: Floats  # (jobs,)
    run_s: Floats  # at full clock
    order: Floats  # key of the queue: submission number under FIFO, estimate under SJF
    accelerators: Ints
    stream: Ints
    status: Ints
    times: Floats  # (jobs, TIMES)
    first_share: Ints  # (jobs,)
    queue: Ints  # heap of waiting jobs by (order, number)
    ends: Ints  # heap of running jobs by (END_S, number)
    shares: Ints  # (entries, SHARES)
    node_free: Ints  # (nodes,) accelerators that nobody holds
    node_held: Ints  # (nodes, streams) accelerators that jobs hold
    node_level: Ints  # (nodes,) clock level
    node_energy_j: Floats  # (nodes,) of accelerators held by jobs; the caller takes it away
    node_busy_s: Floats  # (nodes,) accelerator-seconds held by jobs; the caller takes it away
    totals: Floats  # (streams, TOTALS)
    rates: Floats  # (streams, levels, RATES)
    credited_s: Floats  # (1,) up to where energies and totals are kept
    cursors: Ints


@compiled
def before(keys: Floats, a: int, b: int) -> bool:
    """Whether job a comes before job b: smaller key, then smaller number."""
    return bool(keys[a] < keys[b] or (keys[a] == keys[b] and a < b))


@compiled
def push(heap: Ints, size: int, keys: Floats, job: int) -> None:
    """Adds a job to the heap in heap[:size]; the caller counts."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if not before(keys, job, heap[parent]):
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = job


@compiled
def sink(heap: Ints, size: int, keys: Floats, i: int, job: int) -> None:
    """Puts a job at position i or as far below it as the order of heap[:size] demands."""
    child = 2 * i + 1
    while child < size:
        if child + 1 < size and before(keys, heap[child + 1], heap[child]):
            child += 1
        if not before(keys, heap[child], job):
            break
        heap[i] = heap[child]
        i, child = child, 2 * child + 1
    heap[i] = job


@compiled
def credit(jobs: Jobs, now: float) -> None:
    """Brings energies and totals up to `now`; what runs has not changed since the last time."""
    seconds = now - jobs.credited_s[0]
    if seconds <= 0.0:
        return
    jobs.credited_s[0] = now
    for n in range(jobs.node_held.shape[0]):
        for s in range(jobs.node_held.shape[1]):
            if jobs.node_held[n, s] > 0:
                held_s = jobs.node_held[n, s] * seconds
                joules = held_s * jobs.rates[s, jobs.node_level[n], RATE_W]
                jobs.node_energy_j[n] += joules
                jobs.node_busy_s[n] += held_s
                jobs.totals[s, ENERGY_J] += joules
                jobs.totals[s, HELD_S] += held_s
    for i in range(jobs.cursors[ACTIVE]):
        job = jobs.ends[i]
        kept_s = jobs.accelerators[job] * seconds * jobs.times[job, SPEED]
        jobs.totals[jobs.stream[job], KEPT_S] += kept_s
        jobs.totals[jobs.stream[job], BEST_J] += kept_s * jobs.rates[jobs.stream[job], 0, RATE_BEST_J]


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
    node = 0
    while wanted > 0:
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
        node += 1
    jobs.cursors[FREE] -= jobs.accelerators[job]


@compiled
def release(jobs: Jobs, job: int) -> None:
    """Gives a job's accelerators back."""
    share = jobs.first_share[job]
    while share != NONE:
        node, following = jobs.shares[share, SHARE_NODE], jobs.shares[share, SHARE_NEXT]
        jobs.node_free[node] += jobs.shares[share, SHARE_COUNT]
        jobs.node_held[node, jobs.stream[job]] -= jobs.shares[share, SHARE_COUNT]
        jobs.shares[share, SHARE_NEXT] = jobs.cursors[FREE_SHARE]
        jobs.cursors[FREE_SHARE] = share
        share = following
    jobs.cursors[FREE] += jobs.accelerators[job]


@compiled
def start_jobs(jobs: Jobs, now: float) -> None:
    """One scheduling pass: starts jobs from the head of the queue until one does not fit."""
    cursors, times = jobs.cursors, jobs.times
    while cursors[WAITING] > 0:
        job = jobs.queue[0]
        if jobs.accelerators[job] > cursors[FREE]:
            return
        cursors[WAITING] -= 1
        sink(jobs.queue, cursors[WAITING], jobs.order, 0, jobs.queue[cursors[WAITING]])
        place(jobs, job)
        jobs.status[job] = RUNNING
        times[job, START_S] = now
        times[job, SINCE_S] = now
        times[job, LEFT_S] = jobs.run_s[job]
        times[job, SPEED] = slowest(jobs, job)
        times[job, END_S] = now + times[job, LEFT_S] / times[job, SPEED]
        push(jobs.ends, cursors[ACTIVE], times[:, END_S], job)
        cursors[ACTIVE] += 1


@compiled
def end_first(jobs: Jobs) -> None:
    """Ends the running job whose end is next."""
    job = jobs.ends[0]
    jobs.cursors[ACTIVE] -= 1
    sink(jobs.ends, jobs.cursors[ACTIVE], jobs.times[:, END_S], 0, jobs.ends[jobs.cursors[ACTIVE]])
    release(jobs, job)
    jobs.status[job] = DONE


@compiled
def submit_next(jobs: Jobs, most: int) -> None:
    """Queues the next job, or rejects it where it could never fit into `most` accelerators."""
    job = jobs.cursors[NEXT_JOB]
    jobs.cursors[NEXT_JOB] = job + 1
    if jobs.accelerators[job] > most:
        jobs.status[job] = REJECTED
        return
    jobs.status[job] = QUEUED
    push(jobs.queue, jobs.cursors[WAITING], jobs.order, job)
    jobs.cursors[WAITING] += 1


@compiled
def set_levels(jobs: Jobs, levels: Ints, now: float) -> None:
    """Gives every node a clock level at `now`; running jobs keep what they have done and go on at their new speed."""
    credit(jobs, now)
    for n in range(levels.shape[0]):
        jobs.node_level[n] = levels[n]
    times, active = jobs.times, jobs.cursors[ACTIVE]
    for i in range(active):
        job = jobs.ends[i]
        speed = slowest(jobs, job)
        if speed != times[job, SPEED]:
            times[job, LEFT_S] -= (now - times[job, SINCE_S]) * times[job, SPEED]
            times[job, SINCE_S] = now
            times[job, SPEED] = speed
            times[job, END_S] = now + times[job, LEFT_S] / speed
    for i in range(active // 2 - 1, -1, -1):
        sink(jobs.ends, active, times[:, END_S], i, jobs.ends[i])


@compiled
def advance(jobs: Jobs, most: int, until: float) -> int:
    """Brings the jobs of one pool up to `until`; returns how many events there were.

    `most` is the number of accelerators that jobs could ever get; a job that wants more is rejected on submission.
    A pass is made at `until`'s begin too, since services may have given accelerators back.
    """
    cursors, total, events = jobs.cursors, jobs.submit_s.shape[0], 0
    start_jobs(jobs, jobs.credited_s[0])
    while True:
        now = until
        if cursors[ACTIVE] > 0:
            now = min(now, jobs.times[jobs.ends[0], END_S])
        if cursors[NEXT_JOB] < total:
            now = min(now, jobs.submit_s[cursors[NEXT_JOB]])
        credit(jobs, now)
        seen = events
        while cursors[ACTIVE] > 0 and jobs.times[jobs.ends[0], END_S] <= now:
            end_first(jobs)
            events += 1
        while cursors[NEXT_JOB] < total and jobs.submit_s[cursors[NEXT_JOB]] <= now:
            submit_next(jobs, most)
            events += 1
        if events > seen:
            start_jobs(jobs, now)
        elif now >= until:
            return events


def warm_up() -> None:
    """Compiles the kernel by one job."""
    one, none, counts = np.ones(1), np.zeros(1), np.ones(1, np.int64)
    jobs = Jobs(
        one, one.copy(), none, counts, np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((1, TIMES)),
        np.full(1, NONE), np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([[0, 0, NONE]]), counts.copy(),
        np.zeros((1, 1), np.int64), np.zeros(1, np.int64), none.copy(), none.copy(), np.zeros((1, TOTALS)),
        np.ones((1, 1, RATES)), none.copy(), np.array([0, 0, 0, 1, 0]),
    )  # fmt: skip
    advance(jobs, 1, 1.5)
    set_levels(jobs, np.zeros(1, np.int64), 1.5)
