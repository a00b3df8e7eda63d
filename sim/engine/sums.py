"""All sums of a world at one instant, so that the measured window is the difference of two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sim.engine.variant_use import VariantUse
from sim.engine.world import PoolRun, ServiceRun, World
from sim.kernels import gang_layout as gang

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ServiceSums:
    """Sums of one service since the start."""

    held_s: float  # accelerator-seconds
    busy_s: float  # accelerator-seconds
    replica_busy_s: float
    batch_s: float
    energy_j: float
    wait_j: float
    best_j: float
    outputs: int
    iterations: int
    preemptions: int
    prefix_hits: int = 0
    lean_s: float = 0.0  # served by the leaner form, where the service adapts
    lean_outputs: int = 0


def added(parts: Sequence[ServiceSums]) -> ServiceSums:
    """The sums of several runs together."""
    return ServiceSums(**{each.name: sum(getattr(part, each.name) for part in parts) for each in fields(ServiceSums)})


@dataclass(frozen=True, slots=True)
class PoolSums:
    """Sums of one pool since the start; `jobs` is f8[streams, gang.TOTALS]."""

    it_j: float
    accelerator_j: float
    unheld_j: float
    throttled_s: float
    asleep_s: float  # accelerator-seconds times the share of idle power that sleep saved
    jobs: Floats


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of a world at `now_s`."""

    now_s: float
    services: Mapping[str, ServiceSums]
    pools: Mapping[str, PoolSums]


def sums_of(world: World) -> Sums:
    """All sums as they stand."""
    return Sums(
        world.now,
        {name: _service_sums(run, world.uses.get(name), world.now) for name, run in world.services.items()},
        {name: _pool_sums(pool) for name, pool in world.pools.items()},
    )


def _service_sums(run: ServiceRun, use: VariantUse | None, now: float) -> ServiceSums:
    busy_s, each = float(run.busy_s.sum()), run.replicas.accelerators_each
    return ServiceSums(
        held_s=run.replicas.held_s * each,
        busy_s=busy_s * each,
        replica_busy_s=busy_s,
        batch_s=run.batch_s,
        energy_j=float(run.energy_j.sum()),
        wait_j=float(run.wait_j.sum()),
        best_j=float(run.best_j.sum()),
        outputs=run.outputs,
        iterations=run.iterations,
        preemptions=run.preemptions,
        prefix_hits=run.prefix_hits,
        lean_s=0.0 if use is None else use.lean_s(now),
        lean_outputs=0 if use is None else use.lean_outputs(run.outputs),
    )


def _pool_sums(pool: PoolRun) -> PoolSums:
    nodes = pool.nodes
    jobs = pool.jobs.totals if pool.jobs is not None else np.zeros((0, gang.TOTALS))
    return PoolSums(nodes.it_j, nodes.accelerator_j, nodes.unheld_j, nodes.throttled_s, nodes.asleep_s, jobs)
