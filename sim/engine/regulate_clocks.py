"""Thermal protection: the clocks of a pool follow the temperature of its nodes, and nodes far too hot shut down."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import ProcessGenerator

from sim.catalog.entries import Thermal
from sim.engine.instants import Order, multiples, wake
from sim.engine.scale_replicas import start_replica
from sim.engine.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PERIOD_S = 10.0  # a step of the loop below; firmware is faster, and the loop then only settles sooner
CALM_PERIOD_S = 60.0  # while even full power could not heat a node to its target
LEVELS_PER_K = 1.0  # assumed: an integral regulator, slow enough not to ring with time constants of 4-40 s
COOLED_K = 20.0  # assumed: below the target, where a node that has shut down goes on again
FASTEST_RISE = 4  # levels per step, so that a cooled node does not jump back into the limit


def new_levels(levels: Ints, top_level: int, temperatures_c: Floats, thermal: Thermal) -> Ints:
    """Clock levels after one step: down above the target, slowly up below it, halved above the slow-down limit."""
    excess_k = temperatures_c - thermal.target_c
    step = np.where(excess_k > 0.0, -np.ceil(excess_k * LEVELS_PER_K), np.minimum(-excess_k, FASTEST_RISE))
    moved = levels + np.trunc(step).astype(np.int64)
    moved = np.where(temperatures_c > thermal.slowdown_c, np.minimum(moved, levels // 2), moved)
    return np.clip(moved, 0, top_level).astype(np.int64)


def shut_down_and_up(env: Environment, world: World, pool: str, start_s: Mapping[str, float]) -> None:
    """Nodes above their limit go off; those that have cooled go on, and their replicas start.

    Nodes with jobs stay on at their lowest clock: a gang does not lose its place.
    """
    run = world.pools[pool]
    nodes, heat = run.nodes, run.nodes.temperatures_c
    hot = ~nodes.off & (heat > nodes.thermal.shutdown_c)
    if run.jobs is not None:
        hot &= run.jobs.jobs.node_held.sum(axis=1) == 0
    cool = nodes.off & (heat < nodes.thermal.target_c - COOLED_K)
    if hot.any():
        world.shut_down(pool, np.flatnonzero(hot).astype(np.int64))
    if cool.any():
        for service, replica in world.start_up(pool, np.flatnonzero(cool).astype(np.int64)):
            env.process(start_replica(env, world, service, replica, env.now + start_s[service]))


def regulate_clocks(env: Environment, world: World, pool: str, start_s: Mapping[str, float]) -> ProcessGenerator:
    """Wakes every few seconds, or every minute while nothing can overheat, and sets the clock of each node.

    `start_s`: how long a replica of each service takes to start.
    """
    nodes = world.pools[pool].nodes
    for instant in multiples(PERIOD_S, world.horizon_s):
        if instant % CALM_PERIOD_S and not nodes.may_overheat(world.plant_now.supply_c):
            continue
        yield wake(env, instant, Order.CLOCKS)
        world.advance(instant)
        shut_down_and_up(env, world, pool, start_s)
        levels = new_levels(nodes.level, nodes.ceiling, nodes.temperatures_c, nodes.thermal)
        if not np.array_equal(levels, nodes.level):
            world.set_levels(pool, levels)
