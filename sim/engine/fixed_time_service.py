"""One service whose requests take a given time each, as it runs; the same surface as `TokenService`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.inflow import Coming, Inflow
from sim.engine.latencies import Latencies
from sim.engine.replicas import Replicas
from sim.errors import InvariantError
from sim.kernels import fixed_time
from sim.kernels import serving_layout as at
from sim.kernels.tournament import rebuild

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class FixedTimeService:
    """First come, first served on replicas that take one request at a time, whatever their clock."""

    batch_within_promise = 1
    preemptions = 0
    prefix_hits = 0

    def __init__(
        self,
        name: str,
        power: Floats,
        linger_s: float,
        replicas: Replicas,
        dispatch: at.Dispatch,
        inflow: Inflow,
        latencies: Latencies,
    ) -> None:
        """`power` f8[levels, 4]: watts of a replica at work, at its active floor, idle, and at work at its best clock.

        Out of work it stays at its floor for `linger_s`.
        """
        self.name, self.replicas, self.dispatch, self.latencies = name, replicas, dispatch, latencies
        self._power = power
        self._linger_s = linger_s
        self._inflow = inflow
        most = len(replicas.state)
        self._servers = fixed_time.new_servers(most, dispatch)
        self._levels = np.full(most, len(power) - 1, np.int64)
        self._active = np.zeros(0, np.int64)
        self._turn = 0
        self._counted_to_s = 0.0
        self._counted_s = np.zeros((most, 2))  # of BUSY_S and FLOOR_S, what is in the joules already
        self.energy_j, self.wait_j, self.best_j = np.zeros(most), np.zeros(most), np.zeros(most)
        self._open = np.zeros((0, 3))  # requests in the system: arrival, start, finish
        self._open_at = np.zeros(0, np.int64)
        self._given = 0  # requests that reached a replica, or were rejected there
        self.outputs = 0
        self._next = 0  # row of the chunk
        self._lost: list[Floats] = []  # arrival and service time of requests that no replica is on for

    # --- the way forward ---

    def advance(self, now: float) -> None:
        """Brings requests and joules up to `now`."""
        coming = self._inflow.coming
        while True:
            stop = int(np.searchsorted(coming.reach_s, now, side="right"))
            if stop > self._next:
                self._assign(coming, stop)
            if stop < len(coming.reach_s) or coming.last:
                break
            coming, self._next = self._inflow.following(), 0
        self._count_energy(now)
        self._end_requests(now)

    def _assign(self, coming: Coming, stop: int) -> None:
        """Gives the requests up to row `stop` of the chunk to replicas."""
        new, rows = slice(self._next, stop), stop - self._next
        arrival_s, service_s = coming.chunk.arrival_s[new], coming.chunk.service_s[new]
        start_s, finish_s, replica = np.empty(rows), np.empty(rows), np.empty(rows, np.int64)
        self._turn = fixed_time.assign(
            self.dispatch, self._servers, coming.reach_s[new], service_s, self._given, self._active, self._turn,
            self._linger_s, start_s, finish_s, replica,
        )  # fmt: skip
        self._open = np.concatenate((self._open, np.column_stack((arrival_s, start_s, finish_s))))
        self._open_at = np.concatenate((self._open_at, replica))
        self._given += rows
        self._next = stop
        if self.dispatch.queue_max < at.ENDLESS:
            self._reject()

    def _reject(self) -> None:
        """Takes requests that found a full queue into the statistics."""
        rejected = self._open_at == at.NONE
        self._fold(np.ascontiguousarray(self._open[rejected]))
        self._open, self._open_at = self._open[~rejected], self._open_at[~rejected]

    def _fold(self, times: Floats) -> None:
        """Takes the columns of a log into the statistics; a request of fixed time has no tokens."""
        self.latencies.add(times, np.zeros((len(times), at.LOG_COUNTS), np.int64), len(times))

    def _count_energy(self, now: float) -> None:
        """Adds what the replicas drew since the last time: at work, then at the floor for a while, then idle."""
        fixed_time.credit_all(self._servers.times, now, self._linger_s)
        kept_s = self._servers.times[:, (fixed_time.BUSY_S, fixed_time.FLOOR_S)]
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
        self._fold(np.ascontiguousarray(self._open[ended][:, (0, 2, 2)]))
        self.outputs += rows
        self._open, self._open_at = self._open[~ended], self._open_at[~ended]

    def fold_log(self) -> None:
        """Nothing is kept back: requests are folded as they end."""

    # --- what the control plane may do ---

    def apply_states(self, now: float) -> None:
        """Takes over the states of the replicas; those that are on get requests from now on."""
        self._active = self.replicas.in_state(at.ON)
        servers = self._servers
        servers.free_s[:] = np.where(self.replicas.state == at.ON, servers.times[:, fixed_time.FREE_S], np.inf)
        rebuild(servers.tree, servers.free_s)
        self._inflow.let_in(len(self._active) > 0, now)

    def evict(self, replicas: Ints, now: float) -> None:
        """These replicas, which are off already, lose all requests; others begin them anew, or else one that comes."""
        lost = np.isin(self._open_at, replicas)
        for replica in replicas:
            self._servers.times[replica, fixed_time.FREE_S] = min(self._servers.times[replica, fixed_time.FREE_S], now)
            self._servers.starts_s[replica] = -np.inf
        gone = self._open[lost]
        self._lost.append(np.column_stack((gone[:, 0], gone[:, 2] - gone[:, 1])))
        self._open, self._open_at = self._open[~lost], self._open_at[~lost]
        self._give_lost(now)

    def resume(self, replica: int, now: float) -> None:
        """A replica that is on again takes up the requests that nobody else could take."""
        self._give_lost(now)

    def _give_lost(self, now: float) -> None:
        """Requests of replicas that stopped go to those that are on."""
        arrival_s, service_s = np.concatenate(self._lost).T if self._lost else np.zeros((2, 0))
        if len(arrival_s) == 0 or len(self._active) == 0:
            return
        start_s, finish_s, replica = np.empty(len(arrival_s)), np.empty(len(arrival_s)), np.empty(len(arrival_s), int)
        self._turn = fixed_time.assign(
            self.dispatch, self._servers, np.full(len(arrival_s), now), np.ascontiguousarray(service_s), self._given,
            self._active, self._turn, self._linger_s, start_s, finish_s, replica,
        )  # fmt: skip
        self._open = np.concatenate((self._open, np.column_stack((arrival_s, start_s, finish_s))))
        self._open_at = np.concatenate((self._open_at, replica))
        self._lost = []
        self._reject()

    def begin_waiting(self, replica: int, now: float) -> None:
        """A replica has just come up and waits for work at the active floor."""
        self._servers.times[replica, (fixed_time.FREE_S, fixed_time.CREDITED_S)] = now

    def set_levels(self, levels: Ints, now: float) -> None:
        """Clock level of each replica; it changes what they draw, not how long a request takes."""
        self._levels[:] = levels

    # --- what may be looked at ---

    @property
    def busy_s(self) -> Floats:
        """Total seconds of each replica at work."""
        return self._servers.times[:, fixed_time.BUSY_S]

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
        """Requests in the queues, and those that found no replica."""
        return len(self._open) - self.running + self._held + sum(map(len, self._lost))

    @property
    def _held(self) -> int:
        """Requests that found no replica."""
        return self._inflow.held(self._next, self._counted_to_s)

    @property
    def seen(self) -> int:
        """Requests that have come to the replicas, whether they found one or not, in the cohort or not."""
        return self._given + self._held

    @property
    def outstanding(self) -> Ints:
        """Requests waiting or running at each replica."""
        return np.bincount(self._open_at, minlength=len(self.replicas.state)).astype(np.int64)

    @property
    def arrived(self) -> int:
        """Requests of the cohort."""
        return self._inflow.arrived

    def in_flight(self, now: float) -> tuple[int, int]:
        """Requests of the cohort in the system at the horizon, and how many of them are past a promise already."""
        here_s = np.concatenate((self._open[:, 0], *(each[:, 0] for each in self._lost)))
        mine = here_s[here_s >= self.latencies.from_s]
        age_s = now - np.append(mine, self._inflow.undecided_s(self._next))
        return len(age_s), self.latencies.late(age_s, age_s, np.zeros(len(age_s)))

    def check(self) -> None:
        """Raises InvariantError where a replica has been busy longer than time has passed."""
        if np.any(self.busy_s > self._counted_to_s * (1.0 + 1e-12) + 1e-9):
            raise InvariantError(f"service '{self.name}': a replica was busy longer than the run")
