"""Which replica takes an arriving request, and what brings the replicas up to that instant.

Under the round robin and under two choices a request depends on one or two replicas alone, so only those are brought
up to its instant. Routers that know the load of all keep two winner trees: whose segment ends first, and who is chosen
next. A request is given away at the instant it reaches the fleet; where as many wait at its replica as may, it is
rejected. Two choices per request shorten queues almost as much as knowing all of them (Mitzenmacher 2001, "The power
of two choices in randomized load balancing"); consolidating fills replicas one after another up to a bound within
which they keep their pace, so that the rest idles.
"""

from __future__ import annotations

import numpy as np

from sim.kernels.admission import admissible, admitted, cached_tokens
from sim.kernels.compiled import compiled, inlined
from sim.kernels.draws import draw_two_of
from sim.kernels.prefixes import Prefixes, use
from sim.kernels.segments import NEVER, begin_segment, credit, cut_segment, end_segment, log_row
from sim.kernels.serving_layout import (
    ALIVE,
    ARRIVED,
    BLOCK_SLACK,
    CONSOLIDATE,
    END_S,
    FREE_SLOT,
    HEAD,
    LAST_ROUTED,
    NEXT_ARRIVAL,
    NONE,
    ON,
    PREFIX_AFFINITY,
    PREFIX_HITS,
    RECOMPUTE,
    REJECTED,
    ROUTED,
    SLOT_ARRIVAL_S,
    SLOT_CACHED,
    SLOT_FIRST_S,
    SLOT_ID,
    SLOT_INPUT,
    SLOT_MADE,
    SLOT_NEXT,
    SLOT_OUTPUT,
    STATE,
    TAIL,
    TURN,
    WAITING,
    Arrivals,
    Dispatch,
    Fleet,
    Ints,
    Rates,
)
from sim.kernels.tournament import replay

NOT_ROUTABLE = np.iinfo(np.int64).max


# --- one request -----------------------------------------------------------------------------------------------------


@inlined
def enqueue(rates: Rates, fleet: Fleet, prefixes: Prefixes, arrivals: Arrivals, i: int, r: int) -> None:
    """Gives arrival i of the chunk to replica r, whose segments before that instant have ended."""
    clocks, counts, cursors, sizes = fleet.clocks, fleet.counts, fleet.cursors, fleet.slot_counts
    now = arrivals.reach_s[i]
    slot = cursors[FREE_SLOT]
    cursors[FREE_SLOT] = sizes[slot, SLOT_NEXT]
    cursors[ALIVE] += 1
    fleet.slot_times[slot, SLOT_ARRIVAL_S] = arrivals.arrival_s[i]
    fleet.slot_times[slot, SLOT_FIRST_S] = NEVER
    sizes[slot, SLOT_ID] = cursors[ARRIVED] + i
    sizes[slot, SLOT_INPUT] = arrivals.input_tokens[i]
    sizes[slot, SLOT_OUTPUT] = arrivals.output_tokens[i]
    sizes[slot, SLOT_MADE] = 0
    sizes[slot, SLOT_CACHED] = cached_tokens(rates, arrivals.input_tokens[i])
    if prefixes.groups > 0:
        if use(prefixes, r, arrivals.group[i]):
            cursors[PREFIX_HITS] += 1
        else:
            sizes[slot, SLOT_CACHED] = 0
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


@inlined
def full(dispatch: Dispatch, fleet: Fleet, r: int) -> bool:
    """Whether as many requests wait at replica r as may."""
    return bool(fleet.counts[r, WAITING] >= dispatch.queue_max)


@compiled
def reject(fleet: Fleet, arrivals: Arrivals, i: int) -> None:
    """Logs arrival i of the chunk as rejected."""
    prompt, output = int(arrivals.input_tokens[i]), int(arrivals.output_tokens[i])
    log_row(fleet, arrivals.arrival_s[i], fleet.cursors[ARRIVED] + i, prompt, output, np.nan, np.nan, NONE)
    fleet.cursors[REJECTED] += 1


@inlined
def bring_up(rates: Rates, fleet: Fleet, r: int, now: float) -> None:
    """Ends the segments of replica r that end before `now`."""
    while fleet.clocks[r, END_S] < now:
        end_segment(rates, fleet, r)
        begin_segment(rates, fleet, r, fleet.clocks[r, END_S])


# --- routers that look at one or two replicas ------------------------------------------------------------------------


@compiled
def serve_in_turn(
    rates: Rates, fleet: Fleet, dispatch: Dispatch, prefixes: Prefixes, arrivals: Arrivals, active: Ints, stop: int
) -> None:
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
            bring_up(rates, fleet, r, arrivals.reach_s[i])
            if full(dispatch, fleet, r):
                reject(fleet, arrivals, i)
            else:
                enqueue(rates, fleet, prefixes, arrivals, i, r)
    fleet.cursors[TURN] = (turn + stop - start) % width


@inlined
def load(counts: Ints, r: int) -> int:
    """Requests of replica r, waiting or admitted."""
    return int(admitted(counts, r) + counts[r, WAITING])


@compiled
def serve_two_choices(
    rates: Rates, fleet: Fleet, dispatch: Dispatch, prefixes: Prefixes, arrivals: Arrivals, active: Ints, stop: int
) -> None:
    """Each arrival up to row `stop` goes to the less loaded of two replicas drawn for it; to the first where equal."""
    for i in range(fleet.cursors[NEXT_ARRIVAL], stop):
        if not fits(rates, arrivals, i):
            reject(fleet, arrivals, i)
            continue
        one, other = draw_two_of(dispatch.key, fleet.cursors[ARRIVED] + i, active.shape[0])
        r = active[one]
        for candidate in (active[one], active[other]):
            bring_up(rates, fleet, candidate, arrivals.reach_s[i])
            if load(fleet.counts, candidate) < load(fleet.counts, r):
                r = candidate
        if full(dispatch, fleet, r):
            reject(fleet, arrivals, i)
        else:
            enqueue(rates, fleet, prefixes, arrivals, i, r)


# --- routers that know the load of all -------------------------------------------------------------------------------


@inlined
def load_key(dispatch: Dispatch, counts: Ints, r: int) -> int:
    """Key of replica r, the smallest of which is chosen: outstanding requests, then who was chosen longest ago.

    Consolidating, replicas with room go first: the fullest of them, the lowest number where equal.
    """
    if counts[r, STATE] != ON:
        return NOT_ROUTABLE
    outstanding = load(counts, r)
    if dispatch.router == CONSOLIDATE:
        if outstanding < dispatch.room:
            return int((dispatch.room - outstanding) << 40)
        outstanding += dispatch.room
    return int((outstanding << 40) | counts[r, LAST_ROUTED])


@inlined
def refresh(fleet: Fleet, dispatch: Dispatch, r: int) -> None:
    """Brings both winner trees up to date after replica r changed."""
    if fleet.ends[r] != fleet.clocks[r, END_S]:
        fleet.ends[r] = fleet.clocks[r, END_S]
        replay(fleet.end_tree, fleet.ends, r)
    key = load_key(dispatch, fleet.counts, r)
    if fleet.loads[r] != key:
        fleet.loads[r] = key
        replay(fleet.load_tree, fleet.loads, r)


@inlined
def at_home(fleet: Fleet, dispatch: Dispatch, prefixes: Prefixes, group: int) -> int:
    """The replica that took the last request of a group, the least loaded where that has no room; its home anew."""
    r = prefixes.home[group]
    if r == NONE or fleet.counts[r, STATE] != ON or load(fleet.counts, r) >= dispatch.room:
        r = fleet.load_tree[1]
        prefixes.home[group] = r
    return int(r)


@compiled
def serve_by_load(
    rates: Rates, fleet: Fleet, dispatch: Dispatch, prefixes: Prefixes, arrivals: Arrivals, stop: int
) -> None:
    """Each arrival up to row `stop` goes to the replica with the smallest load key, or to its group's home."""
    for i in range(fleet.cursors[NEXT_ARRIVAL], stop):
        if not fits(rates, arrivals, i):
            reject(fleet, arrivals, i)
            continue
        while fleet.ends[fleet.end_tree[1]] < arrivals.reach_s[i]:
            r = fleet.end_tree[1]
            end_segment(rates, fleet, r)
            begin_segment(rates, fleet, r, fleet.clocks[r, END_S])
            refresh(fleet, dispatch, r)
        r = fleet.load_tree[1]
        if dispatch.router == PREFIX_AFFINITY:
            r = at_home(fleet, dispatch, prefixes, arrivals.group[i])
        if full(dispatch, fleet, r):
            reject(fleet, arrivals, i)
            continue
        fleet.cursors[ROUTED] += 1
        fleet.counts[r, LAST_ROUTED] = fleet.cursors[ROUTED]
        enqueue(rates, fleet, prefixes, arrivals, i, r)
        refresh(fleet, dispatch, r)
