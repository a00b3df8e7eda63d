"""The rows of the meter, written one interval at a time, and the marks of the sums at the end of the warm-up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.engine.store_energy import Storage
from sim.engine.sums import Sums, sums_of
from sim.engine.world import World
from sim.kernels import gang_layout as gang
from sim.kernels.serving_layout import ON
from sim.record.ledger import Meter

Floats = NDArray[np.float64]
SITE = (
    "start_s", "stop_s", "it_w", "cooling_w", "losses_w", "facility_w", "water_l_per_s", "supply_c", "dry_bulb_c",
    "wet_bulb_c", "hottest_c", "throttled_nodes", "price_usd_per_kwh", "carbon_g_per_kwh", "battery_w", "stored_j",
    "grid_w",
)  # fmt: skip


class MeterRows:
    """Columns of the meter for a known number of intervals."""

    def __init__(self, world: World, intervals: int) -> None:
        jobs = [name for pool in world.pools.values() if pool.jobs is not None for name in pool.jobs.names]
        self._site = {name: np.zeros(intervals) for name in SITE}
        self._pools = {name: np.zeros(intervals) for name in world.pools}
        self._waiting, self._running, self._replicas = (
            {name: np.zeros(intervals) for name in world.services} for _ in range(3)
        )
        self._jobs_running, self._jobs_queued = ({name: np.zeros(intervals) for name in jobs} for _ in range(2))
        self._row = 0
        self._from_s = 0.0
        self._from_j = dict.fromkeys(world.pools, 0.0)
        self._storage = Storage(world.plan, world.price, world.carbon)
        self.at_warm_up: Sums = sums_of(world)

    def mark(self, world: World) -> None:
        """Remembers where the sums stand; the measured window begins here."""
        self.at_warm_up = sums_of(world)
        for name, use in world.uses.items():
            use.mark(world.services[name].outputs)
        for pool in world.pools.values():
            pool.nodes.forget_hottest()

    def write(self, world: World) -> None:
        """One row for the interval since the last one: means of power, instants of states."""
        start_s, stop_s = self._from_s, world.now
        seconds = stop_s - start_s
        pools = world.pools.values()
        for name, pool in world.pools.items():
            self._pools[name][self._row] = (pool.nodes.it_j - self._from_j[name]) / seconds
            self._from_j[name] = pool.nodes.it_j
        it_w = sum(float(column[self._row]) for column in self._pools.values())
        plant, air = world.plant_now, world.weather.air(0.5 * (start_s + stop_s))
        flow = self._storage.settle(start_s, stop_s, it_w + plant.cooling_w + plant.losses_w)
        losses_w = plant.losses_w + flow.loss_w
        facility_w = it_w + plant.cooling_w + losses_w
        row = (
            start_s, stop_s, it_w, plant.cooling_w, losses_w, facility_w,
            plant.water_l_per_s, plant.supply_c, air.dry_bulb_c, air.wet_bulb_c,
            max(pool.nodes.temperature_c for pool in pools),
            sum(pool.nodes.throttled for pool in pools),
            world.price.integral(start_s, stop_s) / seconds, world.carbon.integral(start_s, stop_s) / seconds,
            flow.power_w, self._storage.stored_j, facility_w + (flow.power_w - flow.loss_w),
        )  # fmt: skip
        for name, value in zip(SITE, row, strict=True):
            self._site[name][self._row] = value
        self._write_states(world)
        self._row += 1
        self._from_s = stop_s

    def _write_states(self, world: World) -> None:
        """Queues, batches and replicas at the end of the interval."""
        for name, run in world.services.items():
            self._waiting[name][self._row] = run.waiting
            self._running[name][self._row] = run.running
            self._replicas[name][self._row] = len(run.replicas.in_state(ON))
        for pool in world.pools.values():
            for stream, name in enumerate(pool.jobs.names if pool.jobs is not None else ()):
                assert pool.jobs is not None
                self._jobs_running[name][self._row] = pool.jobs.in_status(stream, gang.RUNNING)
                self._jobs_queued[name][self._row] = pool.jobs.in_status(stream, gang.QUEUED)

    def meter(self) -> Meter:
        """The rows written."""

        def cut(columns: Mapping[str, Floats]) -> dict[str, Floats]:
            return {name: column[: self._row] for name, column in columns.items()}

        return Meter(
            **cut(self._site),
            pool_it_w=cut(self._pools),
            service_waiting=cut(self._waiting),
            service_running=cut(self._running),
            service_replicas=cut(self._replicas),
            jobs_running=cut(self._jobs_running),
            jobs_queued=cut(self._jobs_queued),
        )
