"""Autoscaling: the replicas of a service follow what its autoscaler wants, as far as the pool has room."""

from __future__ import annotations

from simpy import Environment
from simpy.events import ProcessGenerator

from sim.engine.instants import Order, multiples, wake
from sim.engine.world import World
from sim.protocols import Autoscaler


def scale_replicas(
    env: Environment, world: World, service: str, autoscaler: Autoscaler, start_s: float
) -> ProcessGenerator:
    """Wakes at every period of the autoscaler; more replicas start, too many drain."""
    for instant in multiples(autoscaler.period_s, world.horizon_s):
        yield wake(env, instant, Order.AUTOSCALER)
        world.advance(instant)
        world.release_drained(service)
        view = world.view(service, start_s)
        wanted = min(max(autoscaler.replicas(view), view.replicas_min), view.replicas_max)
        missing = wanted - view.active - view.starting
        for _ in range(missing - world.keep(service, missing)):
            replica = world.hold_replica(service)
            if replica is None:
                break
            ready_s = max(instant, world.awake_s(service, replica)) + start_s
            env.process(start_replica(env, world, service, replica, ready_s))
        surplus = view.active - wanted
        if surplus > 0:
            world.drain(service, surplus)


def start_replica(env: Environment, world: World, service: str, replica: int, ready_s: float) -> ProcessGenerator:
    """A replica that holds its accelerators loads its weights until `ready_s`, then takes requests."""
    if ready_s > world.horizon_s:
        return
    yield wake(env, ready_s, Order.REPLICA_STARTS)
    world.advance(ready_s)
    world.switch_on(service, replica)
