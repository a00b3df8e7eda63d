"""Training jobs on several kinds of accelerators, scheduled in rounds as Gavel does (Narayanan et al., OSDI 2020).

A policy says which share of its time each job should spend on each kind. In every round the jobs whose share is largest
over the rounds they have had come first; what is then still free goes to whoever waits. A gang runs within one server.
A job that ends within a round ends there; its accelerators are free from the next round on. Moving a job costs nothing.

Policies: `fifo` (jobs keep what they start on, nobody passes the head, kinds are alike), `max-min-blind` (equal shares
of time, kinds are alike), `max-min` (the worst-off job, measured against its throughput under an equal split of the
fleet, is as well off as can be).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sim.errors import Problem, TraceError
from sim.study.max_min import max_min_shares
from sim.workload.gavel_rates import gavel_rates
from sim.workload.job_formats import read_jobs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Policy = Literal["fifo", "max-min-blind", "max-min"]

POLICIES: Final[tuple[Policy, ...]] = ("fifo", "max-min-blind", "max-min")
ROUND_S: Final = 360.0  # Gavel's default
PER_SERVER: Final = 4
NOWHERE: Final = -1
FIRST_ROUND: Final = 0.5  # rounds that a job counts as having had on a kind before its first one there
FIGURES: Final = ("mean_completion_s", "makespan_s", "utilisation", "rounds")
SCHEMA: Final = "dcsim.rounds/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Jobs in order of arrival: steps to do, and steps per second on each kind (0: does not fit there)."""

    arrival_s: Floats
    accelerators: Ints
    steps: Floats
    rates: Floats  # (jobs, kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the jobs fared."""

    end_s: Floats
    mean_completion_s: float  # from arrival to end
    makespan_s: float  # first arrival to last end
    utilisation: float  # of all accelerators until the last end
    rounds: int


def run_rounds(
    batch: Batch, fleet: Mapping[str, int], policy: Policy, round_s: float = ROUND_S, per_server: int = PER_SERVER
) -> Outcome:
    """Runs all jobs to their end; `fleet` counts the accelerators of each kind, in the order of the rates.

    Raises ValueError for a job that no server can run.
    """
    sizes = np.array(list(fleet.values()), np.int64)
    able = (batch.rates > 0.0) & (batch.accelerators[:, None] <= np.minimum(sizes, per_server)[None, :])
    if not able.any(axis=1).all():
        raise ValueError(f"job {int(np.argmin(able.any(axis=1)))} fits on no server of the fleet")
    board = _Board(batch, able, sizes, per_server, policy)
    left, end_s = batch.steps.copy(), np.full(len(batch.steps), np.nan)
    held_s, number = 0.0, int(batch.arrival_s[0] // round_s)
    first = number
    while np.isnan(end_s).any():
        now = number * round_s
        active = np.flatnonzero((batch.arrival_s <= now) & np.isnan(end_s))
        for job, kind in board.placed(active).items():
            needed_s = left[job] / batch.rates[job, kind]
            if needed_s <= round_s:
                end_s[job] = now + needed_s
            left[job] -= batch.rates[job, kind] * min(needed_s, round_s)
            held_s += float(batch.accelerators[job]) * min(needed_s, round_s)
        number += 1
    makespan_s = float(end_s.max() - batch.arrival_s[0])
    return Outcome(
        end_s=end_s,
        mean_completion_s=float((end_s - batch.arrival_s).mean()),
        makespan_s=makespan_s,
        utilisation=held_s / (float(sizes.sum()) * makespan_s),
        rounds=number - first,
    )


def schedule_trace(
    path: Path,
    fleet: Mapping[str, int],
    policies: Sequence[Policy] = POLICIES,
    round_s: float = ROUND_S,
    per_server: int = PER_SERVER,
) -> dict[str, object]:
    """The object `dcsim.rounds/1`: how the jobs of a Gavel trace fare on a fleet under each policy.

    TraceError for a trace of another kind, for accelerators without measured throughputs, for a job that fits nowhere.
    """
    log = read_jobs(path)
    batch = Batch(
        arrival_s=log.submit_s,
        accelerators=log.accelerators.astype(np.int64),
        steps=log.further.get("steps", np.zeros(0)),
        rates=gavel_rates(log, tuple(fleet)),
    )
    try:
        outcomes = {policy: run_rounds(batch, fleet, policy, round_s, per_server) for policy in policies}
    except ValueError as fault:
        raise TraceError(Problem(str(fault), log.file)) from None
    figures = {policy: {name: getattr(found, name) for name in FIGURES} for policy, found in outcomes.items()}
    return {"schema": SCHEMA, "jobs": len(batch.steps), "fleet": dict(fleet), "round_s": round_s, "policies": figures}


class _Board:
    """Who runs where, round by round."""

    def __init__(self, batch: Batch, able: NDArray[np.bool_], sizes: Ints, per_server: int, policy: Policy) -> None:
        self._batch, self._able, self._sizes, self._policy = batch, able, sizes, policy
        self._servers = [[per_server] * int(size // per_server) + [int(size % per_server)] for size in sizes]
        self._received = np.zeros(able.shape)  # rounds of each job on each kind
        self._seen: tuple[int, ...] = ()
        self._shares: Floats = np.zeros((0, len(sizes)))
        self._kept: dict[int, int] = {}  # under fifo, where each job stays

    def placed(self, active: Ints) -> dict[int, int]:
        """Kind that each job runs on in the next round; the others wait."""
        free = [list(servers) for servers in self._servers]
        found = self._in_order(active, free) if self._policy == "fifo" else self._by_shares(active, free)
        for job, kind in found.items():
            self._received[job, kind] += 1.0
        return found

    def _in_order(self, active: Ints, free: list[list[int]]) -> dict[int, int]:
        """Those that run stay; the others start in order of arrival, on the kind with most free accelerators."""
        self._kept = {job: kind for job, kind in self._kept.items() if job in set(active.tolist())}
        for job, kind in sorted(self._kept.items(), key=lambda entry: -int(self._batch.accelerators[entry[0]])):
            self._seat(job, kind, free)
        for job in active.tolist():
            if job not in self._kept:
                kind = next((kind for kind in self._roomiest(job, free) if self._seat(job, kind, free)), NOWHERE)
                if kind == NOWHERE:
                    break
                self._kept[job] = kind
        return dict(self._kept)

    def _by_shares(self, active: Ints, free: list[list[int]]) -> dict[int, int]:
        """Whoever lags most behind the share of a kind gets it; the rest is filled up."""
        if tuple(active) != self._seen:
            rates = self._batch.rates[active] if self._policy == "max-min" else np.ones((active.size, len(free)))
            rates = np.where(self._able[active], rates, 0.0)
            self._shares = max_min_shares(rates, self._batch.accelerators[active], self._sizes)
            self._seen = tuple(active)
        lag = self._shares / np.maximum(self._received[active], FIRST_ROUND)
        found: dict[int, int] = {}
        for flat in np.argsort(-lag, axis=None, kind="stable").tolist():
            row, kind = divmod(flat, len(free))
            job = int(active[row])
            if self._shares[row, kind] > 0.0 and job not in found and self._seat(job, kind, free):
                found[job] = kind
        for job in active.tolist():
            if job not in found:
                kind = next((kind for kind in self._roomiest(job, free) if self._seat(job, kind, free)), NOWHERE)
                if kind != NOWHERE:
                    found[job] = kind
        return found

    def _roomiest(self, job: int, free: list[list[int]]) -> list[int]:
        """Kinds that can run a job, the one with most free accelerators first."""
        return sorted(np.flatnonzero(self._able[job]).tolist(), key=lambda kind: -sum(free[kind]))

    def _seat(self, job: int, kind: int, free: list[list[int]]) -> bool:
        """Takes a job's accelerators in the fullest server of a kind that has room; whether there was one."""
        wanted = int(self._batch.accelerators[job])
        servers = [number for number, room in enumerate(free[kind]) if room >= wanted]
        if servers:
            free[kind][min(servers, key=lambda number: free[kind][number])] -= wanted
        return bool(servers)
