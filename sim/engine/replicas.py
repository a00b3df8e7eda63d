"""Where the replicas of a service stand and since when: allocation on nodes, start-up, draining, accelerator-seconds.

A replica is off, starting (it holds its accelerators and loads weights), on, or draining (it takes no new requests).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.kernels.serving_layout import DRAINING, OFF, ON

STARTING = 3
NOWHERE = -1


class Replicas:
    """State, node and held time of every replica that a service may have."""

    def __init__(self, most: int, accelerators_each: int) -> None:
        self.accelerators_each = accelerators_each
        self.state = np.full(most, OFF, np.int64)
        self.node = np.full(most, NOWHERE, np.int64)
        self.held_s = 0.0  # replica-seconds
        self._counted_to_s = 0.0

    def count_time(self, now: float) -> None:
        """Brings the held time up to `now`; before every change of state."""
        self.held_s += int(np.count_nonzero(self.state != OFF)) * (now - self._counted_to_s)
        self._counted_to_s = now

    def in_state(self, state: int) -> NDArray[np.int64]:
        """Numbers of the replicas in a state, rising."""
        return np.flatnonzero(self.state == state).astype(np.int64)

    @property
    def drawing(self) -> NDArray[np.bool_]:
        """Which replicas the serving kernel accounts the power of."""
        return np.asarray((self.state == ON) | (self.state == DRAINING))
