"""Closed form of a replica that always decodes the same number of sequences: what benchmarks measure.

TPOT here carries each output token's share of prefill; a queue is not in it (that needs the simulation).
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.models.serving import ServingTables


@dataclass(frozen=True, slots=True)
class SteadyState:
    """A replica at constant batch."""

    tpot_s: float  # batch / output_tokens_per_s
    output_tokens_per_s: float  # of the replica
    power_w: float  # per accelerator
    j_per_output_token: float  # of all accelerators of the replica


def steady_state(
    tables: ServingTables,
    batch: int,
    input_tokens: float,
    output_tokens: float,
    *,
    context_tokens: float | None = None,
    cached_tokens: float = 0.0,
    level: int | None = None,
) -> SteadyState:
    """Steady state at `batch` sequences, each holding `context_tokens` on average (the tables' own where None).

    Every iteration takes in batch / output_tokens prompts of `input_tokens` tokens, of which a prefix cache holds the
    first `cached_tokens`: they are not computed, but the others attend to them and the KV cache holds them.
    """
    at = tables.top_level if level is None else level
    held = batch * (tables.context_tokens if context_tokens is None else context_tokens)
    step_s, kv_s, step_j, kv_j, *_ = (float(value) for value in tables.decode[at, batch])
    token_s, token2_s, request_s, token_j, token2_j, request_j, *_ = (float(value) for value in tables.prefill[at])
    prompts = batch / output_tokens
    computed = input_tokens - cached_tokens
    square = input_tokens * input_tokens - cached_tokens * cached_tokens
    seconds = step_s + kv_s * held + prompts * (token_s * computed + token2_s * square + request_s)
    joules = step_j + kv_j * held + prompts * (token_j * computed + token2_j * square + request_j)
    return SteadyState(seconds, batch / seconds, joules / seconds / tables.tensor_parallel, joules / batch)
