"""The jobs of one pool as they run: all streams in one queue, moved by the gang kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.kernels import gang
from sim.kernels import gang_layout as at
from sim.kernels.gang_policies import head
from sim.record.ledger import Quantiles
from sim.workload import JobTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
POLICIES = {
    "fifo": at.BLOCKING,
    "sjf": at.BLOCKING,
    "ljf": at.BLOCKING,
    "priority": at.BLOCKING,
    "srpt": at.PREEMPTING,
    "easy": at.BACKFILL,
    "fair-share": at.FAIR,
}


class PoolJobs:
    """Job streams of one pool under one policy; everything is up to the instant of the last `advance`."""

    def __init__(
        self,
        names: Sequence[str],
        tables: Sequence[JobTable],
        rates: Floats,
        policy: str,
        node_free: Ints,
        most: int,
        horizon_s: float,
        release_s: Sequence[Floats] | None = None,
        restart_s: Sequence[float] | None = None,
    ) -> None:
        """`rates` f8[streams, levels, 3] as of `job_tables`; `node_free` is shared with the services of the pool.

        `release_s` of each stream's jobs: when they may start, None: at once. Waiting counts from submission.
        `restart_s` of each stream: what a job that was stopped loses before it goes on, None: nothing.
        """
        self.names = tuple(names)
        self.most = most  # accelerators that jobs could ever get
        self.events = 0
        release = [table.submit_s for table in tables] if release_s is None else release_s
        restart = np.zeros(len(tables)) if restart_s is None else np.array(restart_s, np.float64)
        self.submit_s, self.jobs = _merged(tables, release, rates, restart, policy, node_free, horizon_s)
        self._stream_submit_s = [np.sort(self.submit_s[self.jobs.stream == s]) for s in range(len(tables))]

    def advance(self, now: float) -> None:
        """Brings all jobs up to `now`."""
        self.events += gang.advance(self.jobs, self.most, now)

    def set_levels(self, levels: Ints, now: float) -> None:
        """Clock level of each node."""
        gang.set_levels(self.jobs, levels, now)

    def room_changed(self, accelerators: int) -> None:
        """Services gave accelerators back (positive) or took them (negative); the next `advance` starts jobs."""
        self.jobs.cursors[at.FREE] += accelerators

    @property
    def next_needs(self) -> int:
        """Accelerators that the job whose turn it is asks for; 0 where none waits."""
        job = head(self.jobs)
        return 0 if job == at.NONE else int(self.jobs.accelerators[job])

    def take_node_energy(self) -> tuple[Floats, Floats]:
        """Joules and accelerator-seconds of each node since the last time."""
        jobs = self.jobs
        taken = jobs.node_energy_j.copy(), jobs.node_busy_s.copy()
        jobs.node_energy_j[:] = 0.0
        jobs.node_busy_s[:] = 0.0
        return taken

    @property
    def totals(self) -> Floats:
        """f8[streams, TOTALS] of `gang_layout`, a copy."""
        return self.jobs.totals.copy()

    def counts(self, stream: int, from_s: float) -> dict[int, int]:
        """Jobs of a stream's cohort (submitted at or after `from_s`) by status."""
        mine = self._status[(self.jobs.stream == stream) & (self.submit_s >= from_s)]
        return {status: int(np.count_nonzero(mine == status)) for status in range(at.STATUSES)}

    def in_status(self, stream: int, status: int) -> int:
        """Jobs of a stream that are queued, running, done or rejected."""
        counts = self.jobs.counts[stream]
        if status != at.QUEUED:
            return int(counts[status])
        submitted = np.searchsorted(self._stream_submit_s[stream], self.jobs.credited_s[0], side="right")
        return int(submitted - counts[at.RUNNING] - counts[at.DONE] - counts[at.REJECTED])

    @property
    def _status(self) -> Ints:
        """Status of each job; one that is submitted and waits for its hour is queued."""
        jobs = self.jobs
        held_back = (jobs.status == at.COMING) & (self.submit_s <= jobs.credited_s[0])
        return np.where(held_back, at.QUEUED, jobs.status).astype(np.int64)

    def waits(self, stream: int, from_s: float) -> Quantiles:
        """Waiting times of the cohort's jobs that have started [s]."""
        chosen = self._cohort(stream, from_s, (at.RUNNING, at.DONE))
        return quantiles(self.jobs.times[chosen, at.START_S] - self.submit_s[chosen])

    def turnarounds(self, stream: int, from_s: float) -> Quantiles:
        """Submission to end of the cohort's completed jobs [s]."""
        chosen = self._cohort(stream, from_s, (at.DONE,))
        return quantiles(self.jobs.times[chosen, at.END_S] - self.submit_s[chosen])

    def slowdowns(self, stream: int, from_s: float) -> Quantiles:
        """Turnaround over run time at full clock of the cohort's completed jobs that run at all."""
        chosen = self._cohort(stream, from_s, (at.DONE,)) & (self.jobs.run_s > 0.0)
        return quantiles((self.jobs.times[chosen, at.END_S] - self.submit_s[chosen]) / self.jobs.run_s[chosen])

    def makespan_s(self, stream: int, from_s: float) -> float | None:
        """First submission to last end of the cohort's completed jobs."""
        chosen = self._cohort(stream, from_s, (at.DONE,))
        if not chosen.any():
            return None
        cohort = (self.jobs.stream == stream) & (self.submit_s >= from_s)
        return float(self.jobs.times[chosen, at.END_S].max() - self.submit_s[cohort].min())

    def _cohort(self, stream: int, from_s: float, statuses: Sequence[int]) -> NDArray[np.bool_]:
        jobs = self.jobs
        return np.asarray((jobs.stream == stream) & (self.submit_s >= from_s) & np.isin(jobs.status, statuses))


def quantiles(seconds: Floats) -> Quantiles:
    """Mean, quantiles (the value that so many do not exceed) and maximum; all None for no values."""
    if len(seconds) == 0:
        return Quantiles()
    p50, p90, p99 = (float(q) for q in np.quantile(seconds, (0.5, 0.9, 0.99), method="inverted_cdf"))
    return Quantiles(mean=float(seconds.mean()), p50=p50, p90=p90, p99=p99, max=float(seconds.max()))


def _merged(
    tables: Sequence[JobTable],
    release_s: Sequence[Floats],
    rates: Floats,
    restart_s: Floats,
    policy: str,
    node_free: Ints,
    horizon_s: float,
) -> tuple[Floats, at.Jobs]:
    """When each job is submitted, and the arrays of the gang kernel, which knows only when it may start.

    Jobs of all streams that are submitted before the horizon, in order of release.
    """
    submit_s, may_start_s = (np.concatenate(parts) for parts in ([table.submit_s for table in tables], release_s))
    order = np.argsort(may_start_s, kind="stable")
    order = order[submit_s[order] < horizon_s]
    stream = np.repeat(np.arange(len(tables)), [len(table.submit_s) for table in tables])[order].astype(np.int64)
    estimate_s = np.concatenate([table.estimate_s for table in tables])[order]
    keys = {
        "sjf": estimate_s,
        "srpt": estimate_s.copy(),  # the kernel counts it down
        "ljf": -estimate_s,
        "priority": -np.concatenate([table.priorities for table in tables])[order],
    }
    return submit_s[order], at.new_jobs(
        submit_s=may_start_s[order],
        run_s=np.concatenate([table.run_s for table in tables])[order],
        estimate_s=estimate_s,
        order=keys.get(policy, np.arange(len(order), dtype=np.float64)),
        accelerators=np.concatenate([table.accelerators for table in tables])[order].astype(np.int64),
        stream=stream,
        user=_users(tables)[order],
        node_free=node_free,
        rates=rates,
        restart_s=restart_s,
        policy=POLICIES[policy],
    )


def _users(tables: Sequence[JobTable]) -> Ints:
    """Who each job belongs to, numbered over all streams; users of different streams are different ones."""
    found, first = [], 0
    for table in tables:
        found.append(table.users + first)
        first += int(table.users.max(initial=0)) + 1
    return np.concatenate(found)
