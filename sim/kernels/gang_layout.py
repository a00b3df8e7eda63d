"""Arrays of the gang kernel: the jobs of one pool, who waits, who runs where, and what has been used.

Policies: the key of the queue under the first five, whose head blocks; the others have their own pass.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# policies; those up to PREEMPTING keep their waiting jobs in a heap by `order`
BLOCKING: Final = 0  # in order of the key; nobody passes the head
PREEMPTING: Final = 1  # shortest remaining first; takes accelerators from jobs with more left
BACKFILL: Final = 2  # order of submission; others pass where they do not delay the head
FAIR: Final = 3  # the user who holds fewest accelerators first

# status of a job
COMING: Final = 0
QUEUED: Final = 1
RUNNING: Final = 2
DONE: Final = 3
REJECTED: Final = 4  # asks for more accelerators than jobs could ever get
STATUSES: Final = 5

# cursors, int64 (CURSORS,)
NEXT_JOB: Final = 0  # first job not yet submitted
WAITING: Final = 1  # jobs that wait
ACTIVE: Final = 2  # jobs that run
FREE: Final = 3  # accelerators free in the pool
FREE_SHARE: Final = 4  # head of the list of unused share entries
FIRST_FREE: Final = 5  # no node before this one has a free accelerator
POLICY: Final = 6
CURSORS: Final = 7

# shares: which nodes a job holds accelerators of, int64 (entries, SHARES), a linked list per job
SHARE_NODE: Final = 0
SHARE_COUNT: Final = 1
SHARE_NEXT: Final = 2
SHARES: Final = 3

# times of a job, float64 (jobs, TIMES)
START_S: Final = 0  # the first one; NaN before
END_S: Final = 1
LEFT_S: Final = 2  # work left at SINCE_S, in seconds at full clock
SINCE_S: Final = 3  # progress is made from here on; after `now` while a checkpoint is read
SPEED: Final = 4
EXPECTED_S: Final = 5  # end by the estimate
CREDITED_S: Final = 6  # up to where its energy and progress are kept
TIMES: Final = 7

# users of a pool, int64 (users, USERS)
HELD: Final = 0  # accelerators that the user's jobs hold
FIRST: Final = 1  # first and last of the user's waiting jobs, under FAIR
LAST: Final = 2
USERS: Final = 3

# totals of a stream, float64 (streams, TOTALS)
HELD_S: Final = 0  # accelerator-seconds held
KEPT_S: Final = 1  # accelerator-seconds of progress at full clock
ENERGY_J: Final = 2
BEST_J: Final = 3  # what the progress would take at its most efficient clock
PREEMPTED: Final = 4  # times that a job was stopped for another
TOTALS: Final = 5

# what a stream's jobs do at each clock level, float64 (streams, levels, RATES)
RATE_SPEED: Final = 0
RATE_W: Final = 1  # per accelerator
RATE_BEST_J: Final = 2  # per accelerator and second of progress at full clock
RATES: Final = 3

# what a node of the tree of waiting jobs knows of the jobs below it, float64 (nodes, LEAST)
LEAST_ACCELERATORS: Final = 0
LEAST_ESTIMATE_S: Final = 1
LEAST: Final = 2

NONE: Final = -1


class Jobs(NamedTuple):
    """All jobs of one pool in order of submission, and the state of the pool."""

    submit_s: Floats  # (jobs,)
    run_s: Floats  # at full clock
    estimate_s: Floats  # of run_s, as the scheduler knows it
    order: Floats  # key of the queue; of a preempted job, the estimate of what is left
    accelerators: Ints
    stream: Ints
    user: Ints
    status: Ints
    counts: Ints  # (streams, STATUSES) jobs in each status
    times: Floats  # (jobs, TIMES)
    first_share: Ints  # (jobs,)
    queue: Ints  # heap of waiting jobs by (order, number)
    tree: Floats  # (2 x leaves, LEAST) waiting jobs under BACKFILL; job j is leaf j
    follower: Ints  # (jobs,) next waiting job of the same user, under FAIR
    users: Ints  # (users, USERS)
    ends: Ints  # heap of running jobs by (END_S, number)
    expected: Ints  # running jobs in order of (EXPECTED_S, number), under BACKFILL
    shares: Ints  # (entries, SHARES)
    node_free: Ints  # (nodes,) accelerators that nobody holds
    node_held: Ints  # (nodes, streams) accelerators that jobs hold
    node_level: Ints  # (nodes,) clock level
    node_energy_j: Floats  # (nodes,) of accelerators held by jobs; the caller takes it away
    node_busy_s: Floats  # (nodes,) accelerator-seconds held by jobs; the caller takes it away
    totals: Floats  # (streams, TOTALS)
    rates: Floats  # (streams, levels, RATES)
    restart_s: Floats  # (streams,) what a stopped job loses when it goes on
    credited_s: Floats  # (1,) the instant that all this is up to
    cursors: Ints


def new_jobs(
    submit_s: Floats,
    run_s: Floats,
    estimate_s: Floats,
    order: Floats,
    accelerators: Ints,
    stream: Ints,
    user: Ints,
    node_free: Ints,
    rates: Floats,
    restart_s: Floats,
    policy: int,
) -> Jobs:
    """Jobs in order of submission, none submitted yet, on nodes at their highest level; `node_free` is shared."""
    number, nodes, streams = len(submit_s), len(node_free), len(rates)
    entries = max(int(node_free.sum()), 1)
    shares = np.zeros((entries, SHARES), np.int64)
    shares[:, SHARE_NEXT] = np.append(np.arange(1, entries), NONE)
    users = np.full((int(user.max(initial=0)) + 1, USERS), NONE, np.int64)
    users[:, HELD] = 0
    leaves = 1 << max(number - 1, 0).bit_length() if policy == BACKFILL else 1
    cursors = np.zeros(CURSORS, np.int64)
    cursors[FREE], cursors[POLICY] = node_free.sum(), policy
    counts = np.zeros((streams, STATUSES), np.int64)
    counts[:, COMING] = np.bincount(stream, minlength=streams)
    times = np.zeros((number, TIMES))
    times[:, START_S] = np.nan
    return Jobs(
        submit_s=submit_s,
        run_s=run_s,
        estimate_s=estimate_s,
        order=order,
        accelerators=accelerators,
        stream=stream,
        user=user,
        status=np.full(number, COMING, np.int64),
        counts=counts,
        times=times,
        first_share=np.full(number, NONE, np.int64),
        queue=np.zeros(number, np.int64),
        tree=np.full((2 * leaves, LEAST), np.inf),
        follower=np.full(number, NONE, np.int64),
        users=users,
        ends=np.zeros(number, np.int64),
        expected=np.zeros(number, np.int64),
        shares=shares,
        node_free=node_free,
        node_held=np.zeros((nodes, streams), np.int64),
        node_level=np.full(nodes, rates.shape[1] - 1, np.int64),
        node_energy_j=np.zeros(nodes),
        node_busy_s=np.zeros(nodes),
        totals=np.zeros((streams, TOTALS)),
        rates=rates,
        restart_s=restart_s,
        credited_s=np.zeros(1),
        cursors=cursors,
    )
