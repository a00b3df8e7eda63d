"""The state of a run and its one entrance: `World.advance` brings serving, jobs, power and heat up to an instant.

Processes look at the world and act on it through its methods; nothing else changes it. All that is summed grows over
the whole run; `mark` remembers where the sums stood at the end of the warm-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.engine.fixed_time_service import FixedTimeService
from sim.engine.nodes import Nodes, NodeUse
from sim.engine.pool_jobs import PoolJobs
from sim.engine.replicas import NOWHERE, STARTING
from sim.engine.token_service import TokenService
from sim.engine.variant_use import VariantUse
from sim.errors import InvariantError
from sim.facility import Facility, Weather
from sim.kernels.serving_layout import DRAINING, OFF, ON
from sim.protocols import FacilityResponse, ServiceView, Signal
from sim.strategies.plan import Plan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ServiceRun = TokenService | FixedTimeService


@dataclass(slots=True)
class PoolRun:
    """One pool with all that lives on it."""

    nodes: Nodes
    services: list[ServiceRun]
    jobs: PoolJobs | None
    energy_seen_j: dict[str, Floats] = field(default_factory=dict)  # per service, each replica's joules so far
    busy_seen_s: dict[str, Floats] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """What an autoscaler saw at its last instant."""

    time_s: float = 0.0
    arrived: int = 0
    busy_s: float = 0.0


class World:
    """All pools, services and jobs of one run at site conditions; `now` is the instant everything is up to."""

    def __init__(
        self,
        plan: Plan,
        pools: Mapping[str, PoolRun],
        facility: Facility,
        plant_now: FacilityResponse,
        weather: Weather,
        price: Signal,
        carbon: Signal,
    ) -> None:
        """`plant_now` is what the facility does until it first looks at the IT power."""
        scenario = plan.scenario
        self.plan, self.pools, self.facility, self.weather = plan, pools, facility, weather
        self.plant_now = plant_now
        self.price, self.carbon = price, carbon
        self.horizon_s, self.warmup_s = scenario.horizon_s, scenario.warmup_s
        self.services = {run.name: run for pool in pools.values() for run in pool.services}
        self.pool_of = {run.name: pool for pool in pools.values() for run in pool.services}
        self.now = 0.0
        self._plant_from_s = 0.0
        self._plant_from_j = 0.0
        self._seen = {name: Seen() for name in self.services}
        adapting = [name for name, each in plan.deployments.items() if each.adaptation is not None]
        self.uses = {name: VariantUse(measured=scenario.warmup_s == 0.0) for name in adapting}

    # --- the one entrance ---

    def advance(self, now: float) -> None:
        """Brings everything up to `now`; does nothing where it already is."""
        seconds = now - self.now
        if seconds <= 0.0:
            return
        for pool in self.pools.values():
            self._advance_pool(pool, now, seconds)
        self.now = now

    def _advance_pool(self, pool: PoolRun, now: float, seconds: float) -> None:
        """Requests and jobs first, then the power and heat that they cause."""
        nodes = pool.nodes
        use = NodeUse.none(len(nodes.free))
        for run in pool.services:
            run.advance(now)
            run.replicas.count_time(now)
            each, held, on = run.replicas.accelerators_each, run.replicas.state != OFF, run.replicas.drawing
            at = run.replicas.node[on]
            np.add.at(use.held_s, run.replicas.node[held], seconds * each)
            np.add.at(use.busy_s, at, (run.busy_s - pool.busy_seen_s[run.name])[on] * each)
            np.add.at(use.drawn_s, at, seconds * each)
            np.add.at(use.drawn_j, at, (run.energy_j - pool.energy_seen_j[run.name])[on])
            pool.energy_seen_j[run.name] = run.energy_j.copy()
            pool.busy_seen_s[run.name] = run.busy_s.copy()
        if pool.jobs is not None:
            pool.jobs.advance(now)
            joules, held_s = pool.jobs.take_node_energy()
            use.held_s += held_s
            use.busy_s += held_s
            use.drawn_s += held_s
            use.drawn_j += joules
        nodes.settle(seconds, self.plant_now.supply_c, use)

    # --- look ---

    @property
    def it_j(self) -> float:
        """IT energy so far [J]."""
        return sum(pool.nodes.it_j for pool in self.pools.values())

    def view(self, service: str, start_s: float) -> ServiceView:
        """What the autoscaler of a service may see, since it looked last; a replica takes `start_s` to start."""
        run, seen = self.services[service], self._seen[service]
        seconds = max(self.now - seen.time_s, 1e-9)
        active = len(run.replicas.in_state(ON))
        busy_s = float(run.busy_s.sum())
        view = ServiceView(
            time_s=self.now,
            active=active,
            starting=len(run.replicas.in_state(STARTING)),
            running=run.running,
            waiting=run.waiting,
            busy_share=min((busy_s - seen.busy_s) / (seconds * max(active, 1)), 1.0),
            arrivals_per_s=(run.seen - seen.arrived) / seconds,
            batch_max=run.batch_within_promise,
            replicas_min=self.plan.deployments[service].service.replicas_min,
            replicas_max=self.plan.deployments[service].service.replicas_max,
            start_s=start_s + self.pool_of[service].nodes.rest.wake_s,
        )
        self._seen[service] = Seen(self.now, run.seen, busy_s)
        return view

    @staticmethod
    def _replica_levels(run: ServiceRun, nodes: Nodes) -> Ints:
        """Clock level of each replica: that of its node, the highest where it stands nowhere."""
        node = run.replicas.node
        return np.where(node == NOWHERE, nodes.top_level, nodes.level[node]).astype(np.int64)

    # --- act ---

    def set_levels(self, pool: str, levels: Ints) -> None:
        """Clock level of each node of a pool, and so of everything that runs on it."""
        run = self.pools[pool]
        run.nodes.level[:] = levels
        for service in run.services:
            service.set_levels(self._replica_levels(service, run.nodes), self.now)
        if run.jobs is not None:
            run.jobs.set_levels(levels, self.now)

    def set_ceiling(self, pool: str, ceiling: int) -> None:
        """Highest clock level of a pool's nodes; those that heat does not hold lower follow at once."""
        nodes = self.pools[pool].nodes
        levels = np.where(nodes.level >= nodes.ceiling, ceiling, np.minimum(nodes.level, ceiling))
        nodes.ceiling = ceiling
        self.set_levels(pool, levels)

    def shut_down(self, pool: str, nodes: Ints) -> None:
        """Nodes go off at once: their replicas lose what they hold and must start again, others take their requests."""
        run = self.pools[pool]
        room = int(run.nodes.free.sum())
        for service in run.services:
            replicas = service.replicas
            lost = np.flatnonzero(replicas.drawing & np.isin(replicas.node, nodes)).astype(np.int64)
            replicas.count_time(self.now)
            replicas.state[lost] = STARTING
            service.apply_states(self.now)
            service.evict(lost, self.now)
        run.nodes.shut_down(nodes)
        if run.jobs is not None:
            run.jobs.room_changed(int(run.nodes.free.sum()) - room)

    def start_up(self, pool: str, nodes: Ints) -> list[tuple[str, int]]:
        """Nodes that have cooled down are there again; the replicas on them, by service, have yet to start."""
        run = self.pools[pool]
        room = int(run.nodes.free.sum())
        run.nodes.start_up(nodes)
        if run.jobs is not None:
            run.jobs.room_changed(int(run.nodes.free.sum()) - room)
        return [
            (service.name, int(replica))
            for service in run.services
            for replica in service.replicas.in_state(STARTING)
            if service.replicas.node[replica] in nodes
        ]

    def run_plant(self) -> None:
        """Lets the plant answer to the mean IT power since it last did; its supply holds from now on."""
        seconds = self.now - self._plant_from_s
        it_w = (self.it_j - self._plant_from_j) / seconds
        self._plant_from_s, self._plant_from_j = self.now, self.it_j
        self.plant_now = self.facility.respond(it_w, self.weather.air(self.now - 0.5 * seconds))

    def hold_replica(self, service: str) -> int | None:
        """Takes accelerators for one more replica, which then starts; None where the pool has no room."""
        run, pool = self.services[service], self.pool_of[service]
        each = run.replicas.accelerators_each
        spare = run.replicas.in_state(OFF)
        node = pool.nodes.hold(each, self.now) if len(spare) else NOWHERE
        if node == NOWHERE:
            return None
        replica = int(spare[0])
        run.replicas.count_time(self.now)
        run.replicas.state[replica] = STARTING
        run.replicas.node[replica] = node
        if pool.jobs is not None and not pool.nodes.rest.away[node]:
            pool.jobs.room_changed(-each)
        return replica

    def awake_s(self, service: str, replica: int) -> float:
        """When the node of a replica is, or was, awake."""
        return float(self.pool_of[service].nodes.rest.ready_s[self.services[service].replicas.node[replica]])

    def rest_nodes(self, pool: str) -> None:
        """Nodes that have woken are taken back; those that a job needs are woken, or else empty ones go to sleep."""
        run = self.pools[pool]
        nodes, jobs, rest = run.nodes, run.jobs, run.nodes.rest
        room = int(nodes.free.sum())
        rest.wake_up(nodes.free, self.now)
        if jobs is not None and jobs.next_needs:
            rest.wake_for(jobs.next_needs - int(nodes.free.sum()), self.now)
        else:
            rest.fall_asleep(nodes.free, nodes.plan.pool.node.accelerators, self.now)
        if jobs is not None:
            jobs.room_changed(int(nodes.free.sum()) - room)

    def switch_on(self, service: str, replica: int) -> None:
        """A started replica takes requests from now on, at the clock of its node."""
        run, nodes = self.services[service], self.pool_of[service].nodes
        if run.replicas.state[replica] != STARTING or nodes.off[run.replicas.node[replica]]:
            return  # its node shut down meanwhile
        run.replicas.state[replica] = ON
        run.begin_waiting(replica, self.now)
        run.apply_states(self.now)
        run.resume(replica, self.now)
        run.set_levels(self._replica_levels(run, nodes), self.now)

    def keep(self, service: str, count: int) -> int:
        """Lets up to `count` draining replicas take requests again; how many those were."""
        run = self.services[service]
        draining = run.replicas.in_state(DRAINING)[: max(count, 0)]
        if len(draining):
            run.replicas.state[draining] = ON
            run.apply_states(self.now)
        return len(draining)

    def drain(self, service: str, count: int) -> None:
        """The emptiest replicas take no more requests; those without any are off at once.

        Where the pool is packed, those of the node with the most room go first.
        """
        run, nodes = self.services[service], self.pool_of[service].nodes
        on = run.replicas.in_state(ON)
        room = nodes.free[run.replicas.node[on]] if nodes.plan.placement == "pack" else np.zeros(len(on))
        emptiest = on[np.lexsort((-on, run.outstanding[on], -room))][:count]
        run.replicas.state[emptiest] = DRAINING
        self.release_drained(service)

    def release_drained(self, service: str) -> None:
        """Gives back the accelerators of draining replicas that have finished their requests."""
        run, pool = self.services[service], self.pool_of[service]
        draining = run.replicas.in_state(DRAINING)
        if len(draining) == 0:
            return
        done = draining[run.outstanding[draining] == 0]
        run.replicas.count_time(self.now)
        for replica in done:
            node = int(run.replicas.node[replica])
            pool.nodes.give_back(node, run.replicas.accelerators_each)
            if pool.jobs is not None and not pool.nodes.rest.away[node]:
                pool.jobs.room_changed(run.replicas.accelerators_each)
        run.replicas.state[done] = OFF
        run.replicas.node[done] = NOWHERE
        run.apply_states(self.now)

    def check(self) -> None:
        """Raises InvariantError where accelerators were lost or an inner law is broken."""
        for name, pool in self.pools.items():
            held = sum(
                int(np.count_nonzero(run.replicas.state != OFF)) * run.replicas.accelerators_each
                for run in pool.services
            )
            if pool.jobs is not None:
                held += int(pool.jobs.jobs.node_held.sum())
            if held + pool.nodes.unheld != pool.nodes.accelerators or pool.nodes.free.min() < 0:
                raise InvariantError(f"pool '{name}': accelerators held and free do not add up")
            for run in pool.services:
                run.check()
