"""When processes wake, and in which order those do that wake at one instant.

Instants are multiples of a period, never sums of steps, so that they fall together exactly where periods allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from itertools import count

from simpy import Environment, Event
from simpy.events import EventPriority

SAME_INSTANT_S = 1e-6  # hours written in decimals miss a multiple by less; no interval of the meter is that short


class Order(IntEnum):
    """Who goes first at one instant; lower is earlier."""

    POWER = 1
    CLOCKS = 2
    PLANT = 3
    REPLICA_STARTS = 4
    AUTOSCALER = 5
    ADAPTERS = 6
    NODES = 7
    METER = 8


def multiples(period_s: float, horizon_s: float, *extra_s: float) -> Iterator[float]:
    """k * period_s for k = 1, 2, ... up to the horizon, which ends it, with the extra instants in their places.

    An extra instant, or the horizon, takes the place of a multiple that it is equal to but for rounding.
    """
    waiting = sorted({instant for instant in (*extra_s, horizon_s) if 0.0 < instant <= horizon_s})
    for k in count(1):
        instant = k * period_s
        while waiting and waiting[0] < instant - SAME_INSTANT_S:
            yield waiting.pop(0)
        if waiting and waiting[0] <= instant + SAME_INSTANT_S:
            instant = waiting.pop(0)
        if instant > horizon_s:
            return
        yield instant


def wake(env: Environment, instant_s: float, order: Order) -> Event:
    """An event at an instant; of several at one instant, the lower order comes first."""
    event = Event(env)
    event._ok = True  # as simpy.Timeout does, which takes no priority
    event._value = None
    env.schedule(event, priority=EventPriority(order), delay=max(instant_s - env.now, 0.0))
    return event
