"""Fits of one engine on one accelerator for one kind of model, with errors in the fit and with each model left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.fitting import MIXTURE_PRIORS, PRIORS, Array, Bench, Found, fit_together, shrunk
from benchmarks.measured_rows import MeasuredRow
from benchmarks.row_errors import RowError
from sim.catalog.entries import Accelerator, EngineFit, PowerCurve

DATASETS = {"energy": "llm_serving_energy", "latency": "llm_serving_latency", "phases": "splitwise_a100_h100"}
FEWEST_ROWS = 8  # a fit on fewer says so
TYPICAL_BATCH = 64  # neither launches alone nor host work alone rule


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFit:
    """Constants, what was found on the way, and relative errors of each row (NaN where there is none)."""

    engine: str
    accelerator: Accelerator  # with its fitted curve
    mixture: bool
    rows: tuple[MeasuredRow, ...]
    constants: EngineFit
    found: Found
    power_found: Found | None
    time: Array
    power: Array
    time_left_out: Array
    power_left_out: Array

    @property
    def place(self) -> str:
        """Where the constants stand in the engine's data file."""
        return f"{'expert_fits' if self.mixture else 'fits'}.{self.accelerator.name}"

    def errors(self) -> Iterator[RowError]:
        """Every row with its prediction, in the fit and left out."""
        for index, row in enumerate(self.rows):
            for inside, time, power in (
                (True, self.time[index], self.power[index]),
                (False, self.time_left_out[index], self.power_left_out[index]),
            ):
                if np.isfinite(time):
                    yield row_error(row, "tpot_s", row.tpot_s, float(time), fitted=inside)
                    yield row_error(
                        row,
                        "output_tokens_per_s",
                        row.batch / row.tpot_s,
                        1.0 / (1.0 + float(time)) - 1.0,
                        fitted=inside,
                    )
                if row.power_w is not None and np.isfinite(power):
                    yield row_error(row, "power_w", row.power_w, float(power), fitted=inside and not self.mixture)


def row_error(row: MeasuredRow, quantity: str, measured: float, error: float, *, fitted: bool) -> RowError:
    """A figure of a measured row with its prediction."""
    return RowError(
        dataset=DATASETS[row.dataset],
        row=row.row,
        model=row.model,
        accelerator=row.accelerator,
        engine=row.engine,
        precision=row.variant.weights.name,
        tensor_parallel=row.layout.tensor_parallel,
        batch=row.batch,
        quantity=quantity,
        measured=measured,
        predicted=measured * (1.0 + error),
        error=error,
        fitted=fitted,
    )


def fit_group(
    rows: Sequence[MeasuredRow],
    accelerator: Accelerator,
    *,
    power: bool,
    left_out: bool,
    beside: Sequence[tuple[Sequence[MeasuredRow], Accelerator]] = (),
) -> GroupFit:
    """Constants on all rows, the power curve on those that have power (where `power`), and each model left out.

    beside: rows of the same engine and kind on other accelerators. All rows together tell the priors of the constants;
    a model that is left out is left out there, too.
    """
    others = [Bench(part, device) for part, device in beside]
    bench = Bench(rows, accelerator)
    constants, found = _constants(bench, others)
    powered = [row for row in rows if row.power_w is not None]
    curve, power_found = accelerator.power, None
    if power and powered:
        curve, power_found = Bench(powered, accelerator).fit_power(constants)
    time, watts = _errors(bench, constants, curve)
    out_time, out_power = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    models = sorted({row.model for row in rows})
    for model in models if left_out else ():
        own = np.array([row.model == model for row in rows])
        here, there = bench.without(model), [part for each in others if (part := each.without(model))]
        if not here and not there:
            continue
        kept, _ = _constants(here, there)
        seen = [row for row in powered if row.model != model]
        bent = Bench(seen, accelerator).fit_power(kept)[0] if power and seen else curve
        found_time, found_power = _errors(bench, kept, bent)
        out_time[own], out_power[own] = found_time[own], found_power[own]
    return GroupFit(
        engine=rows[0].engine,
        accelerator=replace(accelerator, power=curve),
        mixture=rows[0].mixture,
        rows=tuple(rows),
        constants=replace(constants, measured=bench.coverage(), spread=_digits(found.spread)),
        found=found,
        power_found=power_found,
        time=time,
        power=watts,
        time_left_out=out_time,
        power_left_out=out_power,
    )


def _constants(bench: Bench | None, others: Sequence[Bench]) -> tuple[EngineFit, Found]:
    """Constants on the rows of one accelerator, pulled towards those of all where there are others."""
    benches = [*others] if bench is None else [bench, *others]
    priors = MIXTURE_PRIORS if benches[0].rows[0].mixture else PRIORS
    if bench is None or not others:
        return fit_together(benches, priors)
    return fit_together([bench], shrunk(fit_together(benches, priors)[0], priors))


def _digits(spread: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.2g}") for name, value in spread.items()}


def _errors(bench: Bench, constants: EngineFit, curve: PowerCurve) -> tuple[Array, Array]:
    seconds, watts = bench.predicted(constants, curve)
    return seconds / bench.tpot_s - 1.0, watts / bench.power_w - 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """One model on one accelerator: the factor on its power above idle from one row, and the errors with it."""

    factor: float
    point: MeasuredRow
    errors: Array  # of the other rows
    errors_without: Array  # of the other rows without the factor

    @property
    def helps(self) -> bool:
        """Whether the other rows are nearer with the factor than without."""
        return bool(np.abs(self.errors).mean() < np.abs(self.errors_without).mean())


def calibrations(fit: GroupFit) -> dict[str, Calibration]:
    """One-point calibrations of the models of a group: on the row whose batch is nearest a typical one."""
    found = {}
    rows = [row for row in fit.rows if row.power_w is not None]
    for model in sorted({row.model for row in rows}):
        own = [row for row in rows if row.model == model]
        bench, idle_w = Bench(own, fit.accelerator), fit.accelerator.idle_w
        watts = bench.predicted(fit.constants, fit.accelerator.power)[1]
        point = int(np.argmin([abs(np.log(row.batch / TYPICAL_BATCH)) for row in own]))
        factor = float((bench.power_w[point] - idle_w) / (watts[point] - idle_w))
        errors = bench.predicted(fit.constants, fit.accelerator.power, factor)[1] / bench.power_w - 1.0
        without = np.delete(watts / bench.power_w - 1.0, point)
        found[model] = Calibration(factor, own[point], np.delete(errors, point), without)
    return found
