"""Drafted tokens: what an iteration yields, and where the gain dies."""

from __future__ import annotations

import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.layout import Layout
from sim.models.speculation import Speculation, speculate, tokens_per_step
from sim.models.variant import Variant

CATALOGUE = Catalogue.built_in()
BF16 = CATALOGUE.precision("bf16")
LLAMA = Variant(model=CATALOGUE.model("llama-3.1-8b"), weights=BF16, kv_cache=BF16)


def drafted(batch: float, draft_tokens: int = 4, acceptance: float = 0.8) -> Speculation:
    engine, h100 = CATALOGUE.engine("vllm"), CATALOGUE.accelerator("h100-sxm")
    return speculate(LLAMA, engine, h100, Layout(), batch, 600.0, acceptance=acceptance, draft_tokens=draft_tokens)


def test_tokens_per_step_follow_the_geometric_series() -> None:
    assert tokens_per_step(0.8, 4) == pytest.approx((1 - 0.8**5) / (1 - 0.8))
    assert tokens_per_step(0.0, 4) == 1.0
    assert tokens_per_step(1.0, 4) == 5.0


def test_without_drafts_nothing_changes() -> None:
    assert drafted(8.0, draft_tokens=0).speedup == pytest.approx(1.0)


def test_the_gain_dies_with_the_batch() -> None:
    gains = [drafted(batch).speedup for batch in (1.0, 8.0, 64.0, 256.0)]
    assert gains == sorted(gains, reverse=True)
    # EAGLE-3 on one H100: 2.36 times at batch 1, 1.38 times at batch 64 (SGLang's measurement)
    assert gains[0] == pytest.approx(2.36, rel=0.3)
    assert gains[2] > 1.0


def test_figures_out_of_range_are_refused() -> None:
    with pytest.raises(ScenarioError, match=r"acceptance in 0\.\.1"):
        tokens_per_step(1.5, 4)
