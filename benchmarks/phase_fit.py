"""Fits on phases measured apart (splitwise_a100_h100.csv): prefill efficiency and power curve of the A100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.fitting import CLOCK_LEVELS, POWER_PRIORS, PRIORS, Array, Found, curve_of, solved
from benchmarks.phase_rows import PhaseRow
from sim.catalog.entries import Accelerator, EngineFit, PowerCurve, ServingEngine
from sim.models.peaks import peak_flops
from sim.models.power import busy_power_w
from sim.models.serving import serving_tables
from sim.models.work import attention_flops, context_bytes, token_flops, weight_read_bytes

SHORT_TOKENS, LONG_TOKENS = 512, 8192  # below, launches rule; above, prompts are cut up


def fit_prefill(
    rows: Sequence[PhaseRow], engine: ServingEngine, accelerator: Accelerator, start: EngineFit
) -> tuple[EngineFit, Found, Array]:
    """Prefill efficiency from prompts taken in at once, the other constants held; and the errors of prompt time."""
    long = [row for row in rows if row.prompt_tokens >= SHORT_TOKENS and row.batch * row.prompt_tokens <= LONG_TOKENS]
    clock = accelerator.clock
    step = (clock.max_mhz - clock.min_mhz) / CLOCK_LEVELS
    roomy = replace(accelerator, memory_bytes=1e15, clock=replace(clock, step_mhz=step))

    def errors(values: dict[str, float]) -> Array:
        tried = replace(engine, fits={}, fallback=_with_prefill(start, values), batch_max=1)
        return np.array([_prompt_s(row, tried, roomy) / row.prompt_s - 1.0 for row in long])

    found = solved(errors, {"prefill_efficiency": PRIORS["prefill_efficiency"]}, np.ones(len(long)))
    return _with_prefill(start, found.values), found, errors(found.values)


def _with_prefill(start: EngineFit, values: dict[str, float]) -> EngineFit:
    return replace(start, prefill_efficiency=values["prefill_efficiency"])


def _prompt_s(row: PhaseRow, engine: ServingEngine, accelerator: Accelerator) -> float:
    """Seconds of one iteration that takes in the prompts of a row and decodes nothing."""
    tables = serving_tables(row.variant, engine, accelerator, row.tensor_parallel, row.prompt_tokens)
    token_s, token2_s = tables.prefill[tables.top_level, :2]
    prompt = token_s * row.prompt_tokens + token2_s * row.prompt_tokens**2
    return float(tables.decode[tables.top_level, 0, 0] + row.batch * prompt)


def fit_phase_power(rows: Sequence[PhaseRow], accelerator: Accelerator) -> tuple[PowerCurve, Found, Array]:
    """Power curve from phases measured apart, and the errors of mean power.

    Power of a phase follows from measured times, limited by the board; the mean is over both.
    """
    powered = [row for row in rows if row.power_share is not None]
    measured = np.array([row.power_share or 0.0 for row in powered]) * accelerator.tdp_w
    priors = {name: prior for name, prior in POWER_PRIORS.items() if name != "sequence_w"}

    def errors(values: dict[str, float]) -> Array:
        curve = replace(accelerator, power=curve_of(values, accelerator))
        return np.array([_phase_power_w(row, curve) for row in powered]) / measured - 1.0

    found = solved(errors, priors, np.ones(len(powered)))
    return curve_of(found.values, accelerator), found, errors(found.values)


def _phase_power_w(row: PhaseRow, accelerator: Accelerator) -> float:
    """Mean power over prefill and decode with measured times."""
    bandwidth = row.tensor_parallel * accelerator.bandwidth_bytes_per_s
    peak = row.tensor_parallel * peak_flops(row.variant, accelerator)
    held = row.batch * (row.prompt_tokens + row.output_tokens / 2.0)
    moved = float(weight_read_bytes(row.variant, np.array(float(row.batch)))) + context_bytes(row.variant) * held
    top, share = accelerator.clock.max_mhz, row.tensor_parallel
    decode_flops = token_flops(row.variant) * row.batch / row.token_s / peak
    decode_w = busy_power_w(accelerator, top, moved / row.token_s / bandwidth, decode_flops, share)
    weights = row.variant.weight_bytes / row.prompt_s / bandwidth
    square = attention_flops(row.variant) * row.prompt_tokens**2
    flops = row.batch * (token_flops(row.variant) * row.prompt_tokens + square)
    prefill_w = busy_power_w(accelerator, top, weights, flops / row.prompt_s / peak, share)
    limit, decode_s = accelerator.tdp_w, row.token_s * row.output_tokens
    joules = min(float(prefill_w), limit) * row.prompt_s + min(float(decode_w), limit) * decode_s
    return joules / (row.prompt_s + decode_s)
