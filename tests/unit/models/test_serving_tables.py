"""The tables of a serving replica: corners of the roofline, memory, cap and refusals."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from sim.catalog.entries import EngineFit
from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.serving import engine_fit, serving_tables
from sim.models.steady import steady_state
from sim.models.variant import Variant

CATALOGUE = Catalogue.built_in()
H100, VLLM = CATALOGUE.accelerator("h100-sxm"), CATALOGUE.engine("vllm")
IDEAL = EngineFit(
    bandwidth_efficiency=1.0,
    compute_efficiency=1.0,
    prefill_efficiency=1.0,
    layer_s=0.0,
    sequence_s=0.0,
    all_reduce_s=0.0,
)
IDEAL_ENGINE = replace(VLLM, fits={}, fallback=IDEAL)


def made_variant(model: str = "llama-3.1-8b", weights: str = "bf16") -> Variant:
    return Variant(
        model=CATALOGUE.model(model), weights=CATALOGUE.precision(weights), kv_cache=CATALOGUE.precision("bf16")
    )


def test_an_ideal_engine_reaches_the_corner_of_the_roofline() -> None:
    """7e9 16-bit parameters at 2 TB/s: 14 GB / 2 TB/s = 7 ms at batch 1; at the ridge of 312 / 2.0 = 156 memory and
    arithmetic take as long, and their norm 2^(1/4) as long as either."""
    corner = replace(
        CATALOGUE.accelerator("a100-80g-sxm"), bandwidth_bytes_per_s=2.0e12, flops={"bf16": 312e12}, tdp_w=5000.0
    )
    model = replace(CATALOGUE.model("llama-3.1-8b"), parameters=7e9, active_parameters=7e9)
    tables = serving_tables(replace(made_variant(), model=model), IDEAL_ENGINE, corner, 1, 100.0, None, None)
    step_s = tables.decode[-1, :, 0]
    assert step_s[1] == pytest.approx(7.0e-3)
    held_s = tables.decode[-1, :, 1] * 100.0 * np.arange(len(step_s))
    memory_s, compute_s = 7.0e-3 + np.arange(len(step_s)) * 100.0 * 131072 / 2e12, 7.0e-3 / 156 * np.arange(len(step_s))
    assert step_s + held_s == pytest.approx((memory_s**4 + compute_s**4) ** 0.25)


def test_the_batch_ends_where_the_engine_or_the_memory_says() -> None:
    short, long = (serving_tables(made_variant(), VLLM, H100, 1, tokens, None, None) for tokens in (50.0, 8000.0))
    assert short.batch_max == VLLM.batch_max
    assert long.batch_max == long.kv_capacity_tokens // 8008  # and half a block of 16 that each sequence wastes
    assert serving_tables(made_variant(), VLLM, H100, 1, 1e9, None, None).batch_max == 1


def test_a_prompt_costs_a_part_per_token_and_a_part_per_token_squared() -> None:
    free = replace(H100, tdp_w=5000.0)
    prefill = serving_tables(made_variant(), IDEAL_ENGINE, free, 1, 1000.0, None, None).prefill[-1]
    model = CATALOGUE.model("llama-3.1-8b")
    assert prefill[0] == pytest.approx(2 * model.parameters / 989e12)
    assert prefill[1] == pytest.approx(2 * 4096 * 32 / 989e12)
    assert prefill[2] == 0.0


def test_more_accelerators_share_the_reading_and_pay_for_all_reduces() -> None:
    engine = replace(VLLM, fits={}, fallback=replace(IDEAL, all_reduce_s=1e-5))
    one, four = (serving_tables(made_variant(), engine, H100, count, 1000.0, None, None) for count in (1, 4))
    message = 2 * 3 / 4 * 1 * 4096 * 2 / (0.7 * H100.link_bytes_per_s)
    assert four.decode[-1, 1, 0] == pytest.approx(one.decode[-1, 1, 0] / 4 + 2 * 32 * (1e-5 + message))


def test_prompts_alone_pay_launches_and_one_reading_of_all_weights() -> None:
    tables = serving_tables(made_variant("qwen3-30b-a3b"), VLLM, H100, 1, 1000.0, None, None)
    fit = engine_fit(VLLM, H100, CATALOGUE.model("qwen3-30b-a3b"))
    read_s = tables.decode[-1, 0, 0] - 48 * fit.layer_s
    expected = made_variant("qwen3-30b-a3b").weight_bytes / (fit.bandwidth_efficiency * H100.bandwidth_bytes_per_s)
    assert read_s == pytest.approx(expected)
    assert tables.decode[-1, 0, 0] > tables.decode[-1, 1, 0]


def test_an_accelerator_without_measurements_takes_the_fall_back() -> None:
    known = replace(VLLM, fits={"h100-sxm": VLLM.fallback})
    unknown = replace(VLLM, fits={})
    one, other = (serving_tables(made_variant(), engine, H100, 1, 1000.0, None, None) for engine in (known, unknown))
    assert np.array_equal(one.decode, other.decode)


def test_design_power_holds_the_clock_of_prefill_below_its_top() -> None:
    tables = serving_tables(made_variant(), VLLM, replace(H100, tdp_w=500.0), 1, 1000.0, None, None)
    power_w = tables.prefill[:, 3] / tables.prefill[:, 0]
    assert 0.93 * 500.0 < power_w[-1] < 500.0
    assert power_w[-1] == power_w[-2]


def test_a_clock_knob_lowers_the_top_level_and_levels_above_repeat_it() -> None:
    tables = serving_tables(made_variant(), VLLM, H100, 1, 1000.0, None, 1200.0)
    assert tables.clock_mhz[tables.top_level] == 1200.0
    assert np.array_equal(tables.decode[tables.top_level], tables.decode[-1])


def test_a_model_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"llama-3.1-70b bf16 needs 131 GiB; one h100-sxm has 80 GiB"):
        serving_tables(made_variant("llama-3.1-70b"), VLLM, H100, 1, 1000.0, None, None)


def test_a_cap_below_what_the_lowest_clock_draws_thins_the_work() -> None:
    free, capped = (serving_tables(made_variant(), VLLM, H100, 1, 1000.0, cap, None) for cap in (None, 100.0))
    slow, fast = (steady_state(tables, 8, 800.0, 400.0) for tables in (capped, free))
    assert slow.power_w == pytest.approx(100.0)
    assert slow.tpot_s > 3.0 * fast.tpot_s


def test_a_cap_that_is_not_above_idle_power_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"power cap of 60 W cannot be kept by h100-sxm serving llama-3.1-8b/bf16"):
        serving_tables(made_variant(), VLLM, H100, 1, 1000.0, 60.0, None)


def test_a_model_without_tokens_has_no_tables() -> None:
    variant = replace(made_variant(), model=CATALOGUE.model("fixed-time"))
    with pytest.raises(ScenarioError, match="only llm models take tokens"):
        serving_tables(variant, VLLM, H100, 1, 1000.0, None, None)


def test_the_steady_state_spreads_prefill_over_the_tokens_decoded() -> None:
    tables = serving_tables(made_variant(), VLLM, H100, 1, 1000.0, None, None)
    state = steady_state(tables, 8, 800.0, 200.0)
    step_s, kv_s, *_ = tables.decode[-1, 8]
    token_s, token2_s, *_ = tables.prefill[-1]
    expected = step_s + kv_s * 8000.0 + 8 / 200.0 * (token_s * 800.0 + token2_s * 800.0**2)
    assert state.tpot_s == pytest.approx(expected)
    assert state.output_tokens_per_s == pytest.approx(8 / expected)
    assert state.j_per_output_token == pytest.approx(state.power_w * expected / 8)


def test_tables_are_built_within_50_ms() -> None:
    spent = []
    for _ in range(3):
        start = time.process_time()
        serving_tables(made_variant(), VLLM, H100, 1, 50.0, 500.0, None)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05


def test_int8_is_a_trap_where_its_units_were_cut_down() -> None:
    """B300 computes 15 times slower in int8 than in bf16: no gain once the batch is more than a few."""
    b300 = CATALOGUE.accelerator("b300")
    states = {}
    for weights in ("bf16", "fp8", "int8"):
        tables = serving_tables(made_variant(weights=weights), VLLM, b300, 1, 1000.0, None, None)
        states[weights] = steady_state(tables, 64, 800.0, 400.0)
    assert states["int8"].tpot_s > 2.0 * states["bf16"].tpot_s > 2.0 * states["fp8"].tpot_s
    assert states["int8"].power_w < states["bf16"].power_w
