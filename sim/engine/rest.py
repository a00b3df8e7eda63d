"""Nodes that sleep: which are away, what they draw, when they are back.

A node is away while it sleeps or wakes. What nobody holds of it is parked: neither replicas nor jobs find it, until the
node is taken for a replica, or woken for the job whose turn it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.replicas import NOWHERE
from sim.strategies.plan import Sleep

Ints = NDArray[np.int64]


class Rest:
    """Which nodes of a pool sleep or wake; none ever does without a `Sleep`."""

    def __init__(self, nodes: int, sleep: Sleep | None) -> None:
        self._sleep = sleep
        self.parked = np.zeros(nodes, np.int64)  # accelerators of nodes away that nobody holds
        self.away = np.zeros(nodes, np.bool_)
        self.ready_s = np.zeros(nodes)  # when a node is or was awake; infinite while it sleeps
        self.draw = np.ones(nodes)  # of idle power
        self._empty_since_s = np.zeros(nodes)

    @property
    def wake_s(self) -> float:
        """How long a node takes to wake, 0 where none sleeps."""
        return self._sleep.wake_s if self._sleep is not None and self.away.any() else 0.0

    def hold(self, accelerators: int, now: float) -> int:
        """Takes accelerators of the node away that is back first; its number, or NOWHERE. A sleeping one wakes."""
        room = np.flatnonzero(self.parked >= accelerators)
        if len(room) == 0:
            return NOWHERE
        node = int(room[np.argmin(self.ready_s[room])])
        self._wake(node, now)
        self.parked[node] -= accelerators
        return node

    def wake_for(self, accelerators: int, now: float) -> None:
        """Wakes nodes, the first first, until so many accelerators will be free."""
        coming = int(self.parked[np.isfinite(self.ready_s)].sum())
        for node in np.flatnonzero(np.isinf(self.ready_s)):
            if coming >= accelerators:
                return
            self._wake(int(node), now)
            coming += int(self.parked[node])

    def _wake(self, node: int, now: float) -> None:
        assert self._sleep is not None
        self.ready_s[node] = min(self.ready_s[node], now + self._sleep.wake_s)
        self.draw[node] = 1.0

    def wake_up(self, free: Ints, now: float) -> None:
        """Nodes that have woken are back: what was parked is free."""
        back = self.away & (self.ready_s <= now)
        free[back] += self.parked[back]
        self.parked[back] = 0
        self.away[back] = False
        self._empty_since_s[back] = now

    def fall_asleep(self, free: Ints, size: int, now: float) -> None:
        """Nodes of `size` accelerators that nobody held anything of for long enough go to sleep."""
        assert self._sleep is not None
        self._empty_since_s[free < size] = now
        tired = ~self.away & (now - self._empty_since_s >= self._sleep.after_s) & (free == size)
        self.parked[tired] = size
        free[tired] = 0
        self.away[tired] = True
        self.ready_s[tired] = np.inf
        self.draw[tired] = self._sleep.node_share
