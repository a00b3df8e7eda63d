"""Least-squares fits of engine constants and power curves on measured rows, every prediction through `sim.models`.

All rows of one accelerator are stacked into one piece of work, whose seconds and joules `sim.models.pace` and
`sim.models.serving` give in one call; a run reads the same functions' values from its tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks.measured_rows import MeasuredRow
from sim.catalog.entries import Accelerator, EngineFit, FitRange, PowerCurve
from sim.models.pace import DecodeWork, PromptWork, decode_work, prompt_work
from sim.models.power import top_level
from sim.models.serving import Limits, decode_rows, prompt_rows, watts

Array = NDArray[np.float64]

SOFT_L1_SCALE = 0.1  # relative errors beyond 10 % weigh less than squared
CLOCK_LEVELS = 30  # while fitting; the clock only matters where board power limits it
WEIGHT_RANGE = (0.25, 4.0)  # models weigh alike, but no row more or less than this
# constant: (prior, its spread as a share, largest value). Each prior pulls as hard as one row. Bandwidth efficiency and
# layer_s trade off, so the former is held near what a copy kernel reaches (assumed). All priors are assumed.
Priors = Mapping[str, tuple[float, float, float]]
PRIORS: Priors = {
    "bandwidth_efficiency": (0.8, 0.1, 0.95),
    "compute_efficiency": (0.6, 0.3, 0.95),
    "prefill_efficiency": (0.6, 0.3, 0.95),
    "layer_s": (2e-5, 0.7, 1e-3),
    "sequence_s": (2e-5, 0.7, 1e-3),
    "all_reduce_s": (3e-6, 0.7, 1e-3),
    "narrow_efficiency": (0.8, 0.2, 1.0),
    "prompt_s": (1e-4, 1.0, 1e-2),
    "exchange_s": (2e-5, 0.7, 1e-3),
    "latent_launches": (2.0, 0.05, 10.0),
    "quantised_launches": (0.6, 0.05, 3.0),
}
# Prompts of mixtures keep their experts busy unevenly, and some software takes them in at a hundredth of the peak.
MIXTURE_PRIORS: Priors = {**PRIORS, "prefill_efficiency": (0.3, 0.3, 0.95)}
SHRUNK = 0.3  # spread of a prior that other accelerators told, over that of the assumed one
NOT_TOLD = {"prompt_s": 0.0}  # instead of the prior
ENGINE_NAMES = tuple(PRIORS)
# Shares of board power: floor three tenths (a busy H100 draws three times its idle power), memory, compute, split, and
# the work per sequence.
POWER_PRIORS = {
    "floor_w": (0.3, 0.2, 0.9),
    "memory_w": (0.5, 1.0, 3.0),
    "compute_w": (1.5, 0.5, 5.0),
    "sequence_w": (0.3, 0.7, 3.0),
    "split_w": (0.1, 1.0, 0.5),
}
POWER_NAMES = tuple(POWER_PRIORS)


@dataclass(frozen=True, slots=True)
class Found:
    """Values found, and their standard errors as shares of them."""

    values: dict[str, float]
    spread: dict[str, float]


def solved(residuals: Callable[[dict[str, float]], Array], priors: Priors, weights: Array) -> Found:
    """Values whose relative errors are smallest under a soft-L1 loss, in logarithms, each pulled towards its prior."""
    names, table = list(priors), np.array(list(priors.values()))
    start, spread, highest = np.log(table[:, 0]), table[:, 1], np.log(table[:, 2])

    def values(x: Array) -> dict[str, float]:
        return dict(zip(names, (float(value) for value in np.exp(x)), strict=True))

    def all_residuals(x: Array) -> Array:
        return np.concatenate((residuals(values(x)) * weights, (x - start) / spread * SOFT_L1_SCALE))

    found = least_squares(all_residuals, start, bounds=(-20.0, highest), loss="soft_l1", f_scale=SOFT_L1_SCALE)
    rows = len(weights)
    variance = 2.0 * found.cost / max(rows - len(names), 1)
    slopes = np.asarray(found.jac, dtype=np.float64)
    covariance = np.linalg.pinv(slopes.T @ slopes) * variance
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return Found(values(found.x), dict(zip(names, (float(value) for value in errors), strict=True)))


class Bench:
    """Measured rows of one accelerator, and what constants and a power curve make of them."""

    def __init__(self, rows: Sequence[MeasuredRow], accelerator: Accelerator) -> None:
        clock = accelerator.clock
        step = (clock.max_mhz - clock.min_mhz) / CLOCK_LEVELS
        self.rows, self.accelerator = list(rows), replace(accelerator, clock=replace(clock, step_mhz=step))
        decode = [decode_work(r.variant, accelerator, r.layout, np.array(r.batch), r.context_tokens) for r in rows]
        prompts = [prompt_work(r.variant, accelerator, r.layout, r.input_tokens) for r in rows]
        self.decode = DecodeWork(*(np.array(part, dtype=np.float64) for part in zip(*decode, strict=True)))
        self.prompts = PromptWork(*(np.array(part, dtype=np.float64) for part in zip(*prompts, strict=True)))
        self.parallel = np.array([row.layout.tensor_parallel for row in rows])
        self.input = np.array([row.input_tokens for row in rows])
        self.admitted = np.array([row.batch / row.output_tokens for row in rows])
        self.tpot_s = np.array([row.tpot_s for row in rows])
        self.power_w = np.array([np.nan if row.power_w is None else row.power_w for row in rows])

    def predicted(
        self, constants: EngineFit, curve: PowerCurve, calibration: Array | float = 1.0
    ) -> tuple[Array, Array]:
        """Seconds per token and watts per accelerator of each row."""
        accelerator = replace(self.accelerator, power=curve)
        power = watts(accelerator, self.parallel, calibration)
        limits = Limits(accelerator.tdp_w, top_level(accelerator, None))
        decoded = decode_rows(self.decode, constants, accelerator, power, limits, "serving")
        taken = prompt_rows(self.prompts, constants, accelerator, power, limits, self.input, "taking in prompts")
        parts = (np.array(1.0), self.decode.held), (self.input, self.input**2, np.array(1.0))
        seconds = _sum(decoded.seconds, parts[0]) + self.admitted * _sum(taken.seconds, parts[1])
        joules = _sum(decoded.joules, parts[0]) + self.admitted * _sum(taken.joules, parts[1])
        return seconds, joules / seconds

    def weights(self) -> Array:
        """Weights of the rows: models weigh alike, within limits."""
        counts = Counter((row.dataset, row.model) for row in self.rows)
        share = [len(self.rows) / len(counts) / counts[row.dataset, row.model] for row in self.rows]
        return np.asarray(np.sqrt(np.clip(share, *WEIGHT_RANGE)), dtype=np.float64)

    def without(self, model: str) -> Bench | None:
        """The same without the rows of a model; None where that leaves none."""
        rows = [row for row in self.rows if row.model != model]
        return Bench(rows, self.accelerator) if rows else None

    def tells(self, name: str) -> bool:
        """Whether any row depends on a constant."""
        needs = {
            "all_reduce_s": self.decode.reduces,
            "exchange_s": self.decode.exchanges,
            "narrow_efficiency": self.decode.narrow,
            "latent_launches": self.decode.latent,
            "quantised_launches": self.decode.quantised,
            # prompts of dense models show no cost beside their arithmetic: with the constant, models left out miss more
            "prompt_s": np.array([float(row.mixture) for row in self.rows]),
        }
        return name not in needs or bool(np.any(needs[name] > 0.0))

    def fit_power(self, constants: EngineFit) -> tuple[PowerCurve, Found]:
        """The power curve on rows that have power, with times as the constants give them."""
        split = bool(np.any(self.parallel > 1))
        priors = {name: prior for name, prior in POWER_PRIORS.items() if split or name != "split_w"}

        def residuals(values: dict[str, float]) -> Array:
            watts_w = self.predicted(constants, curve_of(values, self.accelerator))[1]
            return np.asarray(watts_w / self.power_w - 1.0)

        found = solved(residuals, priors, self.weights())
        return curve_of(found.values, self.accelerator), found

    def coverage(self) -> FitRange:
        """What the rows cover."""
        batches = [row.batch for row in self.rows]
        active = [row.variant.active_parameters / 1e9 for row in self.rows]
        return FitRange(
            rows=len(self.rows),
            batch_min=float(f"{min(batches):.3g}"),
            batch_max=float(f"{max(batches):.4g}"),
            tensor_parallel_max=max(row.layout.tensor_parallel for row in self.rows),
            active_gparameters_min=float(f"{min(active):.3g}"),
            active_gparameters_max=float(f"{max(active):.3g}"),
        )


def fit_together(benches: Sequence[Bench], priors: Priors) -> tuple[EngineFit, Found]:
    """One set of engine constants on the rows of several accelerators; those that no row tells stay at their prior."""
    told = {name: prior for name, prior in priors.items() if any(bench.tells(name) for bench in benches)}
    kept = {name: NOT_TOLD.get(name, prior[0]) for name, prior in priors.items() if name not in told}

    def residuals(values: dict[str, float]) -> Array:
        constants = engine_of({**kept, **values})
        errors = [bench.predicted(constants, bench.accelerator.power)[0] / bench.tpot_s - 1.0 for bench in benches]
        return np.concatenate(errors)

    found = solved(residuals, told, np.concatenate([bench.weights() for bench in benches]))
    return engine_of({**kept, **found.values}), found


def shrunk(constants: EngineFit, priors: Priors) -> Priors:
    """Priors around constants that the rows of several accelerators told."""
    values = {name: getattr(constants, name) for name in priors}
    return {
        name: (min(values[name], 0.999 * highest) or prior, SHRUNK * spread, highest)
        for name, (prior, spread, highest) in priors.items()
    }


def _sum(parts: Sequence[Array], weights: Sequence[Array]) -> Array:
    """The top level's parts, weighted and added: f8[rows]."""
    total = sum((part[-1] * weight for part, weight in zip(parts, weights, strict=True)), np.array(0.0))
    return np.asarray(total)


def engine_of(values: Mapping[str, float]) -> EngineFit:
    """Engine constants by name."""
    return EngineFit(
        bandwidth_efficiency=values["bandwidth_efficiency"],
        compute_efficiency=values["compute_efficiency"],
        prefill_efficiency=values["prefill_efficiency"],
        layer_s=values["layer_s"],
        sequence_s=values["sequence_s"],
        all_reduce_s=values["all_reduce_s"],
        narrow_efficiency=values["narrow_efficiency"],
        prompt_s=values["prompt_s"],
        exchange_s=values["exchange_s"],
        latent_launches=values["latent_launches"],
        quantised_launches=values["quantised_launches"],
    )


def prior_curve(accelerator: Accelerator) -> PowerCurve:
    """The curve to start from, which no earlier fit has a part in."""
    return curve_of({name: prior for name, (prior, _, _) in POWER_PRIORS.items()}, accelerator)


def curve_of(shares: dict[str, float], accelerator: Accelerator) -> PowerCurve:
    """Power curve from its figures as shares of board power."""
    figures = {name: share * accelerator.tdp_w for name, share in shares.items()}
    return PowerCurve(**(dict.fromkeys(POWER_NAMES, 0.0) | figures))
