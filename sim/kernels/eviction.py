"""A replica that stops at once: its sequences lose their memory, and its requests go to others or wait for it.

Called by `sim.engine.token_service` once everything is up to the instant, so no segment ends before it.
"""

from __future__ import annotations

import numpy as np

from sim.kernels.admission import admissible, back_to_queue, newest
from sim.kernels.batch_heap import take_out
from sim.kernels.compiled import compiled
from sim.kernels.fleet import new_fleet
from sim.kernels.segments import NEVER, begin_segment, credit, cut_segment
from sim.kernels.serving_layout import (
    CONTEXT,
    CREDITED,
    CREDITED_BEST_J,
    CREDITED_J,
    DECODING,
    END_S,
    HEAD,
    ITERATION,
    LENGTH,
    NEW_CONTEXT,
    NONE,
    PARTIAL,
    RECOMPUTE,
    RUNNING,
    SLOT_BITS,
    SLOT_CACHED,
    SLOT_INPUT,
    SLOT_MADE,
    SLOT_NEXT,
    SLOT_OUTPUT,
    SLOTS_MAX,
    TAIL,
    WAITING,
    Fleet,
    Rates,
)


@compiled
def evict(rates: Rates, fleet: Fleet, r: int, now: float) -> None:
    """Stops replica r at `now`: all it holds goes back to its queue, oldest first; whole iterations have counted.

    What a sequence had made is kept as tokens to be taken in again; a prompt under way begins anew.
    """
    clocks, counts, sizes = fleet.clocks, fleet.counts, fleet.slot_counts
    if clocks[r, END_S] == NEVER:
        return
    credit(rates, fleet, r, now)
    counts[r, ITERATION] += counts[r, CREDITED]
    if counts[r, PARTIAL] != NONE:
        back_to_queue(fleet, r, counts[r, PARTIAL])
        counts[r, PARTIAL] = NONE
    while counts[r, RUNNING] > 0:
        i = newest(fleet, r)
        key = fleet.heap[r, i]
        slot = key & (SLOTS_MAX - 1)
        take_out(fleet.heap[r], counts[r, RUNNING], i)
        counts[r, RUNNING] -= 1
        sizes[slot, SLOT_MADE] = sizes[slot, SLOT_OUTPUT] - ((key >> SLOT_BITS) - counts[r, ITERATION])
        back_to_queue(fleet, r, slot)
    for column in (CONTEXT, NEW_CONTEXT, DECODING, LENGTH, CREDITED):
        counts[r, column] = 0
    clocks[r, CREDITED_J] = 0.0
    clocks[r, CREDITED_BEST_J] = 0.0
    clocks[r, END_S] = NEVER


@compiled
def hand_over(rates: Rates, fleet: Fleet, r: int, to: int, now: float, forgets: bool) -> None:
    """Gives the first request in the queue of replica r to another; where it `forgets`, no prefix is held there."""
    counts, sizes = fleet.counts, fleet.slot_counts
    slot = counts[r, HEAD]
    counts[r, HEAD] = sizes[slot, SLOT_NEXT]
    if counts[r, HEAD] == NONE:
        counts[r, TAIL] = NONE
    counts[r, WAITING] -= 1
    if forgets:
        sizes[slot, SLOT_CACHED] = 0
    sizes[slot, SLOT_NEXT] = NONE
    alone = counts[to, HEAD] == NONE
    if alone:
        counts[to, HEAD] = slot
    else:
        sizes[counts[to, TAIL], SLOT_NEXT] = slot
    counts[to, TAIL] = slot
    counts[to, WAITING] += 1
    if fleet.clocks[to, END_S] == NEVER:
        begin(rates, fleet, to, now)
    elif alone and admissible(rates, fleet, to):
        cut_segment(rates, fleet, to, now)


@compiled
def begin(rates: Rates, fleet: Fleet, r: int, now: float) -> None:
    """A replica out of work takes up what has waited in its queue, if anything."""
    if fleet.clocks[r, END_S] == NEVER and fleet.counts[r, HEAD] != NONE:
        credit(rates, fleet, r, now)
        begin_segment(rates, fleet, r, now)


def warm_up() -> None:
    """Compiles the kernels by one request that is handed over, and lost."""
    rates = Rates(np.full((1, 2, 6), 0.01), np.full((1, 8), 1e-4), np.ones((1, 2)), 1.0, 1, 100, 100, RECOMPUTE, 0.0)
    fleet = new_fleet(2, 1)
    fleet.slot_counts[0, (SLOT_INPUT, SLOT_OUTPUT)] = 10
    fleet.slot_counts[0, SLOT_NEXT] = NONE
    fleet.counts[0, (HEAD, TAIL)] = 0
    fleet.counts[0, WAITING] = 1
    hand_over(rates, fleet, 0, 1, 1.0, True)
    evict(rates, fleet, 1, 1.01)
    begin(rates, fleet, 1, 1.02)
