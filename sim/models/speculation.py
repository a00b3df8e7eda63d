"""Speculative decoding: a draft proposes tokens, the model verifies them all in one iteration.

Acceptance a of each drafted token, independent of the others, and g drafted tokens give (1 - a^(g+1)) / (1 - a) tokens
per iteration on average (Leviathan et al. 2023). Verifying works on g + 1 tokens of each sequence at once, so the gain
dies where arithmetic already takes as long as memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.catalog.entries import Accelerator, ServingEngine
from sim.errors import ScenarioError
from sim.models.layout import Layout
from sim.models.pace import decode_seconds, decode_work
from sim.models.serving import engine_fit
from sim.models.variant import Variant

DRAFT_SHARE = 0.04  # assumed: one draft step over one of the model; drafts of one layer, and a head, are 2-5 % of it


@dataclass(frozen=True, slots=True)
class Speculation:
    """One iteration with drafts, at full clock."""

    tokens_per_step: float  # of each sequence
    step_s: float  # drafting and verifying
    speedup: float  # of decoding, over the same without drafts


def tokens_per_step(acceptance: float, draft_tokens: int) -> float:
    """Tokens that an iteration yields per sequence; raises ScenarioError for figures out of range."""
    if not 0.0 <= acceptance <= 1.0 or draft_tokens < 0:
        raise ScenarioError(
            f"speculation needs an acceptance in 0..1 and 0 or more drafted tokens; they are {acceptance:g} and "
            f"{draft_tokens}"
        )
    return float(sum(acceptance**accepted for accepted in range(draft_tokens + 1)))


def speculate(
    variant: Variant,
    engine: ServingEngine,
    accelerator: Accelerator,
    layout: Layout,
    batch: float,
    context_tokens: float,
    *,
    acceptance: float,
    draft_tokens: int,
    draft_share: float = DRAFT_SHARE,
) -> Speculation:
    """Tokens and seconds of an iteration with `batch` sequences, `draft_tokens` drafted for each.

    draft_share: seconds of one draft step as a share of an iteration without drafts.
    """
    fit = engine_fit(engine, accelerator, variant.model)

    def seconds(tokens_per_sequence: float) -> float:
        at = np.array(float(batch))
        work = decode_work(variant, accelerator, layout, at, context_tokens, tokens_per_sequence)
        found = decode_seconds(work, fit)
        return float(found.fixed + found.unit * work.held)

    plain = seconds(1.0)
    step = seconds(draft_tokens + 1.0) + draft_tokens * draft_share * plain
    gained = tokens_per_step(acceptance, draft_tokens)
    return Speculation(gained, step, gained * plain / step)
