"""On which node of a pool a replica starts. A replica stands on one node, whose links its accelerators share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.replicas import NOWHERE
from sim.strategies.plan import Placement


def chosen(placement: Placement, free: NDArray[np.int64], accelerators: int) -> int:
    """The node for so many accelerators, the first of equals; NOWHERE where none has so many free.

    first-fit: the first with room; best-fit and pack: the one that is left with the least room, so that others stay
    empty; spread: the one with the most.
    """
    room = np.flatnonzero(free >= accelerators)
    if len(room) == 0:
        return NOWHERE
    if placement == "first-fit":
        return int(room[0])
    rank = np.argmax if placement == "spread" else np.argmin
    return int(room[rank(free[room])])
