"""Layouts of a replica, latent and windowed attention, and what lies outside the measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.catalog.entries import EngineFit
from sim.catalog.memory import kv_bytes_per_token, kv_capacity_tokens
from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.coverage import out_of_range
from sim.models.layout import Layout
from sim.models.pace import decode_seconds, decode_work
from sim.models.serving import ServingTables, serving_tables
from sim.models.variant import Variant
from sim.models.work import group_imbalance, held_context_tokens, memory_need

CATALOGUE = Catalogue.built_in()
H100, VLLM = CATALOGUE.accelerator("h100-sxm"), CATALOGUE.engine("vllm")
ROOMY = replace(H100, memory_bytes=1e15, tdp_w=5000.0)
IDEAL = EngineFit(
    bandwidth_efficiency=1.0,
    compute_efficiency=1.0,
    prefill_efficiency=1.0,
    layer_s=0.0,
    sequence_s=0.0,
    all_reduce_s=0.0,
)


def variant(model: str, weights: str = "bf16") -> Variant:
    return Variant(
        model=replace(CATALOGUE.model(model), power_calibration={}),
        weights=CATALOGUE.precision(weights),
        kv_cache=CATALOGUE.precision("bf16"),
    )


def tables(model: str, group: int = 1, **layout: int) -> ServingTables:
    engine = replace(VLLM, fits={}, fallback=IDEAL, expert_fallback=None, batch_max=64)
    free = replace(ROOMY, link_bytes_per_s=1e18)
    return serving_tables(variant(model), engine, free, group, 1000.0, **layout)


def test_a_latent_cache_holds_one_vector_per_token_and_layer() -> None:
    assert kv_bytes_per_token(CATALOGUE.model("deepseek-r1"), 2.0) == 61 * 576 * 2


def test_a_latent_cache_is_copied_to_every_accelerator_of_a_group() -> None:
    need = memory_need(variant("deepseek-r1", "fp8"))
    room = 8 * (VLLM.memory_share * 2.0 * H100.memory_bytes - VLLM.overhead_bytes) - need.weight_bytes
    large = replace(H100, memory_bytes=2.0 * H100.memory_bytes)
    assert kv_capacity_tokens(need, VLLM, large, 8) == int(room / (need.token_bytes * 8))


def test_layers_with_a_window_keep_no_more_than_the_window() -> None:
    model = CATALOGUE.model("gpt-oss-120b")
    full = kv_bytes_per_token(model, 2.0)
    assert kv_bytes_per_token(model, 2.0, 128.0) == full
    assert kv_bytes_per_token(model, 2.0, 12_800.0) == pytest.approx(full * (0.5 + 0.5 / 100))


def test_time_is_exact_at_the_typical_context_and_straight_beyond_it() -> None:
    """The table's line touches the norm of memory and compute time from below."""
    batch = np.array(64.0)

    def line(held: float, typical: float) -> float:
        work = decode_work(variant("llama-3.1-8b"), ROOMY, Layout(), batch, typical)
        found = decode_seconds(work, IDEAL, 20.0)
        return float(found.fixed + found.unit * held)

    for typical in (100.0, 1000.0, 4000.0):
        exact = line(64 * typical, typical)
        assert line(64 * typical, 1.5 * typical) <= exact
        assert line(64 * typical, 1.01 * typical) == pytest.approx(exact, rel=1e-3)


def test_stages_of_a_pipeline_hold_a_share_of_the_sequences_each() -> None:
    """Two stages take as long for 16 sequences as one accelerator for 8, and serve twice as many."""
    one, two = tables("llama-3.1-8b"), tables("llama-3.1-8b", pipeline_parallel=2)
    assert two.tensor_parallel == 2
    assert two.decode[-1, 16, 0] == pytest.approx(one.decode[-1, 8, 0])
    assert two.decode[-1, 16, 1] == pytest.approx(one.decode[-1, 8, 1] / 2)
    assert two.prefill[-1, 0] == pytest.approx(one.prefill[-1, 0] / 2, rel=1e-6)


def test_ranks_of_data_parallel_attention_read_what_is_outside_experts_each() -> None:
    split, ranks = tables("qwen3-30b-a3b", 4), tables("qwen3-30b-a3b", 1, data_parallel=4)
    model = CATALOGUE.model("qwen3-30b-a3b")
    core = (model.parameters - model.expert_parameters) * 2.0
    extra = core * (1 - 1 / 4) / H100.bandwidth_bytes_per_s
    assert ranks.decode[-1, 0, 0] - split.decode[-1, 0, 0] == pytest.approx(extra, rel=1e-6)


def test_groups_of_experts_wait_for_the_busiest() -> None:
    coverage = np.array([0.1, 0.5, 1.0])
    imbalance = group_imbalance(variant("qwen3-30b-a3b"), coverage, 8)
    assert np.all(np.diff(imbalance) < 0.0)
    assert imbalance[-1] == 1.0
    assert np.all(group_imbalance(variant("qwen3-30b-a3b"), coverage, 1) == 1.0)


def test_expert_groups_that_do_not_divide_the_accelerators_are_refused() -> None:
    with pytest.raises(ScenarioError, match="expert_parallel of 3 does not divide the 4 accelerators"):
        Layout(tensor_parallel=4, expert_parallel=3)


def test_4_bit_weights_of_a_mixture_leave_the_rest_in_16_bits() -> None:
    """gpt-oss-120b in 4 bits is a checkpoint of about 65 GB."""
    found = variant("gpt-oss-120b", "fp4")
    model = found.model
    assert found.weight_bytes == pytest.approx(
        model.expert_parameters * 0.5625 + (model.parameters - model.expert_parameters) * 2
    )
    assert found.weight_bytes == pytest.approx(65e9, rel=0.07)


def test_calibrated_power_is_scaled_above_idle() -> None:
    plain = variant("llama-3.1-8b")
    hot = replace(plain, model=replace(plain.model, power_calibration={"h100-sxm": 1.1}))
    watts = []
    for each in (plain, hot):
        found = serving_tables(each, replace(VLLM, batch_max=8), ROOMY, 1, 1000.0)
        seconds, joules = (found.decode[-1, 8, part] + found.decode[-1, 8, part + 1] * 8000.0 for part in (0, 2))
        watts.append(joules / seconds)
    assert watts[1] - ROOMY.idle_w == pytest.approx(1.1 * (watts[0] - ROOMY.idle_w), rel=1e-6)


def test_held_context_is_length_biased() -> None:
    assert held_context_tokens(300.0, 400.0, 0.0) == 500.0
    assert held_context_tokens(300.0, 400.0, 1.0) == 700.0


@pytest.mark.parametrize(
    ("model", "device", "group", "batch", "said"),
    [
        ("llama-3.1-8b", "h100-sxm", 1, 32, ()),
        ("llama-3.1-8b", "l4", 1, 32, ("was not measured",)),
        ("llama-3.1-8b", "h100-sxm", 1, 5000, ("5000 is outside",)),
        ("llama-3.1-405b", "h100-sxm", 16, 32, ("billion active", "16 are more")),
        ("qwen3-30b-a3b", "h100-sxm", 1, 32, ("older software",)),
        ("gpt-oss-120b", "h100-sxm", 2, 32, ()),
    ],
)
def test_what_was_not_measured_is_told(model: str, device: str, group: int, batch: int, said: tuple[str, ...]) -> None:
    found = out_of_range(variant(model), VLLM, CATALOGUE.accelerator(device), group, batch)
    assert len(found) == len(said)
    assert all(part in text for part, text in zip(said, found, strict=True))
