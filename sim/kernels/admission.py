"""Who is in the batch of a replica: prompts taken in by chunks, KV memory, and preemption where it runs out.

Called at the boundaries of segments (`sim.kernels.segments`).
"""

from __future__ import annotations

from sim.kernels.batch_heap import push, take_out
from sim.kernels.compiled import compiled, inlined
from sim.kernels.serving_layout import (
    ADMITTED,
    BLOCK,
    BLOCK_SLACK,
    CONTEXT,
    DECODING,
    HEAD,
    ITERATION,
    LEVEL,
    NEW_CONTEXT,
    NONE,
    PARTIAL,
    PREEMPTED,
    PREFILL_BEST_J,
    PREFILL_J,
    PREFILL_S,
    RECOMPUTE,
    REQUEST_J,
    REQUEST_S,
    RESERVE,
    RESERVED,
    RUNNING,
    SLOT_ADMITTED,
    SLOT_BITS,
    SLOT_CACHED,
    SLOT_INPUT,
    SLOT_MADE,
    SLOT_NEXT,
    SLOT_OUTPUT,
    SLOT_TAKEN,
    SLOTS_MAX,
    TAIL,
    TOKEN2_BEST_J,
    TOKEN2_J,
    TOKEN2_S,
    TOKEN_BEST_J,
    TOKEN_J,
    TOKEN_S,
    WAITING,
    Fleet,
    Ints,
    Rates,
)

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
            sizes[slot, SLOT_TAKEN] = sizes[slot, SLOT_CACHED]
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
