"""One segment of a replica: what it costs, which sequences are in it, how it begins, is cut short and ends.

Called by the routers in `sim.kernels.serving`, whose text explains segments and admission.
"""

from __future__ import annotations

import numpy as np

from sim.kernels.admission import admit, longest_stretch, preempt
from sim.kernels.batch_heap import take_out
from sim.kernels.compiled import compiled, inlined
from sim.kernels.serving_layout import (
    ALIVE,
    BATCH_S,
    BEGIN_S,
    BEST_J,
    BUSY_S,
    CONTEXT,
    CREDITED,
    CREDITED_BEST_J,
    CREDITED_J,
    CREDITED_S,
    DECODING,
    END_S,
    ENERGY_J,
    FREE_SLOT,
    IDLE_W,
    ITERATION,
    ITERATIONS,
    KV_BEST_J,
    KV_J,
    KV_S,
    LENGTH,
    LEVEL,
    LOG_ARRIVAL_S,
    LOG_FINISH_S,
    LOG_FIRST_S,
    LOG_ID,
    LOG_INPUT,
    LOG_OUTPUT,
    LOG_REPLICA,
    LOGGED,
    NEW_CONTEXT,
    NONE,
    OFF,
    PARTIAL,
    PREFILL_BEST_J,
    PREFILL_J,
    PREFILL_S,
    RECOMPUTE,
    RESERVED,
    RUNNING,
    SEGMENT_LEVEL,
    SLOT_ARRIVAL_S,
    SLOT_BITS,
    SLOT_FIRST_S,
    SLOT_ID,
    SLOT_INPUT,
    SLOT_MADE,
    SLOT_NEXT,
    SLOT_OUTPUT,
    SLOTS_MAX,
    STATE,
    STEP_BEST_J,
    STEP_J,
    STEP_S,
    TOKENS,
    WAIT_J,
    WAIT_SINCE_S,
    WAIT_W,
    Fleet,
    Rates,
)

NEVER = np.inf


# --- one segment -----------------------------------------------------------------------------------------------------


@inlined
def stretch(step: float, per_token: float, context: int, batch: int, iterations: int) -> float:
    """Seconds (or joules) of so many decode iterations, from the cost of a step and of each token held."""
    n = float(iterations)
    return n * step + per_token * (context * n + batch * (0.5 * n * (n - 1.0)))


@inlined
def iterations_within(step: float, per_token: float, context: int, batch: int, span: float, most: int) -> int:
    """Whole iterations of a stretch that end within `span` seconds, at most `most`."""
    if span <= 0.0:
        return 0
    curve = 0.5 * per_token * batch
    slope = step + per_token * context - curve
    guess = 2.0 * span / (slope + np.sqrt(slope * slope + 4.0 * curve * span))
    count = most if guess >= most else int(guess)
    while count < most and stretch(step, per_token, context, batch, count + 1) <= span:
        count += 1
    while count > 0 and stretch(step, per_token, context, batch, count) > span:
        count -= 1
    return count


@compiled
def credit_wait(rates: Rates, fleet: Fleet, r: int, since: float, now: float) -> None:
    """Adds what replica r draws while it has no work: the active floor for a while, then idle."""
    clocks = fleet.clocks
    if fleet.counts[r, STATE] == OFF:
        return
    floor_s = min(max(clocks[r, WAIT_SINCE_S] + rates.linger_s - since, 0.0), now - since)
    level = fleet.counts[r, LEVEL]
    joules = rates.waiting_w[level, WAIT_W] * floor_s + rates.waiting_w[level, IDLE_W] * (now - since - floor_s)
    clocks[r, ENERGY_J] += joules
    clocks[r, WAIT_J] += joules


@inlined
def credit(rates: Rates, fleet: Fleet, r: int, now: float) -> None:
    """Brings the totals of replica r up to `now`, which lies within its segment or its wait.

    Whole iterations count their energy and tokens; of the one under way, energy counts in proportion to time.
    """
    clocks, counts = fleet.clocks, fleet.counts
    since = clocks[r, CREDITED_S]
    if now <= since:
        return
    clocks[r, CREDITED_S] = now
    if clocks[r, END_S] == NEVER:
        credit_wait(rates, fleet, r, since, now)
        return
    batch, context, length = counts[r, DECODING], counts[r, CONTEXT], counts[r, LENGTH]
    row = rates.decode[counts[r, SEGMENT_LEVEL], batch]
    span = now - clocks[r, BEGIN_S]
    if now >= clocks[r, END_S]:
        whole = length
    elif length == 1:
        whole = 0
    else:
        whole = iterations_within(row[STEP_S], row[KV_S], context, batch, span, length - 1)
    joules = stretch(row[STEP_J], row[KV_J], context, batch, whole)
    best = stretch(row[STEP_BEST_J], row[KV_BEST_J], context, batch, whole)
    if whole == length:
        joules += clocks[r, PREFILL_J]
        best += clocks[r, PREFILL_BEST_J]
    else:
        held = context + whole * batch
        begun = span - stretch(row[STEP_S], row[KV_S], context, batch, whole)
        part = begun / (row[STEP_S] + row[KV_S] * held + clocks[r, PREFILL_S])
        joules += part * (row[STEP_J] + row[KV_J] * held + clocks[r, PREFILL_J])
        best += part * (row[STEP_BEST_J] + row[KV_BEST_J] * held + clocks[r, PREFILL_BEST_J])
    clocks[r, ENERGY_J] += joules - clocks[r, CREDITED_J]
    clocks[r, BEST_J] += best - clocks[r, CREDITED_BEST_J]
    clocks[r, CREDITED_J] = joules
    clocks[r, CREDITED_BEST_J] = best
    clocks[r, BUSY_S] += now - since
    clocks[r, BATCH_S] += (now - since) * counts[r, RUNNING]
    counts[r, TOKENS] += (whole - counts[r, CREDITED]) * counts[r, RUNNING]
    counts[r, ITERATIONS] += whole - counts[r, CREDITED]
    counts[r, CREDITED] = whole


# --- begin and end of segments ---------------------------------------------------------------------------------------


@inlined
def begin_segment(rates: Rates, fleet: Fleet, r: int, now: float) -> None:
    """Forms the segment of replica r that begins at the boundary `now`: preempts or admits, then decodes or waits."""
    clocks, counts = fleet.clocks, fleet.counts
    preempted = rates.kv_policy == RECOMPUTE and preempt(rates, fleet, r)
    counts[r, SEGMENT_LEVEL] = counts[r, LEVEL]
    counts[r, DECODING] = counts[r, RUNNING]
    counts[r, CREDITED] = 0
    counts[r, NEW_CONTEXT] = 0
    for column in (CREDITED_J, CREDITED_BEST_J, PREFILL_S, PREFILL_J, PREFILL_BEST_J):
        clocks[r, column] = 0.0
    clocks[r, BEGIN_S] = now
    through = NONE if preempted else admit(rates, fleet, r)
    if counts[r, RUNNING] == 0 and counts[r, PARTIAL] == NONE:
        clocks[r, END_S] = NEVER
        clocks[r, WAIT_SINCE_S] = now
        return
    counts[r, LENGTH] = 1 if clocks[r, PREFILL_S] > 0.0 else longest_stretch(rates, fleet, r, preempted)
    row = rates.decode[counts[r, LEVEL], counts[r, DECODING]]
    seconds = stretch(row[STEP_S], row[KV_S], counts[r, CONTEXT], counts[r, DECODING], counts[r, LENGTH])
    clocks[r, END_S] = now + (seconds + clocks[r, PREFILL_S])
    while through != NONE:
        if fleet.slot_counts[through, SLOT_MADE] == 0:
            fleet.slot_times[through, SLOT_FIRST_S] = clocks[r, END_S]
        through = fleet.slot_counts[through, SLOT_NEXT]


@inlined
def log_row(
    fleet: Fleet, arrival: float, number: int, prompt: int, output: int, first: float, finish: float, r: int
) -> None:
    """Writes one row of the log."""
    row = fleet.cursors[LOGGED]
    fleet.cursors[LOGGED] = row + 1
    fleet.log_times[row, LOG_ARRIVAL_S] = arrival
    fleet.log_times[row, LOG_FIRST_S] = first
    fleet.log_times[row, LOG_FINISH_S] = finish
    fleet.log_counts[row, LOG_ID] = number
    fleet.log_counts[row, LOG_INPUT] = prompt
    fleet.log_counts[row, LOG_OUTPUT] = output
    fleet.log_counts[row, LOG_REPLICA] = r


@inlined
def end_segment(rates: Rates, fleet: Fleet, r: int) -> None:
    """Ends the segment of replica r: its tokens count, the sequences that are through leave and are logged."""
    clocks, counts, times, sizes = fleet.clocks, fleet.counts, fleet.slot_times, fleet.slot_counts
    end = clocks[r, END_S]
    credit(rates, fleet, r, end)
    counts[r, ITERATION] += counts[r, LENGTH]
    counts[r, CONTEXT] += counts[r, LENGTH] * counts[r, DECODING] + counts[r, NEW_CONTEXT]
    while counts[r, RUNNING] > 0 and (fleet.heap[r, 0] >> SLOT_BITS) <= counts[r, ITERATION]:
        slot = fleet.heap[r, 0] & (SLOTS_MAX - 1)
        take_out(fleet.heap[r], counts[r, RUNNING], 0)
        counts[r, RUNNING] -= 1
        prompt, output = sizes[slot, SLOT_INPUT], sizes[slot, SLOT_OUTPUT]
        counts[r, CONTEXT] -= prompt + output
        counts[r, RESERVED] -= prompt + output
        log_row(
            fleet, times[slot, SLOT_ARRIVAL_S], sizes[slot, SLOT_ID], prompt, output, times[slot, SLOT_FIRST_S], end, r
        )
        sizes[slot, SLOT_ID] = NONE
        sizes[slot, SLOT_NEXT] = fleet.cursors[FREE_SLOT]
        fleet.cursors[FREE_SLOT] = slot
        fleet.cursors[ALIVE] -= 1


@inlined
def cut_segment(rates: Rates, fleet: Fleet, r: int, now: float) -> None:
    """Shortens the decode stretch of replica r to its first boundary at or after `now`."""
    clocks, counts = fleet.clocks, fleet.counts
    most = counts[r, LENGTH]
    if most == 1:
        return
    batch, context = counts[r, DECODING], counts[r, CONTEXT]
    row = rates.decode[counts[r, SEGMENT_LEVEL], batch]
    begin = clocks[r, BEGIN_S]
    length = iterations_within(row[STEP_S], row[KV_S], context, batch, now - begin, most)
    while length == 0 or (length < most and begin + stretch(row[STEP_S], row[KV_S], context, batch, length) < now):
        length += 1
    if length < most:
        counts[r, LENGTH] = length
        clocks[r, END_S] = begin + stretch(row[STEP_S], row[KV_S], context, batch, length)
