"""A limit on the IT power of a pool: its clocks fall, all nodes alike, when the power passes it, and rise with room.

The limit holds for the mean of 15 minutes, as meters and breakers of a feed are slow. Each look allows the next
interval what the last quarter of an hour has left, but never more than the limit, and picks the highest clock whose
power should stay within it: idle power, plus the rest as that of a steady job follows the clock.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import ProcessGenerator

from sim.engine.instants import Order, multiples, wake
from sim.engine.nodes import full_power_w, idle_power_w
from sim.engine.world import World
from sim.models.power import job_tables
from sim.strategies.plan import PoolPlan

Floats = NDArray[np.float64]
PERIOD_S = 30.0  # assumed: power managers act within seconds; a quarter of an hour has thirty such intervals
WINDOW_S = 900.0  # of the mean that has to keep the limit
MARGIN = 0.01  # of the limit that is left free, since power follows the load
FASTEST_RISE = 8  # clock levels per look, so that a lull is not taken for room
HALF_BUSY = 0.5  # assumed: memory and compute utilisation at full clock, for how power follows the clock


class Budget:
    """What the joules of the last window leave for the next interval."""

    def __init__(self, limit_w: float) -> None:
        self._limit_w = limit_w
        self._spent: deque[tuple[float, float]] = deque()  # (seconds, joules), newest last

    def allowed_w(self, seconds: float, joules: float) -> float:
        """Mean power that the next interval may have, after one of so many joules."""
        self._spent.append((seconds, joules))
        while sum(span for span, _ in self._spent) > WINDOW_S - PERIOD_S:
            self._spent.popleft()
        before_s, before_j = (sum(column) for column in zip(*self._spent, strict=True)) if self._spent else (0.0, 0.0)
        left_w = (self._limit_w * (before_s + PERIOD_S) - before_j) / PERIOD_S
        return (1.0 - MARGIN) * min(self._limit_w, left_w)


def clock_draw(plan: PoolPlan) -> Floats:
    """Watts above idle of an accelerator at steady work at each clock level, under the settings of its pool."""
    accelerator = plan.pool.node.accelerator
    work = job_tables(accelerator, HALF_BUSY, HALF_BUSY, plan.power_cap_w, plan.clock_mhz)
    return np.asarray(work[:, 1] - accelerator.idle_w)


def new_ceiling(ceiling: int, drawn_w: float, allowed_w: float, idle_w: float, draw: Floats) -> int:
    """The highest level whose power should stay within what is allowed, a few levels up at most."""
    expected_w = idle_w + max(drawn_w - idle_w, 0.0) * draw / draw[ceiling]
    highest = int(np.searchsorted(expected_w, allowed_w, side="right")) - 1
    return min(max(highest, 0), ceiling + FASTEST_RISE, len(draw) - 1)


def limit_power(env: Environment, world: World, pool: str, limit_w: float) -> ProcessGenerator:
    """Wakes every half a minute: clocks follow the power of the pool, and begin as low as full load would need."""
    nodes = world.pools[pool].nodes
    draw, budget = clock_draw(nodes.plan), Budget(limit_w)
    idle_w, full_w = (
        nodes.plan.pool.nodes * each(nodes.plan, world.facility.fan_share) for each in (idle_power_w, full_power_w)
    )
    seen_s, seen_j = 0.0, 0.0
    world.set_ceiling(pool, new_ceiling(nodes.ceiling, full_w, (1.0 - MARGIN) * limit_w, idle_w, draw))
    for instant in multiples(PERIOD_S, world.horizon_s):
        yield wake(env, instant, Order.POWER)
        world.advance(instant)
        seconds, joules = instant - seen_s, nodes.it_j - seen_j
        seen_s, seen_j = instant, nodes.it_j
        allowed_w = budget.allowed_w(seconds, joules)
        base_w = idle_w * nodes.present_share
        ceiling = new_ceiling(nodes.ceiling, joules / seconds, allowed_w, base_w, draw)
        if ceiling != nodes.ceiling:
            world.set_ceiling(pool, ceiling)
