"""An empty fleet of replicas for the serving kernel: the arrays that the kernel then owns the content of."""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.kernels import serving_layout as at
from sim.kernels.serving_layout import Ints
from sim.kernels.tournament import new_tree

SLOTS: Final = 1 << 12  # grows with the requests in the system
LOG_ROWS: Final = 1 << 17  # grows where one step ends more requests


def free_slots(first: int, stop: int, following: int) -> Ints:
    """Slot counts of `stop` slots, those from `first` on chained as free ones before the slot `following`."""
    counts = np.zeros((stop, at.SLOT_COUNTS), np.int64)
    counts[first:, at.SLOT_ID] = at.NONE
    counts[first:, at.SLOT_NEXT] = np.append(np.arange(first + 1, stop), following)
    return counts


def new_fleet(replicas: int, batch_max: int) -> at.Fleet:
    """An empty fleet: no replica on, no request seen."""
    clocks = np.zeros((replicas, at.CLOCKS))
    clocks[:, at.END_S] = np.inf
    clocks[:, at.WAIT_SINCE_S] = -np.inf
    counts = np.zeros((replicas, at.COUNTS), np.int64)
    counts[:, (at.HEAD, at.TAIL, at.PARTIAL)] = at.NONE
    return at.Fleet(
        clocks=clocks,
        counts=counts,
        heap=np.zeros((replicas, batch_max), np.int64),
        slot_times=np.zeros((SLOTS, at.SLOT_TIMES)),
        slot_counts=free_slots(0, SLOTS, at.NONE),
        cursors=np.zeros(at.CURSORS, np.int64),
        log_times=np.zeros((LOG_ROWS, at.LOG_TIMES)),
        log_counts=np.zeros((LOG_ROWS, at.LOG_COUNTS), np.int64),
        ends=np.full(replicas, np.inf),
        loads=np.zeros(replicas, np.int64),
        end_tree=new_tree(replicas),
        load_tree=new_tree(replicas),
    )
