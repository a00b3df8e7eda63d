"""One service whose requests take a given time each, as it runs; the same surface as `TokenService`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.latencies import Latencies
from sim.engine.replicas import Replicas
from sim.errors import InvariantError
from sim.kernels import fixed_time, tally
from sim.kernels import serving_layout as at
from sim.kernels.tournament import new_tree, rebuild
from sim.workload import RequestChunk, Traffic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class FixedTimeService:
    """First come, first served on replicas that take one request at a time, whatever their clock."""

    batch_within_promise = 1
    preemptions = 0

    def __init__(
        self,
        name: str,
        power: Floats,
        linger_s: float,
        replicas: Replicas,
        router: int,
        traffic: Traffic,
        latencies: Latencies,
    ) -> None:
        """`power` f8[levels, 4]: watts of a replica at work, at its active floor, idle, and at work at its best clock.

        Out of work it stays at its floor for `linger_s`.
        """
        self.name, self.replicas, self.router, self.latencies = name, replicas, router, latencies
        self.arrived = 0
        self._power = power
        self._linger_s = linger_s
        self._traffic = traffic
        most = len(replicas.state)
        self._times = np.zeros((most, fixed_time.TIMES))
        self._free_s = np.full(most, np.inf)
        self._tree = new_tree(most)
        self._levels = np.full(most, len(power) - 1, np.int64)
        self._active = np.zeros(0, np.int64)
        self._turn = 0
        self._counted_to_s = 0.0
        self._counted_s = np.zeros((most, 2))  # of BUSY_S and FLOOR_S, what is in the joules already
        self.energy_j, self.wait_j, self.best_j = np.zeros(most), np.zeros(most), np.zeros(most)
        self._open = np.zeros((0, 3))  # requests in the system: arrival, start, finish
        self._open_at = np.zeros(0, np.int64)
        self.seen = 0
        self.outputs = 0
        self._chunk: RequestChunk | None = traffic.next_chunk()
        self._next = 0

    # --- the way forward ---

    def advance(self, now: float) -> None:
        """Brings requests and joules up to `now`."""
        while self._chunk is not None:
            arrival_s = self._chunk.arrival_s
            stop = int(np.searchsorted(arrival_s, now, side="right"))
            if stop > self._next:
                self._assign(self._chunk, stop)
            if stop < len(arrival_s):
                break
            self._chunk, self._next = self._traffic.next_chunk(), 0
        self._count_energy(now)
        self._end_requests(now)

    def _assign(self, chunk: RequestChunk, stop: int) -> None:
        """Gives the arrivals up to row `stop` of the chunk to replicas."""
        rows = stop - self._next
        start_s, finish_s, replica = np.empty(rows), np.empty(rows), np.empty(rows, np.int64)
        self._turn = fixed_time.assign(
            self.router, rows, self._next, chunk.arrival_s, chunk.service_s, self._active, self._turn,
            self._linger_s, self._times, self._free_s, self._tree, start_s, finish_s, replica,
        )  # fmt: skip
        arrival_s = chunk.arrival_s[self._next : stop]
        self._open = np.concatenate((self._open, np.column_stack((arrival_s, start_s, finish_s))))
        self._open_at = np.concatenate((self._open_at, replica))
        self.arrived += int(np.count_nonzero(arrival_s >= self.latencies.from_s))
        self.seen += rows
        self._next = stop

    def _count_energy(self, now: float) -> None:
        """Adds what the replicas drew since the last time: at work, then at the floor for a while, then idle."""
        fixed_time.credit_all(self._times, now, self._linger_s)
        kept_s = self._times[:, (fixed_time.BUSY_S, fixed_time.FLOOR_S)]
        busy_s, floor_s = (kept_s - self._counted_s).T
        self._counted_s = kept_s
        seconds, self._counted_to_s = now - self._counted_to_s, now
        work_w, floor_w, idle_w, best_w = self._power[self._levels].T
        idle_s = np.maximum(seconds - busy_s - floor_s, 0.0)
        wait_j = (floor_w * floor_s + idle_w * idle_s) * self.replicas.drawing
        self.wait_j += wait_j
        self.energy_j += wait_j + work_w * busy_s
        self.best_j += best_w * busy_s

    def _end_requests(self, now: float) -> None:
        """Folds away the requests that have ended."""
        ended = self._open[:, 2] <= now
        rows = int(np.count_nonzero(ended))
        if rows == 0:
            return
        times = np.ascontiguousarray(self._open[ended][:, (0, 2, 2)])
        self.latencies.add(times, np.zeros((rows, at.LOG_COUNTS), np.int64), rows)
        self.outputs += rows
        self._open, self._open_at = self._open[~ended], self._open_at[~ended]

    def fold_log(self) -> None:
        """Nothing is kept back: requests are folded as they end."""

    # --- what the control plane may do ---

    def apply_states(self) -> None:
        """Takes over the states of the replicas; those that are on get requests from now on."""
        self._active = self.replicas.in_state(at.ON)
        self._free_s[:] = np.where(self.replicas.state == at.ON, self._times[:, fixed_time.FREE_S], np.inf)
        rebuild(self._tree, self._free_s)

    def begin_waiting(self, replica: int, now: float) -> None:
        """A replica has just come up and waits for work at the active floor."""
        self._times[replica, (fixed_time.FREE_S, fixed_time.CREDITED_S)] = now

    def set_levels(self, levels: Ints, now: float) -> None:
        """Clock level of each replica; it changes what they draw, not how long a request takes."""
        self._levels[:] = levels

    # --- what may be looked at ---

    @property
    def busy_s(self) -> Floats:
        """Total seconds of each replica at work."""
        return self._times[:, fixed_time.BUSY_S]

    @property
    def batch_s(self) -> float:
        """Total of requests at work times seconds: one at a time."""
        return float(self.busy_s.sum())

    @property
    def iterations(self) -> int:
        """One per request that has ended."""
        return self.outputs

    @property
    def running(self) -> int:
        """Requests at work."""
        return int(np.count_nonzero(self._open[:, 1] <= self._counted_to_s))

    @property
    def waiting(self) -> int:
        """Requests in the queues."""
        return len(self._open) - self.running

    @property
    def outstanding(self) -> Ints:
        """Requests waiting or running at each replica."""
        return np.bincount(self._open_at, minlength=len(self.replicas.state)).astype(np.int64)

    def in_flight(self, now: float) -> tuple[int, int]:
        """Requests of the cohort in the system at `now`, and how many of them are past a promise already."""
        mine = self._open[self._open[:, 0] >= self.latencies.from_s]
        age_s = now - mine[:, 0]
        return len(mine), self.latencies.late(age_s, age_s, np.zeros(len(mine)))

    def check(self) -> None:
        """Raises InvariantError where a replica has been busy longer than time has passed."""
        if np.any(self.busy_s > self._counted_to_s * (1.0 + 1e-12) + 1e-9):
            raise InvariantError(f"service '{self.name}': a replica was busy longer than the run")
        if self.latencies.count(tally.REJECTED):
            raise InvariantError(f"service '{self.name}': a fixed-time service rejects nothing")
