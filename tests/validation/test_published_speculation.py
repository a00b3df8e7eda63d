"""Speculative decoding against the published gains of EAGLE-3 on one H100 (arXiv 2503.01840, SGLang, Llama-3.1-8B).

The acceptance of the technique is one figure chosen so that both gains come out, so this holds the shape: how fast the
gain falls with the batch is the model's own answer.
"""

from __future__ import annotations

import pytest

from sim.study import estimate
from sim.study.estimating import Estimate

TOLERANCE = 0.10
PUBLISHED = {1: 2.36, 64: 1.38}  # throughput over that without drafts, by batch


def on_sglang(draft_tokens: int | None) -> Estimate:
    """Prompts and answers of chat, as far as MT-bench is described."""
    return estimate(
        accelerator="h100-sxm",
        model="llama-3.1-8b",
        engine="sglang",
        batch=list(PUBLISHED),
        input_tokens=300.0,
        output_tokens=200.0,
        draft_tokens=draft_tokens,
    )


def test_eagle_3_gains_as_published() -> None:
    plain, drafted = on_sglang(None), on_sglang(3)
    for without, point in zip(plain.points, drafted.points, strict=True):
        assert without.output_tokens_per_s is not None
        assert point.output_tokens_per_s is not None
        gain = point.output_tokens_per_s / without.output_tokens_per_s
        assert gain == pytest.approx(PUBLISHED[point.batch], rel=TOLERANCE)


def test_the_draft_adds_two_to_five_percent_of_memory() -> None:
    plain, drafted = on_sglang(None).points[0], on_sglang(3).points[0]
    assert 0.02 < drafted.memory_bytes / plain.memory_bytes - 1.0 < 0.05
