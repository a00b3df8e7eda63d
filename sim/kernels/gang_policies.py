"""Scheduling passes of the gang kernel: which waiting jobs start now, and which running ones stop for them.

Backfill is EASY (Lifka 1995): the head of the queue has a reservation at the instant when, by the estimates of the
running jobs, enough accelerators are free; a later job passes it only if it ends by then, or needs no more than
what is to spare at that instant. A job past its estimate counts as about to end.

Fair share is dominant resource fairness (Ghodsi et al. 2011) with accelerators as the one resource: whoever holds
fewest comes next, and blocks.
"""

from __future__ import annotations

import numpy as np

from sim.kernels.compiled import compiled
from sim.kernels.gang_layout import (
    ACTIVE,
    BACKFILL,
    EXPECTED_S,
    FAIR,
    FIRST,
    FREE,
    HELD,
    LAST,
    LEFT_S,
    NONE,
    POLICY,
    PREEMPTED,
    PREEMPTING,
    QUEUED,
    SINCE_S,
    SPEED,
    WAITING,
    Jobs,
)
from sim.kernels.gang_queues import hang, next_fit, push, sink
from sim.kernels.gang_running import bank, begin, halt, mark


@compiled
def neediest(jobs: Jobs) -> int:
    """Of the users with waiting jobs, the one who holds fewest accelerators, or has waited longest; or NONE."""
    users, best = jobs.users, NONE
    for user in range(users.shape[0]):
        if users[user, FIRST] != NONE and (
            best == NONE
            or users[user, HELD] < users[best, HELD]
            or (users[user, HELD] == users[best, HELD] and users[user, FIRST] < users[best, FIRST])
        ):
            best = user
    return best


@compiled
def head(jobs: Jobs) -> int:
    """The job whose turn it is; NONE where none waits."""
    if jobs.cursors[WAITING] == 0:
        return NONE
    if jobs.cursors[POLICY] == BACKFILL:
        return next_fit(jobs.tree, 0, np.inf, np.inf, np.inf)
    if jobs.cursors[POLICY] == FAIR:
        return int(jobs.users[neediest(jobs), FIRST])
    return int(jobs.queue[0])


@compiled
def enqueue(jobs: Jobs, job: int) -> None:
    """Lets a job wait."""
    mark(jobs, job, QUEUED)
    if jobs.cursors[POLICY] == BACKFILL:
        hang(jobs.tree, job, float(jobs.accelerators[job]), jobs.estimate_s[job])
    elif jobs.cursors[POLICY] == FAIR:
        user, last = jobs.user[job], jobs.users[jobs.user[job], LAST]
        if last == NONE:
            jobs.users[user, FIRST] = job
        else:
            jobs.follower[last] = job
        jobs.users[user, LAST] = job
        jobs.follower[job] = NONE
    else:
        push(jobs.queue, jobs.cursors[WAITING], jobs.order, job)
    jobs.cursors[WAITING] += 1


@compiled
def dequeue(jobs: Jobs, job: int) -> None:
    """Takes the head out of the queue; under BACKFILL, any waiting job."""
    jobs.cursors[WAITING] -= 1
    if jobs.cursors[POLICY] == BACKFILL:
        hang(jobs.tree, job, np.inf, np.inf)
    elif jobs.cursors[POLICY] == FAIR:
        user = jobs.user[job]
        jobs.users[user, FIRST] = jobs.follower[job]
        if jobs.follower[job] == NONE:
            jobs.users[user, LAST] = NONE
    else:
        sink(jobs.queue, jobs.cursors[WAITING], jobs.order, 0, jobs.queue[jobs.cursors[WAITING]])


@compiled
def left_s(jobs: Jobs, job: int, now: float) -> float:
    """What the estimate says is left of a running job, in seconds at full clock."""
    times = jobs.times
    done_s = jobs.run_s[job] - times[job, LEFT_S]
    return float(jobs.estimate_s[job] - done_s - max(now - times[job, SINCE_S], 0.0) * times[job, SPEED])


@compiled
def stop_longer(jobs: Jobs, job: int, now: float) -> None:
    """Stops the running jobs with most left until `job` fits, if those with more left than it hold enough."""
    while True:
        within, longest, most_s = jobs.cursors[FREE], NONE, jobs.order[job]
        for i in range(jobs.cursors[ACTIVE]):
            other = jobs.ends[i]
            other_s = left_s(jobs, other, now)
            if other_s > jobs.order[job]:
                within += jobs.accelerators[other]
                if other_s > most_s or (other_s == most_s and other > longest):
                    longest, most_s = other, other_s
        if longest == NONE or jobs.accelerators[job] > within or jobs.accelerators[job] <= jobs.cursors[FREE]:
            return
        halt(jobs, longest, now)
        bank(jobs, longest, now)
        jobs.order[longest] = most_s
        jobs.totals[jobs.stream[longest], PREEMPTED] += 1.0
        enqueue(jobs, longest)


@compiled
def backfill(jobs: Jobs, blocked: int, now: float) -> None:
    """Starts the jobs behind the blocked head that do not delay its reservation."""
    cursors, times = jobs.cursors, jobs.times
    room, reserved_s = cursors[FREE], np.inf
    for i in range(cursors[ACTIVE]):
        job = jobs.expected[i]
        expected_s = max(times[job, EXPECTED_S], now)
        if expected_s > reserved_s:
            break
        room += jobs.accelerators[job]
        if room >= jobs.accelerators[blocked]:
            reserved_s = expected_s
    spare, slack_s = room - jobs.accelerators[blocked], reserved_s - now
    job = blocked
    while cursors[FREE] > 0:
        job = next_fit(jobs.tree, job + 1, float(cursors[FREE]), float(spare), slack_s)
        if job == NONE:
            return
        if jobs.estimate_s[job] > slack_s:
            spare -= jobs.accelerators[job]
        dequeue(jobs, job)
        begin(jobs, job, now)


@compiled
def start_jobs(jobs: Jobs, now: float) -> None:
    """One scheduling pass: starts jobs from the head of the queue until one does not fit."""
    job = head(jobs)
    while job != NONE:
        if jobs.accelerators[job] > jobs.cursors[FREE] and jobs.cursors[POLICY] == PREEMPTING:
            stop_longer(jobs, job, now)
        if jobs.accelerators[job] > jobs.cursors[FREE]:
            break
        dequeue(jobs, job)
        begin(jobs, job, now)
        job = head(jobs)
    if job != NONE and jobs.cursors[POLICY] == BACKFILL:
        backfill(jobs, job, now)
