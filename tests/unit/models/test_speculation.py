"""Drafted tokens: what an iteration yields, where the gain dies, and that no draft changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.serving import ServingTables, serving_tables
from sim.models.speculation import Speculation
from sim.models.steady import steady_state
from sim.models.variant import Variant
from sim.models.work import memory_need

CATALOGUE = Catalogue.built_in()
BF16 = CATALOGUE.precision("bf16")
H100 = CATALOGUE.accelerator("h100-sxm")
LLAMA = Variant(model=CATALOGUE.model("llama-3.1-8b"), weights=BF16, kv_cache=BF16)


def draft(draft_tokens: int, acceptance: float = 0.75) -> Speculation:
    return Speculation(draft_tokens=draft_tokens, acceptance=acceptance, step_share=0.04, memory_share=0.035)


def tables(speculation: Speculation | None = None, cap_w: float | None = None) -> ServingTables:
    variant = LLAMA if speculation is None else replace(LLAMA, speculation=speculation)
    return serving_tables(variant, CATALOGUE.engine("vllm"), H100, 1, 600.0, cap_w)


def gain(speculation: Speculation, batch: int) -> float:
    """Of decoding alone: prompts of no tokens."""
    plain, drafted = (steady_state(made, batch, 0.0, 1e9).tpot_s for made in (tables(), tables(speculation)))
    return plain / drafted


def test_tokens_per_step_follow_the_geometric_series() -> None:
    assert draft(4, 0.8).tokens_per_step == pytest.approx((1 - 0.8**5) / (1 - 0.8))
    assert draft(4, 0.0).tokens_per_step == 1.0
    assert draft(4, 1.0).tokens_per_step == 5.0


def test_without_drafted_tokens_the_tables_are_the_same_to_the_last_bit() -> None:
    plain, none = tables(), tables(draft(0))
    assert np.array_equal(plain.decode, none.decode)
    assert np.array_equal(plain.prefill, none.prefill)
    assert (plain.batch_max, plain.kv_capacity_tokens) == (none.batch_max, none.kv_capacity_tokens)


def test_the_gain_dies_with_the_batch() -> None:
    gains = [gain(draft(4, 0.8), batch) for batch in (1, 8, 64, 256, 512)]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 2.0
    assert gains[-1] < 1.0


def test_drafts_that_are_never_accepted_cost_their_steps_and_the_verifying() -> None:
    assert all(gain(draft(draft_tokens, 0.0), batch) < 1.0 for draft_tokens in (1, 4) for batch in (1, 64))


def test_better_drafts_are_never_slower() -> None:
    gains = [gain(draft(4, acceptance), 32) for acceptance in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert gains == sorted(gains)


def test_a_small_batch_saves_joules_and_a_large_one_spends_more() -> None:
    plain, drafted = tables(), tables(draft(4))

    def joules(made: ServingTables, batch: int) -> float:
        return steady_state(made, batch, 0.0, 1e9).j_per_output_token

    assert joules(drafted, 1) < 0.7 * joules(plain, 1)
    assert joules(drafted, 512) > joules(plain, 512)


def test_a_cap_is_kept_while_drafts_are_verified() -> None:
    held = tables(draft(4), cap_w=450.0)
    assert all(steady_state(held, batch, 0.0, 1e9).power_w <= 450.0 * (1 + 1e-9) for batch in (1, 16, 64, 256))


def test_an_iteration_of_prompts_alone_drafts_nothing() -> None:
    assert np.array_equal(tables(draft(4)).decode[:, 0], tables().decode[:, 0])


def test_a_draft_takes_its_share_of_memory_in_16_bits() -> None:
    plain, drafted = memory_need(LLAMA), memory_need(replace(LLAMA, speculation=draft(3)))
    assert drafted.weight_bytes == pytest.approx(1.035 * plain.weight_bytes)
    assert drafted.token_bytes == pytest.approx(1.035 * plain.token_bytes)
    narrow = replace(LLAMA, weights=CATALOGUE.precision("int4"))
    added = memory_need(replace(narrow, speculation=draft(3))).weight_bytes - memory_need(narrow).weight_bytes
    assert added == pytest.approx(0.035 * plain.weight_bytes)


def test_reading_the_model_is_not_slowed_by_the_memory_of_the_draft() -> None:
    assert replace(LLAMA, speculation=draft(3)).weight_bytes == LLAMA.weight_bytes


def test_figures_out_of_range_are_refused() -> None:
    with pytest.raises(ScenarioError, match=r"acceptance in 0\.\.1"):
        draft(4, 1.5)
    with pytest.raises(ScenarioError, match="0 or more drafted tokens"):
        draft(-1)
