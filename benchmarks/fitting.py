"""Least-squares fits of engine constants and power curves on measured rows, every prediction through `sim.models`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks.measured_rows import MeasuredRow, PhaseRow
from sim.catalog.entries import Accelerator, EngineFit, PowerCurve, ServingEngine
from sim.catalog.reader import Catalogue
from sim.models.power import busy_power_w
from sim.models.serving import serving_tables
from sim.models.steady import SteadyState, steady_state
from sim.models.work import attention_flops, context_bytes, peak_flops, token_flops, weight_read_bytes

Array = NDArray[np.float64]

SOFT_L1_SCALE = 0.1  # relative errors beyond 10 % weigh less than squared
CLOCK_LEVELS = 30  # while fitting; the clock only matters where board power limits it
ENGINE_NAMES = (
    "bandwidth_efficiency",
    "compute_efficiency",
    "prefill_efficiency",
    "layer_s",
    "sequence_s",
    "all_reduce_s",
)
# Each prior pulls as hard as one row. Bandwidth efficiency and layer_s trade off, so the former is held near what a
# copy kernel reaches (assumed: .8, at most .95).
ENGINE_PRIOR = np.log([0.8, 0.6, 0.6, 2e-5, 2e-5, 1e-5])
ENGINE_SPREAD = np.array([0.1, 0.3, 0.3, 0.7, 0.7, 0.7])
ENGINE_MAX = np.log([0.95, 0.95, 0.95, 1e-3, 1e-3, 1e-3])
# Of board power: floor three tenths (a busy H100 draws three times its idle power), memory, compute, split.
POWER_PRIOR = np.log([0.3, 0.5, 1.8, 0.1])
POWER_SPREAD = np.array([0.2, 1.0, 1.0, 1.0])
POWER_MAX = np.log([0.9, 3.0, 5.0, 0.5])


@dataclass(frozen=True, slots=True)
class Fitted:
    """Constants found, and the relative errors of the rows they were found on."""

    constants: EngineFit
    curve: PowerCurve
    tpot_errors: Array
    power_errors: Array


class Bench:
    """Predicts measured rows with given constants, through the tables that a run reads."""

    def __init__(self, catalogue: Catalogue, accelerator: Accelerator) -> None:
        clock = accelerator.clock
        step = (clock.max_mhz - clock.min_mhz) / CLOCK_LEVELS
        # measured rows fitted in memory, so room is never what is tested here
        self.accelerator = replace(accelerator, memory_bytes=1e15, clock=replace(clock, step_mhz=step))
        self.engine = replace(catalogue.engine("vllm"), fits={})

    def state(self, row: MeasuredRow, constants: EngineFit, curve: PowerCurve) -> SteadyState:
        """The steady state of a row under the given constants."""
        engine: ServingEngine = replace(self.engine, fallback=constants, batch_max=row.batch)
        accelerator = replace(self.accelerator, power=curve)
        tables = serving_tables(row.variant, engine, accelerator, row.tensor_parallel, row.context_tokens)
        return steady_state(tables, row.batch, row.input_tokens, row.output_tokens)

    def errors(self, rows: Sequence[MeasuredRow], constants: EngineFit, curve: PowerCurve) -> tuple[Array, Array]:
        """Relative errors of time per token, one per row, and of power, one per row that has it."""
        states = [self.state(row, constants, curve) for row in rows]
        tpot = [state.tpot_s / row.tpot_s - 1.0 for state, row in zip(states, rows, strict=True)]
        pairs = zip(states, rows, strict=True)
        power = [state.power_w / row.power_w - 1.0 for state, row in pairs if row.power_w is not None]
        return np.array(tpot), np.array(power)

    def prompt_s(self, row: PhaseRow, constants: EngineFit) -> float:
        """Seconds of one iteration that takes in the prompts of a row and decodes nothing."""
        engine = replace(self.engine, fallback=constants, batch_max=1)
        tables = serving_tables(row.variant, engine, self.accelerator, row.tensor_parallel, row.prompt_tokens)
        token_s, token2_s = tables.prefill[tables.top_level, :2]
        prompt = token_s * row.prompt_tokens + token2_s * row.prompt_tokens**2
        return float(tables.decode[tables.top_level, 0, 0] + row.batch * prompt)

    def fit(self, rows: Sequence[MeasuredRow]) -> Fitted:
        """Constants of engine and power curve together; the curve stays the catalogue's where no row has power."""
        with_power = any(row.power_w is not None for row in rows)
        split = any(row.power_w is not None and row.tensor_parallel > 1 for row in rows)

        def split_up(x: Array) -> tuple[EngineFit, PowerCurve]:
            return engine_of(x), (self._curve_of(x, split) if with_power else self.accelerator.power)

        def residuals(x: Array) -> Array:
            tpot, power = self.errors(rows, *split_up(x))
            pull = (x - prior) / spread * SOFT_L1_SCALE
            return np.concatenate((tpot, power, pull))

        count = len(ENGINE_PRIOR) + (len(POWER_PRIOR) if with_power else 0)
        prior = np.concatenate((ENGINE_PRIOR, POWER_PRIOR))[:count]
        spread = np.concatenate((ENGINE_SPREAD, POWER_SPREAD))[:count]
        highest = np.concatenate((ENGINE_MAX, POWER_MAX))[:count]
        found = least_squares(residuals, prior, bounds=(-20.0, highest), loss="soft_l1", f_scale=SOFT_L1_SCALE)
        constants, curve = split_up(found.x)
        return Fitted(constants, curve, *self.errors(rows, constants, curve))

    def _curve_of(self, x: Array, split: bool) -> PowerCurve:
        curve = curve_of(x[len(ENGINE_PRIOR) :], self.accelerator)
        return curve if split else replace(curve, split_w=0.0)


def curve_of(x: Array, accelerator: Accelerator) -> PowerCurve:
    """Power curve from logarithms of its figures as shares of board power."""
    floor, memory, compute, split = (float(value) for value in np.exp(x) * accelerator.tdp_w)
    return replace(accelerator.power, floor_w=floor, memory_w=memory, compute_w=compute, split_w=split)


def engine_of(x: Array) -> EngineFit:
    """Engine constants from their logarithms."""
    values = np.exp(x[: len(ENGINE_PRIOR)])
    return EngineFit(**dict(zip(ENGINE_NAMES, (float(value) for value in values), strict=True)))


def fit_prefill(rows: Sequence[PhaseRow], bench: Bench, start: EngineFit) -> tuple[EngineFit, Array]:
    """Prefill efficiency from prompts taken in at once, the other constants held; and the errors of prompt time.

    Prompts of 512 tokens and more count, up to 8,192 tokens in all: below, launches rule; above, they are cut up.
    """
    long = [row for row in rows if row.prompt_tokens >= 512 and row.batch * row.prompt_tokens <= 8192]

    def constants(x: Array) -> EngineFit:
        return replace(start, prefill_efficiency=float(np.exp(x[0])))

    def errors(x: Array) -> Array:
        return np.array([bench.prompt_s(row, constants(x)) / row.prompt_s - 1.0 for row in long])

    found = least_squares(errors, ENGINE_PRIOR[2:3], bounds=(-20.0, ENGINE_MAX[2:3]), loss="soft_l1", f_scale=0.1)
    return constants(found.x), errors(found.x)


def fit_phase_power(rows: Sequence[PhaseRow], accelerator: Accelerator) -> tuple[PowerCurve, Array]:
    """Power curve from phases measured apart, and the errors of mean power.

    Power of a phase follows from measured times, limited by the board; the mean is over both.
    """
    powered = [row for row in rows if row.power_share is not None]
    measured = np.array([row.power_share or 0.0 for row in powered]) * accelerator.tdp_w

    def errors(x: Array) -> Array:
        curve = replace(accelerator, power=curve_of(x, accelerator))
        return np.array([_phase_power_w(row, curve) for row in powered]) / measured - 1.0

    def residuals(x: Array) -> Array:
        return np.concatenate((errors(x), (x - POWER_PRIOR) / POWER_SPREAD * SOFT_L1_SCALE))

    bounds = (-20.0, POWER_MAX)
    found = least_squares(residuals, POWER_PRIOR, bounds=bounds, loss="soft_l1", f_scale=SOFT_L1_SCALE)
    return curve_of(found.x, accelerator), errors(found.x)


def _peak(row: PhaseRow, accelerator: Accelerator) -> float:
    return row.tensor_parallel * peak_flops(row.variant, accelerator)


def _prefill_flops(row: PhaseRow) -> float:
    square = attention_flops(row.variant) * row.prompt_tokens**2
    return row.batch * (token_flops(row.variant) * row.prompt_tokens + square)


def _phase_power_w(row: PhaseRow, accelerator: Accelerator) -> float:
    """Mean power over prefill and decode with measured times."""
    bandwidth = row.tensor_parallel * accelerator.bandwidth_bytes_per_s
    held = row.batch * (row.prompt_tokens + row.output_tokens / 2.0)
    moved = float(weight_read_bytes(row.variant, np.array(float(row.batch)))) + context_bytes(row.variant) * held
    top, share = accelerator.clock.max_mhz, row.tensor_parallel
    decode_flops = token_flops(row.variant) * row.batch / row.token_s / _peak(row, accelerator)
    decode_w = busy_power_w(accelerator, top, moved / row.token_s / bandwidth, decode_flops, share)
    weights = row.variant.weight_bytes / row.prompt_s / bandwidth
    compute = _prefill_flops(row) / row.prompt_s / _peak(row, accelerator)
    prefill_w = busy_power_w(accelerator, top, weights, compute, share)
    limit, decode_s = accelerator.tdp_w, row.token_s * row.output_tokens
    joules = min(float(prefill_w), limit) * row.prompt_s + min(float(decode_w), limit) * decode_s
    return joules / (row.prompt_s + decode_s)
