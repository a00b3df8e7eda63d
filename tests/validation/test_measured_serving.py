"""The performance and power model against measured serving of language models; figures and misses: docs/validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fitting import Bench
from benchmarks.group_fit import GroupFit, calibrations, fit_group
from benchmarks.measured_rows import MeasuredRow, read_energy, read_latency
from benchmarks.profiles import profile_rows, shares_priors
from sim.catalog.reader import Catalogue
from sim.models.serving import engine_fit, serving_tables
from sim.models.steady import SteadyState, steady_state
from sim.models.variant import Variant
from sim.models.work import held_context_tokens

CATALOGUE = Catalogue.built_in()
# Prompts of the benchmark behind the published points are not stated; see docs/models.md for the 300 tokens.
PROMPT, OUTPUT, OUTPUT_CV = 300.0, 397.0, 0.7
HELD = held_context_tokens(PROMPT, OUTPUT, OUTPUT_CV)
Members = Callable[..., list[MeasuredRow]]


def llama_on_one_h100(batch: int) -> SteadyState:
    bf16 = CATALOGUE.precision("bf16")
    variant = Variant(model=CATALOGUE.model("llama-3.1-8b"), weights=bf16, kv_cache=bf16)
    tables = serving_tables(variant, CATALOGUE.engine("vllm"), CATALOGUE.accelerator("h100-sxm"), 1, HELD, None, None)
    return steady_state(tables, batch, PROMPT, OUTPUT)


@pytest.mark.parametrize(("batch", "measured_w"), [(8, 486.0), (32, 560.0), (128, 669.0), (511, 688.0)])
def test_power_of_llama_8b_on_one_h100_is_within_10_percent_of_the_measured(batch: int, measured_w: float) -> None:
    assert llama_on_one_h100(batch).power_w == pytest.approx(measured_w, rel=0.10)


@pytest.mark.parametrize(("batch", "measured_j"), [(8, 0.455), (32, 0.165), (128, 0.095), (511, 0.070)])
def test_joules_per_token_of_llama_8b_are_within_15_percent_of_the_measured(batch: int, measured_j: float) -> None:
    assert llama_on_one_h100(batch).j_per_output_token == pytest.approx(measured_j, rel=0.15)


def test_joules_per_token_fall_with_the_batch() -> None:
    joules = [llama_on_one_h100(batch).j_per_output_token for batch in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)]
    assert joules == sorted(joules, reverse=True)


@pytest.fixture(scope="module")
def members(shared_data: Path) -> Members:
    """Rows of an engine on an accelerator, for dense models or mixtures of experts."""
    folder = shared_data / "measured"
    rows = profile_rows([*read_energy(folder, CATALOGUE).used, *read_latency(folder, CATALOGUE).used])

    def of(engine: str, accelerator: str, *, mixture: bool) -> list[MeasuredRow]:
        return rows[engine, accelerator, mixture]

    return of


@pytest.fixture(scope="module")
def fits(shared_data: Path) -> Callable[[str, str], GroupFit]:
    """Fits of mixtures under one year's software, each model left out, with the catalogue's power curves."""
    folder = shared_data / "measured"
    rows = profile_rows([*read_energy(folder, CATALOGUE).used, *read_latency(folder, CATALOGUE).used])

    def of(profile: str, accelerator: str) -> GroupFit:
        key = profile, accelerator, True
        beside = [(rows[other], CATALOGUE.accelerator(other[1])) for other in rows if shares_priors(key, other)]
        return fit_group(rows[key], CATALOGUE.accelerator(accelerator), power=False, left_out=True, beside=beside)

    return of


def mean_time_error(rows: list[MeasuredRow]) -> float:
    """Mean absolute relative error of time per token with the catalogue's constants."""
    accelerator, engine = CATALOGUE.accelerator(rows[0].accelerator), CATALOGUE.engine(rows[0].engine)
    fit = engine_fit(engine, accelerator, rows[0].variant.model)
    bench = Bench(rows, accelerator)
    return float(np.mean(np.abs(bench.predicted(fit, accelerator.power)[0] / bench.tpot_s - 1.0)))


@pytest.mark.parametrize(
    ("engine", "accelerator", "mixture", "worst"),
    [
        ("vllm", "h100-sxm", False, 0.06),
        ("vllm", "b200", False, 0.07),
        ("trt-llm", "b200", False, 0.06),
        ("trt-llm", "h100-sxm", False, 0.08),
        ("vllm", "h100-sxm", True, 0.10),
        ("vllm", "b200", True, 0.08),
        ("vllm", "b300", True, 0.06),
        ("vllm-2025", "h100-sxm", True, 0.07),
        ("vllm-2025", "b200", True, 0.10),
        ("vllm-2026", "h100-sxm", True, 0.08),
        ("vllm-2026", "b200", True, 0.08),
        ("trt-llm", "h100-sxm", True, 0.12),
        ("trt-llm", "b200", True, 0.11),
        ("sglang", "b200", True, 0.15),
        ("sglang", "b300", True, 0.12),
        ("sglang-2026", "b200", True, 0.05),
    ],
)
def test_time_per_token_keeps_the_stated_mean_error(
    members: Members, engine: str, accelerator: str, mixture: bool, worst: float
) -> None:
    rows = members(engine, accelerator, mixture=mixture)
    assert len(rows) >= 20
    assert mean_time_error(rows) < worst


@pytest.mark.parametrize(("accelerator", "time", "power"), [("h100-sxm", 0.08, 0.09), ("b200", 0.10, 0.06)])
def test_a_dense_model_that_the_fit_never_saw_keeps_the_stated_errors(
    members: Members, accelerator: str, time: float, power: float
) -> None:
    fit = fit_group(
        members("vllm", accelerator, mixture=False), CATALOGUE.accelerator(accelerator), power=True, left_out=True
    )
    assert np.abs(fit.time_left_out).mean() < time
    assert np.nanmean(np.abs(fit.power_left_out)) < power


@pytest.mark.parametrize(
    ("profile", "accelerator", "worst"),
    [
        ("vllm-2025", "h100-sxm", 0.10),
        ("vllm-2025", "b200", 0.13),
        ("vllm-2026", "h100-sxm", 0.10),
        ("vllm-2026", "b200", 0.13),
    ],
)
def test_a_mixture_that_the_fit_never_saw_keeps_the_stated_error(
    fits: Callable[[str, str], GroupFit], profile: str, accelerator: str, worst: float
) -> None:
    assert np.mean(np.abs(fits(profile, accelerator).time_left_out)) < worst


@pytest.mark.parametrize(
    ("accelerator", "uncalibrated", "calibrated"), [("h100-sxm", 0.10, 0.08), ("b200", 0.17, 0.12)]
)
def test_power_of_mixtures_keeps_the_stated_errors_without_and_with_one_calibration_point(
    fits: Callable[[str, str], GroupFit], accelerator: str, uncalibrated: float, calibrated: float
) -> None:
    fit = fits("vllm-2025", accelerator)
    assert np.nanmean(np.abs(fit.power)) < uncalibrated
    found = calibrations(fit).values()
    assert np.mean(np.concatenate([np.abs(each.errors) for each in found])) < calibrated


@pytest.mark.parametrize("accelerator", ["h100-sxm", "b200"])
def test_the_tables_of_a_run_say_the_same_as_the_calibration(members: Members, accelerator: str) -> None:
    device = CATALOGUE.accelerator(accelerator)
    for row in members("vllm", accelerator, mixture=True)[::40]:
        whole = replace(row, batch=float(round(row.batch)), variant=_uncalibrated(row.variant))
        engine = replace(CATALOGUE.engine("vllm"), batch_max=round(row.batch))
        roomy = replace(device, memory_bytes=1e15)
        layout = row.layout
        tables = serving_tables(
            whole.variant,
            engine,
            roomy,
            layout.tensor_parallel,
            row.context_tokens,
            expert_parallel=layout.expert_parallel,
            data_parallel=layout.data_parallel,
        )
        state = steady_state(tables, round(row.batch), row.input_tokens, row.output_tokens)
        seconds, watts = Bench([whole], device).predicted(engine_fit(engine, device, row.variant.model), device.power)
        assert state.tpot_s == pytest.approx(seconds[0], rel=0.02)  # clock grids differ
        assert state.power_w == pytest.approx(watts[0], rel=0.03)


def _uncalibrated(variant: Variant) -> Variant:
    return replace(variant, model=replace(variant.model, power_calibration={}))


@pytest.mark.parametrize(("model", "output", "measured"), [("llama-3.1-8b", 397.0, 691), ("qwen3-8b", 649.0, 474)])
def test_memory_stops_the_batch_within_8_percent_of_where_it_was_measured_to(
    model: str, output: float, measured: int
) -> None:
    bf16 = CATALOGUE.precision("bf16")
    variant = Variant(model=CATALOGUE.model(model), weights=bf16, kv_cache=bf16)
    held = held_context_tokens(PROMPT, output, OUTPUT_CV)
    tables = serving_tables(variant, CATALOGUE.engine("vllm"), CATALOGUE.accelerator("h100-sxm"), 1, held, None, None)
    assert tables.batch_max == pytest.approx(measured, rel=0.08)
