"""The jobs of one stream as a table in order of submission: from a log, or the same training job again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import NodeType
from sim.models.training import train_seconds
from sim.scenario.specs import JobStream, JobTrace, TrainJobs
from sim.workload.gavel_rates import gavel_rates, kind_of
from sim.workload.job_formats import read_jobs
from sim.workload.job_log import JobLog

Floats = NDArray[np.float64]

# A log does not say what its jobs do with an accelerator. assumed: modest training, which every accelerator of the
# catalogue sustains at full clock within its design power, so that a job takes the time that the log says.
LOGGED_U_MEMORY: Final = 0.35
LOGGED_U_COMPUTE: Final = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTable:
    """Jobs in order of submission, as arrays of one length."""

    submit_s: Floats  # since the start of the scenario, below the horizon
    accelerators: NDArray[np.int64]
    run_s: Floats  # at full clock
    estimate_s: Floats  # what a scheduler may know of run_s
    u_memory: float  # achieved bytes/s over peak while running, 0..1
    u_compute: float  # achieved FLOP/s over peak while running, 0..1
    user: NDArray[np.int64] | None = None  # whose job it is, 0..; None: all of one user
    priority: Floats | None = None  # the largest goes first; None: all alike
    random: bool = False  # whether another replication would bring other jobs
    warnings: tuple[str, ...] = ()

    @property
    def users(self) -> NDArray[np.int64]:
        """Whose job each is."""
        return np.zeros(len(self.submit_s), np.int64) if self.user is None else self.user

    @property
    def priorities(self) -> Floats:
        """Priority of each job."""
        return np.zeros(len(self.submit_s)) if self.priority is None else self.priority


def open_jobs(stream: JobStream, node: NodeType, horizon_s: float, seed: int, replication: int) -> JobTable:
    """Jobs of a stream that are submitted within [0, horizon_s) to a pool of such nodes.

    Nothing here is random so far: `seed` and `replication` are what a source of random jobs will draw by.
    Raises TraceError for a log that cannot be used.
    """
    if isinstance(stream.work, TrainJobs):
        return training_jobs(stream.work, node, horizon_s, stream.priority)
    return logged_jobs(stream.work, horizon_s, stream.priority, node)


def logged_jobs(work: JobTrace, horizon_s: float, priority: float = 0.0, node: NodeType | None = None) -> JobTable:
    """The jobs of a log that are submitted before the horizon; the others, and those that cannot run, are counted.

    A job that asks for a share of an accelerator gets a whole one. Time 0 is that of the log, or its first job where
    the log's clock shows dates. Jobs that are so many training steps take as long as on the node's accelerator.
    """
    log = timed(read_jobs(work.path, work.format), node)
    begin_s = log.submit_s[:1].sum() if log.dated else 0.0
    submit_s = log.submit_s - begin_s
    inside = submit_s < horizon_s
    can_run = ~np.isnan(log.run_s) & (log.accelerators > 0.0)
    used = inside & can_run
    return JobTable(
        submit_s=submit_s[used],
        accelerators=np.ceil(log.accelerators[used]).astype(np.int64),
        run_s=log.run_s[used],
        estimate_s=log.estimate_s[used],
        u_memory=LOGGED_U_MEMORY,
        u_compute=LOGGED_U_COMPUTE,
        user=np.unique(log.user[used], return_inverse=True)[1].astype(np.int64),
        priority=np.where(np.isnan(log.priority[used]), priority, log.priority[used]),
        warnings=(*log.warnings(), *log_warnings(log, inside, can_run)),
    )


def timed(log: JobLog, node: NodeType | None) -> JobLog:
    """The same log with the run times of its training steps; any other log as it is."""
    if log.models is None or node is None:
        return log
    rates = gavel_rates(log, (kind_of(node.accelerator.name),))[:, 0]
    with np.errstate(divide="ignore"):
        run_s = np.where(rates > 0.0, log.further["steps"] / rates, np.nan)
    return replace(log, run_s=run_s, estimate_s=run_s)


def log_warnings(log: JobLog, inside: NDArray[np.bool_], can_run: NDArray[np.bool_]) -> list[str]:
    """What of a log is left out or changed, and what is assumed about its jobs."""
    shares = used_shares(log, inside & can_run)
    counts = {
        "are submitted at or after the horizon": ~inside,
        "have no known run time (not ended, or unable to run here) and are left out": inside & np.isnan(log.run_s),
        "ask for no accelerator and are left out": inside & ~np.isnan(log.run_s) & (log.accelerators == 0.0),
        f"ask for a share of an accelerator and get a whole one ({shares})": inside
        & can_run
        & (log.accelerators != np.ceil(log.accelerators)),
    }
    texts = [f"{marked.sum():,} of {log.rows:,} jobs {text}" for text, marked in counts.items() if marked.any()]
    if not inside.any():
        texts.append("no job is submitted within the horizon")
    texts.append(
        f"its jobs are assumed to reach {LOGGED_U_MEMORY:.0%} of memory bandwidth and {LOGGED_U_COMPUTE:.0%} of peak "
        "FLOP/s, which sets their power"
    )
    return [f"{log.file}: {text}" for text in texts]


def used_shares(log: JobLog, used: NDArray[np.bool_]) -> str:
    """What whole accelerators instead of shares come to."""
    asked_s = float((log.accelerators * log.run_s)[used].sum())
    given_s = float((np.ceil(log.accelerators) * log.run_s)[used].sum())
    return f"{given_s / asked_s - 1.0:+.1%} of accelerator-seconds" if asked_s else "no run time"


def training_jobs(work: TrainJobs, node: NodeType, horizon_s: float, priority: float = 0.0) -> JobTable:
    """The same training job every `every_s` seconds from time 0, or once."""
    run_s, u_memory, u_compute = train_seconds(work.model, work.tokens, work.precision, work.accelerators, node)
    count = 1 if work.every_s is None else math.ceil(horizon_s / work.every_s)
    return JobTable(
        submit_s=np.arange(count, dtype=np.float64) * (work.every_s or 0.0),
        accelerators=np.full(count, work.accelerators, np.int64),
        run_s=np.full(count, run_s),
        estimate_s=np.full(count, run_s),
        priority=np.full(count, priority),
        u_memory=u_memory,
        u_compute=u_compute,
    )
