"""Training a model on the answers of a larger one: what distilling costs, and what heals a pruned model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sim.models.variant import Variant
from sim.units import S_PER_H

READERS: Final = ("llm", "encoder")  # families that are trained on tokens, others on items


def retraining_h(figures: Mapping[str, float], student: Variant, teacher: Variant, peak_flops: float) -> float:
    """Accelerator-hours at `peak_flops` [FLOP/s each] over the technique's `tokens` or `items` at its `mfu`.

    The teacher answers (one pass forward), the student learns (one forward, and two backward: Kaplan et al. 2020,
    "Scaling laws for neural language models", table 1).
    """
    samples = figures["tokens" if student.model.family in READERS else "items"]
    flops = samples * (3.0 * forward_flops(student) + forward_flops(teacher))
    return flops / (figures["mfu"] * peak_flops) / S_PER_H


def forward_flops(variant: Variant) -> float:
    """FLOPs of one pass over a token, two for each weight that works on it, or over an item."""
    if variant.model.items is None or variant.model.family in READERS:
        return 2.0 * variant.active_parameters
    return variant.model.items.flops * variant.parameter_share
