"""One replica at constant batch: memory, identities between the figures, limits, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.estimate import Point, Replica, estimated
from sim.models.layout import Layout
from sim.models.serving import serving_tables
from sim.models.steady import steady_state
from sim.models.variant import Variant

CATALOGUE = Catalogue.built_in()
BATCHES = (1, 2, 8, 32, 128, 512)


def made(model: str = "llama-3.1-8b", weights: str = "bf16", on: str = "h100-sxm") -> Replica:
    return Replica(
        variant=Variant(
            model=CATALOGUE.model(model), weights=CATALOGUE.precision(weights), kv_cache=CATALOGUE.precision("bf16")
        ),
        accelerator=CATALOGUE.accelerator(on),
        engine=CATALOGUE.engine("vllm"),
        layout=Layout(),
        input_tokens=300.0,
        output_tokens=200.0,
    )


def at(replica: Replica, batch: int) -> Point:
    return estimated(replica, [batch])[0]


def value(figure: float | None) -> float:
    assert figure is not None
    return figure


def test_figures_are_those_of_the_tables_that_a_run_reads() -> None:
    replica = made()
    point = at(replica, 32)
    tables = serving_tables(replica.variant, replica.engine, replica.accelerator, 1, 400.0, None, None)
    state = steady_state(tables, 32, 300.0, 200.0)
    assert (point.tpot_s, point.power_w, point.energy_j_per_token) == pytest.approx(
        (state.tpot_s, state.power_w, state.j_per_output_token), rel=1e-12
    )


@pytest.mark.parametrize("batch", BATCHES)
def test_time_per_token_is_batch_over_throughput_and_energy_is_power_over_throughput(batch: int) -> None:
    point = at(made(), batch)
    assert value(point.tpot_s) == pytest.approx(batch / value(point.output_tokens_per_s), rel=1e-12)
    assert value(point.energy_j_per_token) == pytest.approx(
        value(point.power_w) / value(point.output_tokens_per_s), rel=1e-12
    )


def test_energy_is_of_all_accelerators_and_power_of_one() -> None:
    point = at(replace(made("llama-3.1-70b"), layout=Layout(tensor_parallel=4)), 32)
    assert value(point.energy_j_per_token) == pytest.approx(
        4.0 * value(point.power_w) / value(point.output_tokens_per_s), rel=1e-12
    )


def test_a_list_gives_what_each_batch_gives_alone() -> None:
    together = estimated(made(), BATCHES)
    assert together == tuple(at(made(), batch) for batch in BATCHES)


def test_the_largest_batch_is_the_memory_over_the_context_held_and_fits() -> None:
    replica = made()
    most = at(replica, 1).max_batch
    assert at(replica, most).fits
    beyond = at(replica, most + 1)
    assert not beyond.fits
    assert f"at most {most:,} sequences" in str(beyond.why_not)
    assert (beyond.tpot_s, beyond.power_w, beyond.bound) == (None, None, None)


def test_memory_at_the_largest_batch_is_what_the_engine_may_fill() -> None:
    replica = made()
    most = at(replica, 1).max_batch
    share = replica.engine.memory_share * replica.accelerator.memory_bytes
    assert at(replica, most).memory_bytes <= share
    assert at(replica, most).memory_bytes == pytest.approx(share, rel=0.03)


def test_what_would_hold_too_large_a_batch_holds_it() -> None:
    assert "or tensor_parallel 2 or more" in str(at(made(), 2000).why_not)
    assert at(replace(made(), layout=Layout(tensor_parallel=2)), 2000).fits


def test_spread_of_the_outputs_makes_sequences_in_flight_hold_more() -> None:
    even, uneven = at(made(), 8), at(replace(made(), output_cv=1.0), 8)
    assert uneven.max_batch < even.max_batch
    assert value(uneven.tpot_s) > value(even.tpot_s)


def test_weights_that_do_not_fit_say_what_they_need_and_what_would_fit() -> None:
    formats = tuple(CATALOGUE.precision(name) for name in ("fp8", "int4"))
    (point,) = estimated(made("llama-3.1-70b"), [1], formats=formats)
    assert (point.fits, point.max_batch) == (False, 0)
    assert "needs 131 GiB; one h100-sxm has 80 GiB: use tensor_parallel 2 or more, or fp8" in str(point.why_not)


def test_a_request_longer_than_the_memory_does_not_fit() -> None:
    point = at(replace(made(), input_tokens=1e6), 1)
    assert (point.fits, point.max_batch) == (False, 0)
    assert "a request holds up to 1,000,200 tokens" in str(point.why_not)
    assert "use tensor_parallel 2 or more" in str(point.why_not)
    assert at(replace(made(), input_tokens=1e6, layout=Layout(tensor_parallel=2)), 1).fits


@pytest.mark.parametrize(("weights", "on"), [("fp8", "a100-80g-sxm"), ("fp4", "h100-sxm"), ("bf16", "v100-sxm2")])
def test_a_format_that_the_accelerator_lacks_is_refused(weights: str, on: str) -> None:
    with pytest.raises(ScenarioError, match=f"{on} has no {weights}; it computes in "):
        estimated(made(weights=weights, on=on), [1])


def test_formats_of_weights_alone_need_no_arithmetic_of_their_own() -> None:
    assert at(made(weights="int4", on="v100-sxm2"), 1).fits


def test_a_model_published_in_a_narrow_format_is_served_in_it_on_accelerators_without() -> None:
    replica = made(weights="fp4")
    published = replace(replica.variant.model, precision="fp4")
    assert at(replace(replica, variant=replace(replica.variant, model=published)), 1).fits


def test_a_model_without_tokens_is_refused() -> None:
    with pytest.raises(ScenarioError, match="fixed-time"):
        estimated(made("fixed-time"), [1])


def test_small_batches_are_bound_by_memory_and_large_ones_by_arithmetic() -> None:
    bounds = [str(point.bound) for point in estimated(made(), BATCHES)]
    assert bounds[0] == "memory"
    assert bounds[-1] == "compute"
    assert bounds == sorted(bounds, reverse=True)


def test_a_cap_lowers_clock_and_power_and_lengthens_time() -> None:
    free, capped = at(made(), 256), at(replace(made(), cap_w=450.0), 256)
    assert value(capped.power_w) <= 450.0 * (1 + 1e-9)
    assert value(capped.power_w) < value(free.power_w)
    assert value(capped.tpot_s) > value(free.tpot_s)
    assert value(capped.clock_mhz) < value(free.clock_mhz)


def test_the_first_token_of_a_long_prompt_waits_for_all_its_pieces() -> None:
    replica = replace(made(), input_tokens=20_000.0)
    whole = replace(replica, engine=replace(replica.engine, prefill_tokens_max=100_000))
    step_s = float(
        serving_tables(replica.variant, replica.engine, replica.accelerator, 1, replica.held_tokens).decode[-1, 0, 0]
    )
    assert value(at(replica, 1).ttft_s) - value(at(whole, 1).ttft_s) == pytest.approx(2.0 * step_s)


def test_the_first_token_of_a_mixture_comes_no_sooner_beside_others() -> None:
    ttft_s = [value(point.ttft_s) for point in estimated(made("qwen3-30b-a3b"), (1, 2, 4, 8, 64))]
    assert ttft_s == sorted(ttft_s)


def test_data_parallel_ranks_share_the_batch() -> None:
    """Two ranks with half of the sequences each do what two replicas do, where no experts are shared."""
    one, two = at(made(), 32), at(replace(made(), layout=Layout(data_parallel=2)), 64)
    assert value(two.output_tokens_per_s) == pytest.approx(2.0 * value(one.output_tokens_per_s), rel=0.01)
    assert two.memory_bytes == pytest.approx(2.0 * one.memory_bytes)
    assert two.max_batch == pytest.approx(2 * one.max_batch, abs=1)
