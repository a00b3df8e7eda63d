"""Thermal protection: the clocks of a pool follow the temperature of its nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import ProcessGenerator

from sim.catalog.entries import Thermal
from sim.engine.instants import Order, multiples, wake
from sim.engine.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PERIOD_S = 10.0  # a step of the loop below; firmware is faster, and the loop then only settles sooner
CALM_PERIOD_S = 60.0  # while even full power could not heat a node to its target
LEVELS_PER_K = 1.0  # assumed: an integral regulator, slow enough not to ring with time constants of 4-40 s
FASTEST_RISE = 4  # levels per step, so that a cooled node does not jump back into the limit


def new_levels(levels: Ints, top_level: int, temperatures_c: Floats, thermal: Thermal) -> Ints:
    """Clock levels after one step: down above the target, slowly up below it, halved above the slow-down limit."""
    excess_k = temperatures_c - thermal.target_c
    step = np.where(excess_k > 0.0, -np.ceil(excess_k * LEVELS_PER_K), np.minimum(-excess_k, FASTEST_RISE))
    moved = levels + np.trunc(step).astype(np.int64)
    moved = np.where(temperatures_c > thermal.slowdown_c, np.minimum(moved, levels // 2), moved)
    return np.clip(moved, 0, top_level).astype(np.int64)


def regulate_clocks(env: Environment, world: World, pool: str) -> ProcessGenerator:
    """Wakes every few seconds, or every minute while nothing can overheat, and sets the clock of each node."""
    nodes = world.pools[pool].nodes
    for instant in multiples(PERIOD_S, world.horizon_s):
        if instant % CALM_PERIOD_S and not nodes.may_overheat(world.plant_now.supply_c):
            continue
        yield wake(env, instant, Order.CLOCKS)
        world.advance(instant)
        levels = new_levels(nodes.level, nodes.ceiling, nodes.temperatures_c, nodes.thermal)
        if not np.array_equal(levels, nodes.level):
            world.set_levels(pool, levels)
