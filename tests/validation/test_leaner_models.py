"""What leaner models gain in speed, against published figures: the roofline answers, the figures are not its input."""

from __future__ import annotations

import pytest

from handmade.runs import CATALOGUE, measure, pool, scenario, service
from sim.models.serving import ServingTables, serving_tables
from sim.models.steady import steady_state
from sim.scenario.specs import Measure
from sim.strategies import apply_mix

SPARSE = measure("algorithm", "prune", pattern="2:4")
INPUT, OUTPUT = 1000.0, 400.0
BATCHES = (1, 4, 16, 64, 128, 256)


def quantised(precision: str) -> Measure:
    return measure("algorithm", "quantise", quantise=precision)


def tables(
    *measures: Measure, on: str = "h100-sxm", node: str = "hgx-h100-8", context: float = 1200.0
) -> ServingTables:
    asked = scenario(*measures, services=(service(model="llama-3.1-8b"),), pools=(pool(node=node),))
    variant = apply_mix(asked, "lean").deployments["chat"].variant
    return serving_tables(variant, CATALOGUE.engine("vllm"), CATALOGUE.accelerator(on), 1, context)


def gain(leaner: ServingTables, batch: int) -> float:
    """Tokens per second over those of the model as published."""
    whole = tables()

    def rate(each: ServingTables) -> float:
        return steady_state(each, batch, INPUT, OUTPUT).output_tokens_per_s

    return rate(leaner) / rate(whole)


def test_two_of_four_alone_gains_at_most_thirty_percent() -> None:
    gains = [gain(tables(SPARSE), batch) for batch in BATCHES]
    assert 1.15 < gains[0] <= 1.30  # Sparse-Llama announcement: up to 30 % throughput, 20 % latency
    assert all(1.0 < each <= 1.30 for each in gains)
    assert gains == sorted(gains, reverse=True)  # context and host work dilute it


@pytest.mark.parametrize("batch", BATCHES)
def test_zeros_without_a_pattern_gain_nothing(batch: int) -> None:
    scattered = tables(measure("algorithm", "prune", pattern="unstructured"))
    assert gain(scattered, batch) == pytest.approx(1.0, abs=0.02)
    assert scattered.kv_capacity_tokens > tables().kv_capacity_tokens  # the freed bytes hold context


def test_two_of_four_in_int4_lies_in_the_published_band() -> None:
    both = tables(SPARSE, quantised("int4"))
    assert all(1.2 <= round(gain(both, batch), 2) <= 3.0 for batch in BATCHES)  # Sparse-Llama announcement, revised


def test_eight_bits_gain_under_load_what_is_published() -> None:
    assert all(1.3 <= gain(tables(quantised("fp8")), batch) <= 1.8 for batch in BATCHES)  # FP8 W8A8, H100-class


def test_four_bits_help_small_batches_and_hardly_large_ones() -> None:
    narrow = tables(quantised("int4"))
    assert 1.8 <= gain(narrow, 1) <= 2.4
    assert gain(narrow, 256) < 1.1
    assert gain(tables(quantised("fp8")), 256) > gain(narrow, 256)


def test_a_cache_in_eight_bits_halves_what_context_costs() -> None:
    whole, narrow = (
        tables(*measures, context=20_000.0)
        for measures in ((), (measure("algorithm", "quantise_kv", quantise_kv="fp8"),))
    )
    assert narrow.kv_capacity_tokens == pytest.approx(2 * whole.kv_capacity_tokens, abs=2)
    slope = narrow.decode[-1, 8, 1] / whole.decode[-1, 8, 1]
    assert slope == pytest.approx(0.54, abs=0.06)  # vLLM blog on FP8 KV cache: 54 % of the slope of BF16, Llama-3.1-8B
    short = tables(measure("algorithm", "quantise_kv", quantise_kv="fp8"))
    assert gain(short, 1) == pytest.approx(1.0, abs=0.01)


def test_structured_pruning_gains_more_by_depth_than_by_width() -> None:
    """Minitron names 1.8 times by width and 2.7 by depth (recalled), on another engine; here the order is checked."""
    width, depth = (tables(measure("algorithm", "prune", **{what: 0.56})) for what in ("width", "depth"))
    for batch in BATCHES:
        assert 1.2 < gain(width, batch) < gain(depth, batch) < 2.0
    assert depth.kv_capacity_tokens > 1.7 * width.kv_capacity_tokens


@pytest.mark.parametrize("device", ["b300", "gb300"])
def test_int8_on_a_device_that_cut_it_down_is_slower_than_sixteen_bits(device: str) -> None:
    whole, int8, fp8 = (
        tables(*measures, on=device, node="hgx-b200-8") for measures in ((), (quantised("int8"),), (quantised("fp8"),))
    )
    rates = [steady_state(each, 64, INPUT, OUTPUT).output_tokens_per_s for each in (int8, whole, fp8)]
    assert rates == sorted(rates)
    assert rates[0] < 0.6 * rates[1]
