"""Continuous batching on many replicas: the work of one request costs O(log batch), however many tokens it has.

A replica is always in one *segment* of iterations with an unchanging set of sequences, or waits for work. A segment
is either one iteration that takes prompts in (prefill) beside the sequences that decode, or a stretch of pure decode
iterations up to the next sequence that finishes. Iteration i of a stretch (i = 0, 1, ...) lasts
`step_s + kv_s * (K + i * B)` for B sequences that hold K tokens at its start, so n iterations last
`n * step_s + kv_s * (K * n + B * n * (n - 1) / 2)` and the boundary after a given instant follows from a square root.
A stretch is cut at the next boundary when a request arrives that can be admitted, or when the clock changes. Boundary
times are always computed from the segment's begin, so the result does not depend on where `advance` stops on its way.

Admission at a boundary, in order of arrival, while the batch has room and the KV cache has room: for prompt and
output (RESERVE, so nothing is ever preempted), or for the prompt alone (RECOMPUTE: when memory runs out, the sequence
admitted last goes back to the head of the queue and takes its tokens in again later). Memory is counted in tokens,
half-filled blocks by their mean. An iteration holds at most `prompt_tokens_max` tokens, one for each decoding
sequence and the rest for prompts, so long prompts are taken in over several iterations, beside decoding. A request
gets its first token at the end of the iteration that takes in the last of its prompt, and one more per iteration from
then on. A boundary at the very instant of an arrival sees it.

Who takes an arriving request is decided in `sim.kernels.serving_routers`; the tables and their columns are in
`sim.kernels.serving_layout`.
"""

from __future__ import annotations

import numpy as np

from sim.kernels.compiled import compiled
from sim.kernels.fleet import new_fleet
from sim.kernels.prefixes import Prefixes, new_prefixes
from sim.kernels.segments import NEVER, begin_segment, credit, cut_segment, end_segment
from sim.kernels.serving_layout import (
    ALIVE,
    ARRIVALS_USED_UP,
    ARRIVED,
    CONSOLIDATE,
    END_S,
    LEAST_LOADED,
    LEVEL,
    LOG_FULL,
    LOGGED,
    NEXT_ARRIVAL,
    ON,
    POWER_OF_TWO,
    PREFIX_AFFINITY,
    REACHED,
    RECOMPUTE,
    SLOTS_FULL,
    STATE,
    Arrivals,
    Dispatch,
    Fleet,
    Ints,
    Rates,
)
from sim.kernels.serving_routers import load_key, refresh, serve_by_load, serve_in_turn, serve_two_choices
from sim.kernels.tournament import rebuild


@compiled
def refresh_all(fleet: Fleet, dispatch: Dispatch) -> None:
    """Makes both winner trees anew, after replicas went on or off."""
    for r in range(fleet.counts.shape[0]):
        fleet.ends[r] = fleet.clocks[r, END_S]
        fleet.loads[r] = load_key(dispatch, fleet.counts, r)
    rebuild(fleet.end_tree, fleet.ends)
    rebuild(fleet.load_tree, fleet.loads)


@compiled
def set_levels(rates: Rates, fleet: Fleet, dispatch: Dispatch, levels: Ints, now: float) -> None:
    """Gives every replica a clock level, which acts from its first iteration boundary at or after `now`."""
    for r in range(fleet.counts.shape[0]):
        if fleet.counts[r, LEVEL] != levels[r]:
            credit(rates, fleet, r, now)
            fleet.counts[r, LEVEL] = levels[r]
            if fleet.clocks[r, END_S] != NEVER:
                cut_segment(rates, fleet, r, now)
                refresh(fleet, dispatch, r)


@compiled
def advance(
    rates: Rates,
    fleet: Fleet,
    dispatch: Dispatch,
    prefixes: Prefixes,
    arrivals: Arrivals,
    active: Ints,
    until: float,
) -> int:
    """Brings one service up to `until`; returns a reason code and can be called again once the reason is met.

    `active` are the replicas that take requests (at least one), in the order of the round robin. The caller takes the
    rows of the log away and sets LOGGED back to 0. Nothing depends on how the way to `until` is cut into calls.
    """
    cursors = fleet.cursors
    stop = cursors[NEXT_ARRIVAL] + np.searchsorted(arrivals.reach_s[cursors[NEXT_ARRIVAL] :], until, side="right")
    coming = stop - cursors[NEXT_ARRIVAL]
    if cursors[LOGGED] + cursors[ALIVE] + coming > fleet.log_times.shape[0]:
        return LOG_FULL
    if cursors[ALIVE] + coming > fleet.slot_times.shape[0]:
        return SLOTS_FULL
    by_load = dispatch.router in (LEAST_LOADED, CONSOLIDATE, PREFIX_AFFINITY)
    if by_load:
        serve_by_load(rates, fleet, dispatch, prefixes, arrivals, stop)
    elif dispatch.router == POWER_OF_TWO:
        serve_two_choices(rates, fleet, dispatch, prefixes, arrivals, active, stop)
    else:
        serve_in_turn(rates, fleet, dispatch, prefixes, arrivals, active, stop)
    cursors[NEXT_ARRIVAL] = stop
    if stop == arrivals.reach_s.shape[0] and not arrivals.last:
        cursors[ARRIVED] += stop
        return ARRIVALS_USED_UP
    for r in range(fleet.counts.shape[0]):
        if fleet.clocks[r, END_S] <= until:
            while fleet.clocks[r, END_S] <= until:
                end_segment(rates, fleet, r)
                begin_segment(rates, fleet, r, fleet.clocks[r, END_S])
            if by_load:
                refresh(fleet, dispatch, r)
        credit(rates, fleet, r, until)
    return REACHED


def warm_up() -> None:
    """Compiles the serving kernel by one request."""
    rates = Rates(np.full((1, 2, 6), 0.01), np.full((1, 8), 1e-4), np.ones((1, 2)), 1.0, 1, 100, 100, RECOMPUTE, 0.0)
    tokens, dispatch, fleet = np.full(1, 10, np.int32), Dispatch(), new_fleet(1, 1)
    fleet.counts[:, STATE] = ON
    refresh_all(fleet, dispatch)
    set_levels(rates, fleet, dispatch, np.zeros(1, np.int64), 0.0)
    arrivals, prefixes = Arrivals(np.ones(1), np.ones(1), tokens, tokens, tokens, True), new_prefixes(1, 0, 0)
    advance(rates, fleet, dispatch, prefixes, arrivals, np.zeros(1, np.int64), 9.0)
