"""One language-model service as it runs: its tables, its traffic, and the serving kernel that moves them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.inflow import Coming, Inflow
from sim.engine.latencies import Latencies
from sim.engine.replicas import Replicas
from sim.errors import InvariantError, ScenarioError
from sim.kernels import eviction, serving
from sim.kernels import serving_layout as at
from sim.kernels.fleet import free_slots, new_fleet
from sim.kernels.prefixes import Prefixes, forget

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NO_GROUPS = np.zeros(0, np.int32)
NOBODY = np.zeros(1, np.int64)  # stands for the replicas that take requests while none does, and none is given any


class TokenService:
    """Continuous batching on replicas; everything is up to the instant of the last `advance`."""

    def __init__(
        self,
        name: str,
        rates: at.Rates,
        batch_within_promise: int,
        replicas: Replicas,
        dispatch: at.Dispatch,
        prefixes: Prefixes,
        inflow: Inflow,
        latencies: Latencies,
        forms: int = 1,
    ) -> None:
        """`rates` may hold several forms of the model as blocks of clock levels; the first serves at the begin."""
        self.name, self.rates, self.replicas, self.dispatch = name, rates, replicas, dispatch
        self.latencies = latencies
        self.batch_within_promise = batch_within_promise
        self._prefixes = prefixes
        self._inflow = inflow
        self._active = NOBODY
        self._now = 0.0
        self._fleet = new_fleet(len(replicas.state), rates.batch_max)
        self._arrivals = self._taken(inflow.coming)
        self._levels_each, self._forms = len(rates.prefill) // forms, np.zeros(len(replicas.state), np.int64)
        self.set_levels(np.full(len(replicas.state), self._levels_each - 1, np.int64), 0.0)

    # --- the way forward ---

    def advance(self, now: float) -> None:
        """Brings requests, tokens and joules up to `now`."""
        self._now = now
        active = self._active if len(self._active) else NOBODY
        while True:
            reason = serving.advance(
                self.rates, self._fleet, self.dispatch, self._prefixes, self._arrivals, active, now
            )
            if reason == at.REACHED:
                return
            if reason == at.ARRIVALS_USED_UP:
                self._arrivals = self._taken(self._inflow.following())
            elif reason == at.LOG_FULL:
                self._make_log_room()
            else:
                self._make_slots()

    def _taken(self, coming: Coming) -> at.Arrivals:
        """A chunk as the kernel reads it, from its first row on."""
        self._fleet.cursors[at.NEXT_ARRIVAL] = 0
        rows = coming.chunk
        group = NO_GROUPS if rows.prefix_group is None else rows.prefix_group
        if self._prefixes.groups and len(group) < len(rows.arrival_s):
            raise InvariantError(f"service '{self.name}': requests without the group of their prompts")
        return at.Arrivals(rows.arrival_s, coming.reach_s, rows.input_tokens, rows.output_tokens, group, coming.last)

    def _make_log_room(self) -> None:
        """Folds the log away; where it was empty already, it is too short for one step and grows."""
        fleet = self._fleet
        if fleet.cursors[at.LOGGED] == 0:
            rows = 2 * len(fleet.log_times)
            self._fleet = fleet._replace(
                log_times=np.zeros((rows, at.LOG_TIMES)), log_counts=np.zeros((rows, at.LOG_COUNTS), np.int64)
            )
        self.fold_log()

    def fold_log(self) -> None:
        """Takes the rows of the log into the statistics."""
        fleet = self._fleet
        self.latencies.add(fleet.log_times, fleet.log_counts, int(fleet.cursors[at.LOGGED]))
        fleet.cursors[at.LOGGED] = 0

    def _make_slots(self) -> None:
        """Doubles the slots for requests in the system."""
        fleet, had = self._fleet, len(self._fleet.slot_times)
        if 2 * had > at.SLOTS_MAX:
            raise ScenarioError(
                f"service '{self.name}' has more than {had:,} requests in the system: it is overloaded without bound; "
                "add replicas or lower the rate"
            )
        times, counts = np.zeros((2 * had, at.SLOT_TIMES)), free_slots(had, 2 * had, int(fleet.cursors[at.FREE_SLOT]))
        times[:had], counts[:had] = fleet.slot_times, fleet.slot_counts
        fleet.cursors[at.FREE_SLOT] = had
        self._fleet = fleet._replace(slot_times=times, slot_counts=counts)

    # --- what the control plane may do ---

    def apply_states(self, now: float) -> None:
        """Takes over the states of the replicas; those that are on get requests from now on."""
        state = self.replicas.state
        self._fleet.counts[:, at.STATE] = np.where(self.replicas.drawing, state, at.OFF)
        self._active = self.replicas.in_state(at.ON)
        serving.refresh_all(self._fleet, self.dispatch)
        self._inflow.let_in(len(self._active) > 0, now)
        self._arrivals = self._arrivals._replace(reach_s=self._inflow.coming.reach_s)

    def evict(self, replicas: Ints, now: float) -> None:
        """These replicas, which are off already, lose all they hold; others take their requests, if any is on."""
        fleet = self._fleet
        for replica in replicas:
            eviction.evict(self.rates, fleet, int(replica), now)
        forgets = self._prefixes.groups > 0
        for replica in replicas if len(self._active) else ():
            while fleet.counts[replica, at.HEAD] != at.NONE:
                least = int(self._active[np.argmin(self.outstanding[self._active])])
                eviction.hand_over(self.rates, fleet, int(replica), least, now, forgets)
        serving.refresh_all(fleet, self.dispatch)

    def resume(self, replica: int, now: float) -> None:
        """A replica that is on again takes up the requests that nobody else could take."""
        eviction.begin(self.rates, self._fleet, replica, now)
        serving.refresh_all(self._fleet, self.dispatch)

    def begin_waiting(self, replica: int, now: float) -> None:
        """A replica has just come up: it holds no prefix, and waits for work at the active floor."""
        forget(self._prefixes, replica)
        self._fleet.clocks[replica, at.WAIT_SINCE_S] = now

    def set_levels(self, levels: Ints, now: float) -> None:
        """Clock level of each replica, from its next iteration on."""
        self._levels = levels
        serving.set_levels(self.rates, self._fleet, self.dispatch, levels + self._forms * self._levels_each, now)

    def take_form(self, form: int, replicas: Ints, now: float) -> None:
        """Another form of the model serves at these replicas, from the next iteration of each on."""
        self._forms[replicas] = form
        self.set_levels(self._levels, now)

    # --- what may be looked at ---

    @property
    def energy_j(self) -> Floats:
        """Total joules of each replica."""
        return self._fleet.clocks[:, at.ENERGY_J]

    @property
    def wait_j(self) -> Floats:
        """Of `energy_j`, what was drawn without work."""
        return self._fleet.clocks[:, at.WAIT_J]

    @property
    def best_j(self) -> Floats:
        """Joules that the same work would have taken at its most efficient clock."""
        return self._fleet.clocks[:, at.BEST_J]

    @property
    def busy_s(self) -> Floats:
        """Total seconds of each replica inside iterations."""
        return self._fleet.clocks[:, at.BUSY_S]

    @property
    def batch_s(self) -> float:
        """Total of sequences times seconds, all replicas."""
        return float(self._fleet.clocks[:, at.BATCH_S].sum())

    @property
    def outputs(self) -> int:
        """Total tokens produced."""
        return int(self._fleet.counts[:, at.TOKENS].sum())

    @property
    def iterations(self) -> int:
        """Total iterations."""
        return int(self._fleet.counts[:, at.ITERATIONS].sum())

    @property
    def running(self) -> int:
        """Sequences that hold memory: in the batches, or with their prompt under way."""
        return int(self._admitted.sum())

    @property
    def _admitted(self) -> Ints:
        counts = self._fleet.counts
        return np.asarray(counts[:, at.RUNNING] + (counts[:, at.PARTIAL] != at.NONE))

    @property
    def preemptions(self) -> int:
        """How often a sequence lost its memory and had to be taken in again."""
        return int(self._fleet.cursors[at.PREEMPTED])

    @property
    def prefix_hits(self) -> int:
        """Requests whose replica held the prefix of their group."""
        return int(self._fleet.cursors[at.PREFIX_HITS])

    @property
    def prefixes_max(self) -> int:
        """Prefixes that each replica has room for."""
        return self._prefixes.capacity

    @property
    def waiting(self) -> int:
        """Requests in the queues, and those that found no replica."""
        return int(self._fleet.counts[:, at.WAITING].sum()) + self._held

    @property
    def _held(self) -> int:
        """Requests that found no replica."""
        return self._inflow.held(int(self._fleet.cursors[at.NEXT_ARRIVAL]), self._now)

    @property
    def outstanding(self) -> Ints:
        """Requests waiting or running at each replica."""
        return np.asarray(self._admitted + self._fleet.counts[:, at.WAITING])

    @property
    def arrived(self) -> int:
        """Requests of the cohort."""
        return self._inflow.arrived

    @property
    def seen(self) -> int:
        """Requests that have come to the replicas, whether they found one or not, in the cohort or not."""
        cursors = self._fleet.cursors
        return int(cursors[at.ARRIVED] + cursors[at.NEXT_ARRIVAL]) + self._held

    def in_flight(self, now: float) -> tuple[int, int]:
        """Requests of the cohort in the system at the horizon, and how many of them are past a promise already."""
        fleet = self._fleet
        mine = (fleet.slot_counts[:, at.SLOT_ID] >= 0) & (
            fleet.slot_times[:, at.SLOT_ARRIVAL_S] >= self.latencies.from_s
        )
        undecided_s = self._inflow.undecided_s(int(fleet.cursors[at.NEXT_ARRIVAL]))
        still = np.full(len(undecided_s), np.inf)
        arrival_s = np.append(fleet.slot_times[mine, at.SLOT_ARRIVAL_S], undecided_s)
        first_s = np.minimum(np.append(fleet.slot_times[mine, at.SLOT_FIRST_S], still), now)
        gaps = np.maximum(np.append(fleet.slot_counts[mine, at.SLOT_OUTPUT] - 1.0, still), 1.0)
        late = self.latencies.late(now - arrival_s, first_s - arrival_s, (now - first_s) / gaps)
        return len(arrival_s), late

    def check(self) -> None:
        """Raises InvariantError where the tables contradict each other."""
        counts, fleet = self._fleet.counts, self._fleet
        if int(self.outstanding.sum()) != int(fleet.cursors[at.ALIVE]):
            raise InvariantError(f"service '{self.name}': requests in queues and batches are not those alive")
        if np.any(counts[self._admitted == 0, at.RESERVED] != 0):
            raise InvariantError(f"service '{self.name}': an empty replica holds KV memory")
