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

from sim.kernels.compiled import compiled, inlined
from sim.kernels.fleet import new_fleet
from sim.kernels.serving_layout import (
    ADMITTED,
    ALIVE,
    ARRIVALS_USED_UP,
    ARRIVED,
    BATCH_S,
    BEGIN_S,
    BEST_J,
    BLOCK,
    BLOCK_SLACK,
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
    HEAD,
    IDLE_W,
    ITERATION,
    ITERATIONS,
    KV_BEST_J,
    KV_J,
    KV_S,
    LAST_ROUTED,
    LEAST_LOADED,
    LENGTH,
    LEVEL,
    LOG_ARRIVAL_S,
    LOG_FINISH_S,
    LOG_FIRST_S,
    LOG_FULL,
    LOG_ID,
    LOG_INPUT,
    LOG_OUTPUT,
    LOG_REPLICA,
    LOGGED,
    NEW_CONTEXT,
    NEXT_ARRIVAL,
    NONE,
    OFF,
    ON,
    PARTIAL,
    PREEMPTED,
    PREFILL_BEST_J,
    PREFILL_J,
    PREFILL_S,
    REACHED,
    RECOMPUTE,
    REJECTED,
    REQUEST_J,
    REQUEST_S,
    RESERVE,
    RESERVED,
    ROUND_ROBIN,
    ROUTED,
    RUNNING,
    SEGMENT_LEVEL,
    SLOT_ADMITTED,
    SLOT_ARRIVAL_S,
    SLOT_BITS,
    SLOT_FIRST_S,
    SLOT_ID,
    SLOT_INPUT,
    SLOT_MADE,
    SLOT_NEXT,
    SLOT_OUTPUT,
    SLOT_TAKEN,
    SLOTS_FULL,
    SLOTS_MAX,
    STATE,
    STEP_BEST_J,
    STEP_J,
    STEP_S,
    TAIL,
    TOKEN2_BEST_J,
    TOKEN2_J,
    TOKEN2_S,
    TOKEN_BEST_J,
    TOKEN_J,
    TOKEN_S,
    TOKENS,
    TURN,
    WAIT_J,
    WAIT_SINCE_S,
    WAIT_W,
    WAITING,
    Arrivals,
    Fleet,
    Ints,
    Rates,
)
from sim.kernels.tournament import rebuild, replay

NEVER = np.inf
NOT_ROUTABLE = np.iinfo(np.int64).max


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


# --- the heap of sequences by the iteration that ends them -----------------------------------------------------------


@inlined
def push(heap: Ints, size: int, key: int) -> None:
    """Adds `key` to the binary heap in heap[:size]; the caller counts."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key


@inlined
def pop(heap: Ints, size: int) -> None:
    """Removes the smallest key of heap[:size]; the caller counts."""
    key = heap[size - 1]
    i, child = 0, 1
    while child < size - 1:
        if child + 1 < size - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i, child = child, 2 * child + 1
    heap[i] = key


# --- prompts ---------------------------------------------------------------------------------------------------------


@inlined
def held_tokens(fleet: Fleet, r: int) -> int:
    """KV tokens that the admitted sequences of replica r fill where its segment begins; a partial prompt as a whole."""
    counts = fleet.counts
    held = counts[r, CONTEXT] + BLOCK_SLACK * counts[r, RUNNING]
    partial = counts[r, PARTIAL]
    if partial != NONE:
        held += fleet.slot_counts[partial, SLOT_INPUT] + fleet.slot_counts[partial, SLOT_MADE] + BLOCK_SLACK
    return int(held)


@inlined
def admitted(counts: Ints, r: int) -> int:
    """Sequences of replica r that hold memory: those in the batch and the one whose prompt is being taken in."""
    return int(counts[r, RUNNING] + (1 if counts[r, PARTIAL] != NONE else 0))


@inlined
def admissible(rates: Rates, fleet: Fleet, r: int) -> bool:
    """Whether the first waiting request of replica r fits beside the admitted ones."""
    counts, sizes = fleet.counts, fleet.slot_counts
    slot = counts[r, HEAD]
    if slot == NONE or counts[r, PARTIAL] != NONE or counts[r, RUNNING] >= rates.batch_max:
        return False
    if rates.kv_policy == RESERVE:
        return bool(counts[r, RESERVED] + sizes[slot, SLOT_INPUT] + sizes[slot, SLOT_OUTPUT] <= rates.kv_capacity)
    need = sizes[slot, SLOT_INPUT] + sizes[slot, SLOT_MADE] + BLOCK_SLACK + counts[r, RUNNING] + 1
    return bool(held_tokens(fleet, r) + counts[r, NEW_CONTEXT] + need <= rates.kv_capacity)


@inlined
def cached_tokens(rates: Rates, prompt: int) -> int:
    """Tokens of a prompt that need not be computed: whole blocks of the cached share, never the last token."""
    return min(int(rates.prefix_share * prompt) // BLOCK * BLOCK, prompt - 1)


@inlined
def take_prompt(rates: Rates, fleet: Fleet, r: int, budget: int) -> int:
    """Takes tokens of the partial prompt of replica r into the iteration that begins; how many.

    Their cost is added to PREFILL_*. A prompt that is through joins the heap; its first token comes at the end.
    """
    clocks, counts, sizes = fleet.clocks, fleet.counts, fleet.slot_counts
    slot = counts[r, PARTIAL]
    whole, before = sizes[slot, SLOT_INPUT] + sizes[slot, SLOT_MADE], sizes[slot, SLOT_TAKEN]
    chunk = min(whole - before, budget)
    after = before + chunk
    squares = float(after) * after - float(before) * before
    cost = rates.prefill[counts[r, LEVEL]]
    clocks[r, PREFILL_S] += cost[TOKEN_S] * chunk + cost[TOKEN2_S] * squares
    clocks[r, PREFILL_J] += cost[TOKEN_J] * chunk + cost[TOKEN2_J] * squares
    clocks[r, PREFILL_BEST_J] += cost[TOKEN_BEST_J] * chunk + cost[TOKEN2_BEST_J] * squares
    sizes[slot, SLOT_TAKEN] = after
    if after == whole:
        clocks[r, PREFILL_S] += cost[REQUEST_S]
        clocks[r, PREFILL_J] += cost[REQUEST_J]
        last = counts[r, ITERATION] + sizes[slot, SLOT_OUTPUT] - sizes[slot, SLOT_MADE]
        push(fleet.heap[r], counts[r, RUNNING], (last << SLOT_BITS) | slot)
        counts[r, RUNNING] += 1
        counts[r, NEW_CONTEXT] += whole + 1
        counts[r, PARTIAL] = NONE
    return int(chunk)


@inlined
def admit(rates: Rates, fleet: Fleet, r: int) -> int:
    """Takes prompts into the iteration that begins at replica r; the chain of those that are through, by SLOT_NEXT."""
    counts, sizes = fleet.counts, fleet.slot_counts
    budget = rates.prompt_tokens_max - counts[r, DECODING]
    through = NONE
    while budget > 0:
        if counts[r, PARTIAL] == NONE:
            if not admissible(rates, fleet, r):
                break
            slot = counts[r, HEAD]
            counts[r, HEAD] = sizes[slot, SLOT_NEXT]
            counts[r, WAITING] -= 1
            counts[r, PARTIAL] = slot
            counts[r, RESERVED] += sizes[slot, SLOT_INPUT] + sizes[slot, SLOT_OUTPUT]
            sizes[slot, SLOT_TAKEN] = cached_tokens(rates, sizes[slot, SLOT_INPUT])
            sizes[slot, SLOT_ADMITTED] = fleet.cursors[ADMITTED]
            fleet.cursors[ADMITTED] += 1
        slot = counts[r, PARTIAL]
        budget -= take_prompt(rates, fleet, r, budget)
        if counts[r, PARTIAL] == NONE:
            sizes[slot, SLOT_NEXT] = through
            through = slot
    return through


# --- running out of memory -------------------------------------------------------------------------------------------


@compiled
def take_out(heap: Ints, size: int, i: int) -> None:
    """Removes position i of heap[:size]; the caller counts."""
    key = heap[size - 1]
    while i > 0 and heap[(i - 1) // 2] > key:
        heap[i] = heap[(i - 1) // 2]
        i = (i - 1) // 2
    child = 2 * i + 1
    while child < size - 1:
        if child + 1 < size - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i, child = child, 2 * child + 1
    heap[i] = key


@compiled
def newest(fleet: Fleet, r: int) -> int:
    """Position in the heap of replica r of the sequence admitted last."""
    found, latest = 0, -1
    for i in range(fleet.counts[r, RUNNING]):
        number = fleet.slot_counts[fleet.heap[r, i] & (SLOTS_MAX - 1), SLOT_ADMITTED]
        if number > latest:
            found, latest = i, number
    return found


@compiled
def back_to_queue(fleet: Fleet, r: int, slot: int) -> None:
    """Puts a preempted sequence first in the queue of replica r."""
    counts, sizes = fleet.counts, fleet.slot_counts
    sizes[slot, SLOT_NEXT] = counts[r, HEAD]
    if counts[r, HEAD] == NONE:
        counts[r, TAIL] = slot
    counts[r, HEAD] = slot
    counts[r, WAITING] += 1
    counts[r, RESERVED] -= sizes[slot, SLOT_INPUT] + sizes[slot, SLOT_OUTPUT]
    fleet.cursors[PREEMPTED] += 1


@compiled
def preempt(rates: Rates, fleet: Fleet, r: int) -> bool:
    """Sends the newest sequences of replica r back until all others can take one more token; whether any went.

    What they had made is kept as tokens to be taken in again with the prompt.
    """
    counts, sizes = fleet.counts, fleet.slot_counts
    went = False
    while admitted(counts, r) > 1 and held_tokens(fleet, r) + counts[r, RUNNING] > rates.kv_capacity:
        went = True
        if counts[r, PARTIAL] != NONE:
            slot = counts[r, PARTIAL]
            counts[r, PARTIAL] = NONE
        else:
            i = newest(fleet, r)
            key = fleet.heap[r, i]
            slot = key & (SLOTS_MAX - 1)
            take_out(fleet.heap[r], counts[r, RUNNING], i)
            counts[r, RUNNING] -= 1
            sizes[slot, SLOT_MADE] = sizes[slot, SLOT_OUTPUT] - ((key >> SLOT_BITS) - counts[r, ITERATION])
            counts[r, CONTEXT] -= sizes[slot, SLOT_INPUT] + sizes[slot, SLOT_MADE]
        back_to_queue(fleet, r, slot)
    return went


@inlined
def longest_stretch(rates: Rates, fleet: Fleet, r: int, preempted: bool) -> int:
    """Iterations until the first running sequence of replica r ends, or memory for one more token each runs out."""
    length = (fleet.heap[r, 0] >> SLOT_BITS) - fleet.counts[r, ITERATION]
    if rates.kv_policy == RECOMPUTE:
        if preempted:
            return 1
        length = min(length, (rates.kv_capacity - held_tokens(fleet, r)) // fleet.counts[r, RUNNING])
    return int(max(length, 1))


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
        pop(fleet.heap[r], counts[r, RUNNING])
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
