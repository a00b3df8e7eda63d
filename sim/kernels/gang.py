"""Gang scheduling of jobs on one pool: a job starts when all its accelerators are free at once, and holds them.

At one instant, ends come first, then submissions, then one scheduling pass under the policy of the pool
(`gang_policies`). A job runs as fast as the slowest clock among its nodes. Its end is start + run time / speed as long
as that speed stands, so at full clock the schedule is exact; `set_levels` recomputes the ends of running jobs.
"""

from __future__ import annotations

import numpy as np

from sim.kernels.compiled import compiled
from sim.kernels.gang_layout import (
    ACTIVE,
    BACKFILL,
    END_S,
    EXPECTED_S,
    FAIR,
    FIRST_FREE,
    NEXT_JOB,
    POLICY,
    RATES,
    REJECTED,
    SPEED,
    Ints,
    Jobs,
    new_jobs,
)
from sim.kernels.gang_policies import enqueue, start_jobs
from sim.kernels.gang_queues import insert, sink
from sim.kernels.gang_running import bank, credit_all, end_first, expect, mark, slowest


@compiled
def submit_next(jobs: Jobs, most: int) -> None:
    """Queues the next job, or rejects it where it could never fit into `most` accelerators."""
    job = jobs.cursors[NEXT_JOB]
    jobs.cursors[NEXT_JOB] = job + 1
    if jobs.accelerators[job] > most:
        mark(jobs, job, REJECTED)
    else:
        enqueue(jobs, job)


@compiled
def set_levels(jobs: Jobs, levels: Ints, now: float) -> None:
    """Gives every node a clock level at `now`; running jobs keep what they have done and go on at their new speed."""
    credit_all(jobs, now)
    for n in range(levels.shape[0]):
        jobs.node_level[n] = levels[n]
    times, active = jobs.times, jobs.cursors[ACTIVE]
    for i in range(active):
        job = jobs.ends[i]
        speed = slowest(jobs, job)
        if speed != times[job, SPEED]:
            bank(jobs, job, now)
            times[job, SPEED] = speed
            expect(jobs, job)
    for i in range(active // 2 - 1, -1, -1):
        sink(jobs.ends, active, times[:, END_S], i, jobs.ends[i])
    if jobs.cursors[POLICY] == BACKFILL:
        for i in range(active):
            insert(jobs.expected, i, times[:, EXPECTED_S], jobs.expected[i])


@compiled
def advance(jobs: Jobs, most: int, until: float) -> int:
    """Brings the jobs of one pool up to `until`; returns how many events there were.

    `most` is the number of accelerators that jobs could ever get; a job that wants more is rejected on submission.
    A pass is made at `until`'s begin too, since services may have given accelerators back.
    """
    cursors, total, events = jobs.cursors, jobs.submit_s.shape[0], 0
    cursors[FIRST_FREE] = 0
    start_jobs(jobs, jobs.credited_s[0])
    while True:
        now = until
        if cursors[ACTIVE] > 0:
            now = min(now, jobs.times[jobs.ends[0], END_S])
        if cursors[NEXT_JOB] < total:
            now = min(now, jobs.submit_s[cursors[NEXT_JOB]])
        jobs.credited_s[0] = now
        seen = events
        while cursors[ACTIVE] > 0 and jobs.times[jobs.ends[0], END_S] <= now:
            end_first(jobs, now)
            events += 1
        while cursors[NEXT_JOB] < total and jobs.submit_s[cursors[NEXT_JOB]] <= now:
            submit_next(jobs, most)
            events += 1
        if events > seen:
            start_jobs(jobs, now)
        elif now >= until:
            credit_all(jobs, now)
            return events


def warm_up() -> None:
    """Compiles the kernel by one job under each policy."""
    one, none = np.ones(1), np.zeros(1, np.int64)
    for policy in range(FAIR + 1):
        figures = (np.zeros(1), one, one, one, none + 1, none, none)
        jobs = new_jobs(*figures, none + 1, np.ones((1, 1, RATES)), np.zeros(1), policy)
        advance(jobs, 1, 0.5)
        set_levels(jobs, none, 0.5)
        advance(jobs, 1, 1.5)
