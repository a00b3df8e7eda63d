"""Sleep of a pool's nodes, looked after once a minute."""

from __future__ import annotations

from simpy import Environment
from simpy.events import ProcessGenerator

from sim.engine.instants import Order, multiples, wake
from sim.engine.world import World

PERIOD_S = 60.0  # assumed: how often a cluster manager looks for empty nodes and for jobs that need them


def rest_nodes(env: Environment, world: World, pool: str) -> ProcessGenerator:
    """Wakes every minute: nodes that have woken are back, empty ones go to sleep, those that a job needs wake."""
    for instant in multiples(PERIOD_S, world.horizon_s):
        yield wake(env, instant, Order.NODES)
        world.advance(instant)
        world.rest_nodes(pool)
