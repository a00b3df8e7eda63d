"""The plant and the meter: what the building draws for the IT power of each interval, and the row that records it."""

from __future__ import annotations

from collections.abc import Callable

from simpy import Environment
from simpy.events import ProcessGenerator

from sim.engine.instants import Order, wake
from sim.engine.meter import MeterRows
from sim.engine.world import World


def run_plant(env: Environment, world: World, instants: list[float]) -> ProcessGenerator:
    """At the end of each interval the plant answers to its heat; the supply holds for the next one."""
    for instant in instants:
        yield wake(env, instant, Order.PLANT)
        world.advance(instant)
        world.run_plant()


def read_meter(
    env: Environment, world: World, rows: MeterRows, instants: list[float], progress: Callable[[float], None] | None
) -> ProcessGenerator:
    """At the end of each interval a row is written; at the end of the warm-up the sums are marked."""
    for instant in instants:
        yield wake(env, instant, Order.METER)
        world.advance(instant)
        rows.write(world)
        if instant == world.warmup_s:
            rows.mark(world)
        if progress is not None:
            progress(instant)
