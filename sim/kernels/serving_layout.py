"""Where each quantity of the serving kernel lives: the columns of its tables.

Written only by `sim.kernels.serving`, read by `sim.engine.serving`, except where the table says so. One row of
`clocks` and `counts` is one replica; times are seconds since the start of the scenario.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# clocks, float64 (replicas, CLOCKS)
BEGIN_S: Final = 0  # boundary at which the running segment began
END_S: Final = 1  # boundary at which it ends; infinite while the replica has no work
WAIT_SINCE_S: Final = 2  # when the replica ran out of work
CREDITED_S: Final = 3  # up to where the totals below are kept
CREDITED_J: Final = 4  # of the running segment, joules already in ENERGY_J
CREDITED_BEST_J: Final = 5  # likewise in BEST_J
BUSY_S: Final = 6  # total inside iterations
BATCH_S: Final = 7  # total of sequences decoding times seconds
ENERGY_J: Final = 8  # total of all accelerators of the replica, while it is held
BEST_J: Final = 9  # what the same iterations would take at their most efficient clock
PREFILL_S: Final = 10  # of the running segment, what its prompts add to one iteration
PREFILL_J: Final = 11
PREFILL_BEST_J: Final = 12
WAIT_J: Final = 13  # of ENERGY_J, what was drawn without work
CLOCKS: Final = 14

# counts, int64 (replicas, COUNTS)
STATE: Final = 0  # OFF, ON or DRAINING; written by sim.engine.serving
LEVEL: Final = 1  # clock level of the next segment; written by `set_levels`
SEGMENT_LEVEL: Final = 2  # clock level of the running segment
RUNNING: Final = 3  # sequences whose prompt is taken in and that are not finished: the size of the heap
DECODING: Final = 4  # of those, the ones that decode in the running segment
CONTEXT: Final = 5  # tokens held by the decoding sequences at BEGIN_S
RESERVED: Final = 6  # KV tokens promised to the admitted sequences: prompt and output
ITERATION: Final = 7  # iterations completed at BEGIN_S
LENGTH: Final = 8  # iterations in the running segment
CREDITED: Final = 9  # of those, the ones already in TOKENS
HEAD: Final = 10  # first slot waiting, or NONE
TAIL: Final = 11
WAITING: Final = 12
NEW_CONTEXT: Final = 13  # tokens that the prompts of the running segment will hold at its end
TOKENS: Final = 14  # total output tokens
ITERATIONS: Final = 15  # total iterations
LAST_ROUTED: Final = 16  # sequence number of the last request routed here
PARTIAL: Final = 17  # slot whose prompt is being taken in, or NONE
COUNTS: Final = 18

OFF: Final = 0
ON: Final = 1
DRAINING: Final = 2
NONE: Final = -1

# slots of requests alive: float64 (slots, SLOT_TIMES) and int64 (slots, SLOT_COUNTS)
SLOT_ARRIVAL_S: Final = 0
SLOT_FIRST_S: Final = 1
SLOT_TIMES: Final = 2
SLOT_ID: Final = 0  # NONE where the slot is free
SLOT_INPUT: Final = 1
SLOT_OUTPUT: Final = 2
SLOT_NEXT: Final = 3  # next in the queue of its replica, or in the list of free slots
SLOT_MADE: Final = 4  # output tokens made before the sequence was preempted
SLOT_TAKEN: Final = 5  # of prompt and SLOT_MADE, the tokens that are taken in already while it is PARTIAL
SLOT_ADMITTED: Final = 6  # number of its last admission; the newest is preempted first
SLOT_CACHED: Final = 7  # of the prompt, the tokens that its replica held when it came
SLOT_COUNTS: Final = 8

# log of requests that ended, in the order they ended: float64 (rows, LOG_TIMES) and int64 (rows, LOG_COUNTS)
LOG_ARRIVAL_S: Final = 0
LOG_FIRST_S: Final = 1  # NaN for a rejected request
LOG_FINISH_S: Final = 2  # NaN for a rejected request
LOG_TIMES: Final = 3
LOG_ID: Final = 0
LOG_INPUT: Final = 1
LOG_OUTPUT: Final = 2
LOG_REPLICA: Final = 3  # NONE for a rejected request
LOG_COUNTS: Final = 4

# cursors, int64 (CURSORS,): where the kernel stands
NEXT_ARRIVAL: Final = 0  # row of the chunk
FREE_SLOT: Final = 1  # head of the list of free slots, or NONE
LOGGED: Final = 2  # rows in the log
ROUTED: Final = 3  # requests routed so far
TURN: Final = 4  # position in `active` of the next replica of the round robin
ARRIVED: Final = 5  # requests seen so far; the id of the next one
REJECTED: Final = 6
ALIVE: Final = 7  # requests in slots: waiting, partial or running
ADMITTED: Final = 8  # admissions so far
PREEMPTED: Final = 9  # preemptions so far
PREFIX_HITS: Final = 10  # requests whose replica held the prefix of their group
CURSORS: Final = 11

# why `advance` returned
REACHED: Final = 0  # everything up to the instant asked for is done
ARRIVALS_USED_UP: Final = 1  # everything up to the last arrival of the chunk is done
LOG_FULL: Final = 2  # nothing was done: the log might not hold all requests that end
SLOTS_FULL: Final = 3  # nothing was done: there are fewer free slots than arrivals

RESERVE: Final = 0  # a sequence is admitted when prompt and output fit
RECOMPUTE: Final = 1  # when its prompt fits; where memory runs out, the newest goes back to the queue
BLOCK: Final = 16  # tokens of a block of KV memory
BLOCK_SLACK: Final = 8  # tokens that half-filled blocks hold back per sequence, on average

ROUND_ROBIN: Final = 0
LEAST_LOADED: Final = 1
POWER_OF_TWO: Final = 2  # the less loaded of two replicas drawn at random
CONSOLIDATE: Final = 3  # the fullest replica that has room, so that others idle
PREFIX_AFFINITY: Final = 4  # the replica that took the last request of the same group, while it has room

ENDLESS: Final = 1 << 40  # a queue without limit

# decode table, float64 (levels, batch + 1, DECODE): one iteration with that batch, as in sim.models.serving
STEP_S: Final = 0
KV_S: Final = 1
STEP_J: Final = 2
KV_J: Final = 3
STEP_BEST_J: Final = 4
KV_BEST_J: Final = 5

# prefill table, float64 (levels, PREFILL)
TOKEN_S: Final = 0
TOKEN2_S: Final = 1
REQUEST_S: Final = 2
TOKEN_J: Final = 3
TOKEN2_J: Final = 4
REQUEST_J: Final = 5
TOKEN_BEST_J: Final = 6
TOKEN2_BEST_J: Final = 7

# waiting power table, float64 (levels, 2): of all accelerators of a replica
WAIT_W: Final = 0  # at the active floor, just after work ended
IDLE_W: Final = 1


SLOT_BITS: Final = 24  # heap keys are (iteration at which a sequence ends) << SLOT_BITS | slot
SLOTS_MAX: Final = 1 << SLOT_BITS


class Rates(NamedTuple):
    """How fast a replica works and what it draws: the performance model as the kernel reads it."""

    decode: Floats  # (levels, batch_max + 1, 6)
    prefill: Floats  # (levels, 8)
    waiting_w: Floats  # (levels, 2)
    linger_s: float  # at the active floor after work ends
    batch_max: int
    kv_capacity: int  # tokens
    prompt_tokens_max: int  # tokens in one iteration, those of prompts and one for each decoding sequence
    kv_policy: int  # RESERVE or RECOMPUTE
    prefix_share: float  # of a prompt, what a prefix cache holds already


class Fleet(NamedTuple):
    """State of all replicas of one service."""

    clocks: Floats  # (replicas, CLOCKS)
    counts: Ints  # (replicas, COUNTS)
    heap: Ints  # (replicas, batch_max): running sequences by the iteration that ends them
    slot_times: Floats  # (slots, SLOT_TIMES)
    slot_counts: Ints  # (slots, SLOT_COUNTS)
    cursors: Ints  # (CURSORS,)
    log_times: Floats  # (rows, LOG_TIMES)
    log_counts: Ints  # (rows, LOG_COUNTS)
    ends: Floats  # (replicas,) END_S as the key of end_tree
    loads: Ints  # (replicas,) keys of load_tree
    end_tree: Ints
    load_tree: Ints


class Arrivals(NamedTuple):
    """One chunk of requests in order of arrival."""

    arrival_s: Floats
    reach_s: Floats  # when it is decided which replica takes it, and that has it; rising like arrival_s
    input_tokens: NDArray[np.int32]
    output_tokens: NDArray[np.int32]
    group: NDArray[np.int32]  # of requests whose prompts begin alike; empty where the service has no groups
    last: bool  # no chunk follows


class Dispatch(NamedTuple):
    """By which rule a request finds its replica, and when that takes no more."""

    router: int = ROUND_ROBIN
    queue_max: int = ENDLESS  # requests waiting at a replica from which on it rejects what is routed to it
    room: int = 1  # CONSOLIDATE, PREFIX_AFFINITY: requests in a replica up to which it is filled before another one
    key: np.uint64 = np.uint64(0)  # POWER_OF_TWO: stream of its draws, counted by the number of the request
