"""One run: the world is made, its processes are started, and the clock runs to the horizon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from simpy import Environment

from sim.engine.account import close_ledger
from sim.engine.adapt_variant import adapt_variant
from sim.engine.build import build_world, start_seconds
from sim.engine.cascade import first_name
from sim.engine.instants import multiples
from sim.engine.limit_power import limit_power
from sim.engine.meter import MeterRows
from sim.engine.nodes import full_power_w
from sim.engine.regulate_clocks import regulate_clocks
from sim.engine.rest_nodes import rest_nodes
from sim.engine.run_plant import read_meter, run_plant
from sim.engine.scale_replicas import scale_replicas
from sim.engine.world import World
from sim.record.ledger import Ledger
from sim.strategies.plan import Plan
from sim.units import S_PER_H

METER_S = 60.0
LONG_METER_S = 300.0  # in runs of more than a month
MONTH_S = 31.0 * 86_400.0


def simulate(plan: Plan, seed: int, replication: int = 0, progress: Callable[[float], None] | None = None) -> Ledger:
    """Runs a plan to its horizon; the same plan, seed and replication give the same ledger but for `wall_s`.

    `progress` is called with the simulated time now and then. Mixes of one scenario under the same seed and
    replication meet the same arrivals.
    """
    begun = time.perf_counter()
    built = build_world(plan, seed, replication)
    world, env = built.world, Environment()
    period_s = METER_S if world.horizon_s <= MONTH_S else LONG_METER_S
    instants = list(multiples(period_s, world.horizon_s, world.warmup_s))
    rows, clamped_before = MeterRows(world, len(instants)), world.facility.clamped
    start_processes(env, world, rows, instants, progress)
    env.run()
    at_edges = _edges(world.facility.clamped - clamped_before, len(instants))
    warnings = (*built.warnings, *at_edges, *_limited(world), *_shut_down(world))
    return close_ledger(world, rows, time.perf_counter() - begun, built.random, warnings)


def _edges(clamped: int, intervals: int) -> tuple[str, ...]:
    """That the plant answered from the edge of a correlation during the run, if it did."""
    if not clamped:
        return ()
    return (
        f"the plant worked at the edge of what its curves were fitted to, {clamped} times in {intervals} meter"
        " intervals: its energy and water are less sure there",
    )


def _limited(world: World) -> Iterator[str]:
    """For how long clocks were lowered to keep a limit on power."""
    for name, pool in world.pools.items():
        if pool.nodes.limited_s > 0.0:
            hours = pool.nodes.limited_s / S_PER_H
            yield f"{name}: clocks lowered for its power limit for {hours:.3g} node-hours of the run"


def _shut_down(world: World) -> Iterator[str]:
    """How often nodes shut down by heat."""
    for name, pool in world.pools.items():
        if pool.nodes.shutdowns:
            hours = pool.nodes.off_s / S_PER_H
            times = pool.nodes.shutdowns
            yield f"{name}: {times} shutdowns of nodes by heat, off for {hours:.3g} node-hours of the run"


def start_processes(
    env: Environment, world: World, rows: MeterRows, instants: list[float], progress: Callable[[float], None] | None
) -> None:
    """The control plane: who wakes during the run."""
    deployed = world.plan.deployments
    firsts = {first_name(name): each.cascade.first for name, each in deployed.items() if each.cascade is not None}
    start_s = {name: start_seconds(each) for name, each in {**deployed, **firsts}.items()}
    for pool, plan in world.plan.pools.items():
        env.process(regulate_clocks(env, world, pool, start_s))
        if plan.limit_w is not None and plan.limit_w < plan.pool.nodes * full_power_w(plan, world.facility.fan_share):
            env.process(limit_power(env, world, pool, plan.limit_w))
        if plan.sleep is not None:
            env.process(rest_nodes(env, world, pool))
    env.process(run_plant(env, world, instants))
    for service, deployment in world.plan.deployments.items():
        if deployment.autoscaler is not None:
            env.process(scale_replicas(env, world, service, deployment.autoscaler, start_seconds(deployment)))
        if deployment.adaptation is not None:
            env.process(adapt_variant(env, world, service, deployment.adaptation))
    env.process(read_meter(env, world, rows, instants, progress))
