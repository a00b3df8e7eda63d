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

The tables and their columns are in `sim.kernels.serving_layout`.
"""

from __future__ import annotations

import numpy as np

from sim.kernels.admission import admissible, admitted
from sim.kernels.compiled import compiled, inlined
from sim.kernels.fleet import new_fleet
from sim.kernels.segments import NEVER, begin_segment, credit, cut_segment, end_segment, log_row
from sim.kernels.serving_layout import (
    ALIVE,
    ARRIVALS_USED_UP,
    ARRIVED,
    BLOCK_SLACK,
    END_S,
    FREE_SLOT,
    HEAD,
    LAST_ROUTED,
    LEAST_LOADED,
    LEVEL,
    LOG_FULL,
    LOGGED,
    NEXT_ARRIVAL,
    NONE,
    ON,
    REACHED,
    RECOMPUTE,
    REJECTED,
    ROUND_ROBIN,
    ROUTED,
    SLOT_ARRIVAL_S,
    SLOT_FIRST_S,
    SLOT_ID,
    SLOT_INPUT,
    SLOT_MADE,
    SLOT_NEXT,
    SLOT_OUTPUT,
    SLOTS_FULL,
    STATE,
    TAIL,
    TURN,
    WAITING,
    Arrivals,
    Fleet,
    Ints,
    Rates,
)
from sim.kernels.tournament import rebuild, replay

NOT_ROUTABLE = np.iinfo(np.int64).max


# --- requests --------------------------------------------------------------------------------------------------------


@inlined
def enqueue(rates: Rates, fleet: Fleet, arrivals: Arrivals, i: int, r: int) -> None:
    """Gives arrival i of the chunk to replica r, whose segments before that instant have ended."""
    clocks, counts, cursors, sizes = fleet.clocks, fleet.counts, fleet.cursors, fleet.slot_counts
    now = arrivals.arrival_s[i]
    slot = cursors[FREE_SLOT]
    cursors[FREE_SLOT] = sizes[slot, SLOT_NEXT]
    cursors[ALIVE] += 1
    fleet.slot_times[slot, SLOT_ARRIVAL_S] = now
    fleet.slot_times[slot, SLOT_FIRST_S] = NEVER
    sizes[slot, SLOT_ID] = cursors[ARRIVED] + i
    sizes[slot, SLOT_INPUT] = arrivals.input_tokens[i]
    sizes[slot, SLOT_OUTPUT] = arrivals.output_tokens[i]
    sizes[slot, SLOT_MADE] = 0
    sizes[slot, SLOT_NEXT] = NONE
    alone = counts[r, HEAD] == NONE
    if alone:
        counts[r, HEAD] = slot
    else:
        sizes[counts[r, TAIL], SLOT_NEXT] = slot
    counts[r, TAIL] = slot
    counts[r, WAITING] += 1
    if clocks[r, END_S] == NEVER:
        credit(rates, fleet, r, now)
        begin_segment(rates, fleet, r, now)
    elif alone and admissible(rates, fleet, r):
        cut_segment(rates, fleet, r, now)


@inlined
def fits(rates: Rates, arrivals: Arrivals, i: int) -> bool:
    """Whether arrival i could ever be served: prompt and output within the whole KV cache."""
    slack = BLOCK_SLACK if rates.kv_policy == RECOMPUTE else 0
    return int(arrivals.input_tokens[i]) + int(arrivals.output_tokens[i]) + slack <= rates.kv_capacity


@compiled
def reject(fleet: Fleet, arrivals: Arrivals, i: int) -> None:
    """Logs arrival i of the chunk as rejected."""
    prompt, output = int(arrivals.input_tokens[i]), int(arrivals.output_tokens[i])
    log_row(fleet, arrivals.arrival_s[i], fleet.cursors[ARRIVED] + i, prompt, output, np.nan, np.nan, NONE)
    fleet.cursors[REJECTED] += 1


@compiled
def serve_in_turn(rates: Rates, fleet: Fleet, arrivals: Arrivals, active: Ints, stop: int) -> None:
    """Round robin over `active` up to row `stop` of the chunk, one replica after another: they do not interact."""
    start, turn, width = fleet.cursors[NEXT_ARRIVAL], fleet.cursors[TURN], active.shape[0]
    unfit = 0
    for i in range(start, stop):
        if not fits(rates, arrivals, i):
            reject(fleet, arrivals, i)
            unfit += 1
    for position in range(min(width, stop - start)):
        r = active[(turn + position) % width]
        for i in range(start + position, stop, width):
            if unfit > 0 and not fits(rates, arrivals, i):
                continue
            while fleet.clocks[r, END_S] < arrivals.arrival_s[i]:
                end_segment(rates, fleet, r)
                begin_segment(rates, fleet, r, fleet.clocks[r, END_S])
            enqueue(rates, fleet, arrivals, i, r)
    fleet.cursors[TURN] = (turn + stop - start) % width


@inlined
def load_key(counts: Ints, r: int) -> int:
    """Key of replica r for the least-loaded router: outstanding requests, then who was chosen longest ago."""
    if counts[r, STATE] != ON:
        return NOT_ROUTABLE
    return int(((admitted(counts, r) + counts[r, WAITING]) << 40) | counts[r, LAST_ROUTED])


@inlined
def refresh(fleet: Fleet, r: int) -> None:
    """Brings both winner trees up to date after replica r changed."""
    if fleet.ends[r] != fleet.clocks[r, END_S]:
        fleet.ends[r] = fleet.clocks[r, END_S]
        replay(fleet.end_tree, fleet.ends, r)
    key = load_key(fleet.counts, r)
    if fleet.loads[r] != key:
        fleet.loads[r] = key
        replay(fleet.load_tree, fleet.loads, r)


@compiled
def serve_least_loaded(rates: Rates, fleet: Fleet, arrivals: Arrivals, stop: int) -> None:
    """Each arrival up to row `stop` goes to the replica with the fewest outstanding requests at that instant."""
    for i in range(fleet.cursors[NEXT_ARRIVAL], stop):
        if not fits(rates, arrivals, i):
            reject(fleet, arrivals, i)
            continue
        while fleet.ends[fleet.end_tree[1]] < arrivals.arrival_s[i]:
            r = fleet.end_tree[1]
            end_segment(rates, fleet, r)
            begin_segment(rates, fleet, r, fleet.clocks[r, END_S])
            refresh(fleet, r)
        r = fleet.load_tree[1]
        fleet.cursors[ROUTED] += 1
        fleet.counts[r, LAST_ROUTED] = fleet.cursors[ROUTED]
        enqueue(rates, fleet, arrivals, i, r)
        refresh(fleet, r)


# --- entrances -------------------------------------------------------------------------------------------------------


@compiled
def refresh_all(fleet: Fleet) -> None:
    """Makes both winner trees anew, after replicas went on or off."""
    for r in range(fleet.counts.shape[0]):
        fleet.ends[r] = fleet.clocks[r, END_S]
        fleet.loads[r] = load_key(fleet.counts, r)
    rebuild(fleet.end_tree, fleet.ends)
    rebuild(fleet.load_tree, fleet.loads)


@compiled
def set_levels(rates: Rates, fleet: Fleet, levels: Ints, now: float) -> None:
    """Gives every replica a clock level, which acts from its first iteration boundary at or after `now`."""
    for r in range(fleet.counts.shape[0]):
        if fleet.counts[r, LEVEL] != levels[r]:
            credit(rates, fleet, r, now)
            fleet.counts[r, LEVEL] = levels[r]
            if fleet.clocks[r, END_S] != NEVER:
                cut_segment(rates, fleet, r, now)
                refresh(fleet, r)


@compiled
def advance(rates: Rates, fleet: Fleet, arrivals: Arrivals, active: Ints, router: int, until: float) -> int:
    """Brings one service up to `until`; returns a reason code and can be called again once the reason is met.

    `active` are the replicas that take requests (at least one), in the order of the round robin. The caller takes the
    rows of the log away and sets LOGGED back to 0. Nothing depends on how the way to `until` is cut into calls.
    """
    cursors = fleet.cursors
    stop = cursors[NEXT_ARRIVAL] + np.searchsorted(arrivals.arrival_s[cursors[NEXT_ARRIVAL] :], until, side="right")
    coming = stop - cursors[NEXT_ARRIVAL]
    if cursors[LOGGED] + cursors[ALIVE] + coming > fleet.log_times.shape[0]:
        return LOG_FULL
    if cursors[ALIVE] + coming > fleet.slot_times.shape[0]:
        return SLOTS_FULL
    if router == LEAST_LOADED:
        serve_least_loaded(rates, fleet, arrivals, stop)
    else:
        serve_in_turn(rates, fleet, arrivals, active, stop)
    cursors[NEXT_ARRIVAL] = stop
    if stop == arrivals.arrival_s.shape[0] and not arrivals.last:
        cursors[ARRIVED] += stop
        return ARRIVALS_USED_UP
    for r in range(fleet.counts.shape[0]):
        if fleet.clocks[r, END_S] <= until:
            while fleet.clocks[r, END_S] <= until:
                end_segment(rates, fleet, r)
                begin_segment(rates, fleet, r, fleet.clocks[r, END_S])
            if router == LEAST_LOADED:
                refresh(fleet, r)
        credit(rates, fleet, r, until)
    return REACHED


def warm_up() -> None:
    """Compiles the serving kernel by one request through each router."""
    rates = Rates(np.full((1, 2, 6), 0.01), np.full((1, 8), 1e-4), np.ones((1, 2)), 1.0, 1, 100, 100, RECOMPUTE, 0.0)
    tokens = np.full(1, 10, np.int32)
    for router in (ROUND_ROBIN, LEAST_LOADED):
        fleet = new_fleet(1, 1)
        fleet.counts[:, STATE] = ON
        refresh_all(fleet)
        set_levels(rates, fleet, np.zeros(1, np.int64), 0.0)
        arrivals = Arrivals(np.ones(1), tokens, tokens, True)
        advance(rates, fleet, arrivals, np.zeros(1, np.int64), router, 9.0)
