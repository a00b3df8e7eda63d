"""Warnings of estimates: what was not measured, and what is assumed."""

from __future__ import annotations

from dataclasses import replace

from sim.catalog.entries import FitRange
from sim.catalog.reader import Catalogue
from sim.models.estimate import Replica, estimated
from sim.models.layout import Layout
from sim.models.variant import Variant
from sim.study.estimate_warnings import estimate_warnings

CATALOGUE = Catalogue.built_in()
MEASURED = FitRange(
    rows=12,
    batch_min=8.0,
    batch_max=512.0,
    tensor_parallel_max=1,
    active_gparameters_min=8.0,
    active_gparameters_max=32.0,
)


def made(model: str = "llama-3.1-8b", tensor_parallel: int = 1) -> Replica:
    """On H100 with an engine measured there as MEASURED says."""
    bf16, vllm = CATALOGUE.precision("bf16"), CATALOGUE.engine("vllm")
    fit = replace(vllm.fallback, measured=MEASURED)
    engine = replace(vllm, fits={"h100-sxm": fit}, fallback=fit, sources={}, expert_fits={}, expert_fallback=None)
    return Replica(
        variant=Variant(model=CATALOGUE.model(model), weights=bf16, kv_cache=bf16),
        accelerator=replace(CATALOGUE.accelerator("h100-sxm"), sources={}),
        engine=engine,
        layout=Layout(tensor_parallel=tensor_parallel),
        input_tokens=300.0,
        output_tokens=200.0,
    )


def texts(replica: Replica, *batches: int) -> tuple[str, ...]:
    return estimate_warnings(replica, estimated(replica, batches))


def test_what_was_measured_is_not_warned_of() -> None:
    assert texts(made(), 8, 64, 512) == ()


def test_batches_beyond_the_measured_ones_are_told_at_both_ends() -> None:
    assert texts(made(), 1, 2, 64, 600, 700) == (
        "vllm on h100-sxm was measured at batches of 8 to 512; 1 is outside",
        "vllm on h100-sxm was measured at batches of 8 to 512; 700 is outside",
    )


def test_models_and_groups_of_another_size_are_told() -> None:
    size, group = texts(made("llama-3.1-70b", tensor_parallel=4), 8)
    assert "8 to 32 billion active parameters; llama-3.1-70b has 70.6" in size
    assert "up to 1 accelerators; 4 are more" in group


def test_only_assumed_constants_that_the_replica_feels_are_named() -> None:
    replica = made()
    sources = {f"fits.h100-sxm.{name}": "assumed: prior" for name in ("layer_s", "all_reduce_s", "exchange_s")}
    guessing = replace(replica, engine=replace(replica.engine, sources=sources))
    assert texts(guessing, 8) == ("vllm on h100-sxm: assumed, as no measurement tells it: layer_s",)
    text = texts(replace(guessing, layout=Layout(tensor_parallel=2)), 8)[-1]
    assert text.endswith(": all_reduce_s, layer_s")


def test_devices_without_measurements_and_assumed_curves_are_told() -> None:
    replica, other = made(), CATALOGUE.accelerator("l40s")
    elsewhere = replace(
        replica,
        accelerator=replace(other, sources={"power.floor_w": "assumed: scaled"}),
        engine=replace(replica.engine, fallback=replace(replica.engine.fallback, measured=None)),
    )
    device, curve = texts(elsewhere, 8)
    assert device == "vllm on l40s was not measured with dense models: its time constants are assumed"
    assert curve.startswith("the power curve of l40s is assumed: scaled")


def test_a_mixture_of_experts_without_a_measured_power_is_said_to_be_uncalibrated() -> None:
    replica = made("qwen3-30b-a3b")
    model = replace(replica.variant.model, power_calibration={})
    found = texts(replace(replica, variant=replace(replica.variant, model=model)), 8)
    assert any("is not calibrated" in text for text in found)
    calibrated = replace(model, power_calibration={"h100-sxm": 0.9})
    found = texts(replace(replica, variant=replace(replica.variant, model=calibrated)), 8)
    assert not any("is not calibrated" in text for text in found)


def test_more_sequences_than_the_engine_takes_are_told() -> None:
    replica = made()
    small = replace(replica, engine=replace(replica.engine, batch_max=16))
    assert "vllm decodes at most 16 sequences at once unless told otherwise" in texts(small, 32)


def test_a_format_held_but_not_computed_in_is_told() -> None:
    replica = made()
    model = replace(replica.variant.model, precision="fp4")
    variant = replace(replica.variant, model=model, weights=CATALOGUE.precision("fp4"))
    assert "h100-sxm has no native fp4: weights are held in it, computing is bf16" in texts(
        replace(replica, variant=variant), 8
    )
