"""Time per token of a replica at one constant batch, at the full clock and without a limit on power.

The same seconds as the top row of the serving tables without their joules and levels, for questions that are asked of
many variants at a time.
"""

from __future__ import annotations

import numpy as np

from sim.catalog.entries import Accelerator, ServingEngine
from sim.models import pace
from sim.models.layout import Layout
from sim.models.serving import batch_in_memory, capacity_tokens, engine_fit
from sim.models.variant import Variant


def batch_at_most(
    variant: Variant, engine: ServingEngine, accelerator: Accelerator, layout: Layout, context_tokens: float, batch: int
) -> int:
    """The batch, or what engine and memory allow where that is less; at least 1. ScenarioError where nothing fits."""
    capacity = capacity_tokens(variant, engine, accelerator, layout, context_tokens)
    return max(1, min(batch, engine.batch_max, batch_in_memory(capacity, context_tokens)))


def time_per_token_s(
    variant: Variant,
    engine: ServingEngine,
    accelerator: Accelerator,
    layout: Layout,
    batch: int,
    input_tokens: float,
    output_tokens: float,
    context_tokens: float,
) -> float:
    """Seconds per output token of a sequence in a batch, its share of taking prompts in included.

    Raises ScenarioError where the accelerator cannot compute the variant's format.
    """
    fit = engine_fit(engine, accelerator, variant.model)

    def iteration_s(tokens_per_sequence: float) -> float:
        at = np.array(float(batch))
        load = pace.decode_work(variant, accelerator, layout, at, context_tokens, tokens_per_sequence)
        found = pace.decode_seconds(load, fit)
        return float(found.fixed + found.unit * batch * context_tokens)

    step_s, drafts = iteration_s(1.0), variant.speculation
    if drafts.draft_tokens:
        verifying_s = iteration_s(drafts.verified_tokens)
        step_s = (verifying_s + drafts.drafting_share * step_s) / drafts.tokens_per_step
    prompt = pace.prompt_work(variant, accelerator, layout, context_tokens)
    token_s, square_s, request_s = (float(part) for part in pace.prompt_seconds(prompt, fit))
    taking_s = token_s * input_tokens + square_s * input_tokens**2 + request_s
    return step_s + batch / output_tokens * taking_s
