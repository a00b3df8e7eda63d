"""Power curve and voltage curve of the V100 from training under power caps, every prediction through `sim.models`.

power_cap_training.csv (Zeus, NSDI'23) holds epochs of six workloads, each at several batch sizes and optimizers, under
caps of 100 to 250 W. Fitted: floor, memory and compute watts, knee and knee voltage of the accelerator, and the two
utilisations of each workload. What sets the configurations of a workload apart is not fitted but follows from what was
measured at the highest cap: the arithmetic of an epoch is the same, so compute utilisation falls as the epoch takes
longer; the share of time that is busy follows from mean power.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from sim.catalog.entries import Accelerator
from sim.models.bursts import Bursts, burst_tables, busy_share

Array = NDArray[np.float64]
CAPS = "power_cap_training.csv"
ACCELERATOR = "v100-pcie"  # of 250 W, the table's highest cap
SOFT_L1_SCALE = 0.02  # slowdown and energy ratio, absolute
FIT_STEP_MHZ = 1.25  # finer than the real grid, and derivatives are taken over steps that are wider
DIFFERENCE = 0.01
FOLDS = 5
# Floor, memory and compute watts [shares of design power], knee [share of the top clock], voltage at the knee
CURVE_PRIOR = np.array([0.45, 0.3, 2.8, 0.65, 0.5])
CURVE_SPREAD = np.array([0.12, 0.24, 1.2, 0.1, 0.1])
CURVE_LIMITS = (np.array([0.16, 0.02, 0.4, 0.2, 0.3]), np.array([0.64, 2.4, 12.0, 0.95, 1.0]))
# Memory and compute utilisation of a workload: as ResNet-50 trains on a V100 (24 % of peak by the vendor's figures)
LOAD_PRIOR = np.array([0.3, 0.236])
LOAD_SPREAD = np.array([0.2, 0.1])
LOAD_LIMITS = (np.array([0.02, 0.02]), np.array([1.0, 1.0]))


# What the last fit found, so that rows can be predicted without one; u_memory, u_compute at full clock when busy, of
# the configuration with the shortest epoch
LOADS = {
    "bert_base_uncased/sentiment140": (0.283, 0.294),
    "bert_base_uncased/squad": (0.331, 0.457),
    "deepspeech2/librispeech": (0.184, 0.240),
    "ncf/movielens-1m": (0.300, 0.236),
    "resnet50/imagenet": (0.334, 0.324),
    "shufflenetv2/cifar100": (0.219, 0.225),
}


@dataclass(frozen=True, slots=True)
class CapRow:
    """One configuration under one cap, relative to itself at the highest cap."""

    row: str
    workload: str
    batch: int
    configuration: str
    cap_w: float
    free_w: float  # mean power at the highest cap
    pace: float  # shortest epoch of the workload over that of the configuration, both at the highest cap
    slowdown: float
    energy_ratio: float


@dataclass(frozen=True, slots=True)
class CapFit:
    """The fitted accelerator, utilisations of the workloads, and errors of the capped rows (slowdown, energy ratio)."""

    accelerator: Accelerator
    loads: Mapping[str, tuple[float, float]]
    rows: tuple[CapRow, ...]
    errors: Array  # f8[rows, 2], predicted - measured
    left_out: Array  # by fits without a fifth of the configurations
    elsewhere: Array  # on curves fitted without the row's workload, whose two utilisations alone are fitted to it


def cap_rows(folder: Path) -> tuple[CapRow, ...]:
    """Rows under a cap below the highest; those at the highest are what the others are relative to."""
    with (folder / CAPS).open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    return tuple(_rows(table, {_configuration(row): row for row in table if row["power_limit"] == "250"}))


def fit_caps(rows: Sequence[CapRow], accelerator: Accelerator, *, left_out: bool) -> CapFit:
    """Curve and utilisations from all rows, and the errors of rows whose configuration was left out."""
    bench = _Bench(accelerator, sorted({row.workload for row in rows}))
    x = bench.fit(rows)
    errors = bench.predict(x, rows) - _measured(rows)
    outside, elsewhere = (
        (_left_out(bench, rows), _elsewhere(accelerator, rows)) if left_out else (np.zeros((0, 2)), np.zeros((0, 2)))
    )
    return CapFit(bench.accelerator_of(x), bench.loads_of(x), tuple(rows), errors, outside, elsewhere)


def _left_out(bench: _Bench, rows: Sequence[CapRow]) -> Array:
    """Errors of rows by fits without a fifth of the configurations, theirs among them."""
    errors = np.zeros((len(rows), 2))
    numbers = {name: index for index, name in enumerate(dict.fromkeys(row.configuration for row in rows))}
    for fold in range(FOLDS):
        inside = np.array([numbers[row.configuration] % FOLDS == fold for row in rows])
        others = [row for row, out in zip(rows, inside, strict=True) if not out]
        own = [row for row, out in zip(rows, inside, strict=True) if out]
        errors[inside] = bench.predict(bench.fit(others), own) - _measured(own)
    return errors


def _elsewhere(accelerator: Accelerator, rows: Sequence[CapRow]) -> Array:
    """Errors of rows on the curve that the other workloads tell; their own tell their two utilisations."""
    errors = np.zeros((len(rows), 2))
    for workload in sorted({row.workload for row in rows}):
        inside = np.array([row.workload == workload for row in rows])
        others, own = (
            [row for row in rows if row.workload != workload],
            [row for row in rows if row.workload == workload],
        )
        bench = _Bench(accelerator, sorted({row.workload for row in others}))
        curve = bench.fit(others)[: len(CURVE_PRIOR)]
        alone = _Bench(accelerator, [workload])
        errors[inside] = alone.predict(alone.fit(own, curve), own) - _measured(own)
    return errors


def predicted_rows(accelerator: Accelerator, rows: Sequence[CapRow]) -> Array:
    """Slowdown and energy ratio of rows on an accelerator as it is, on its real clock grid: f8[rows, 2]."""
    return np.array(list(_predicted(accelerator, LOADS, rows)))


class _Bench:
    """Predicts rows from fit parameters: the curve's, then two utilisations for each workload."""

    def __init__(self, accelerator: Accelerator, workloads: Sequence[str]) -> None:
        self.accelerator, self.workloads = accelerator, workloads
        count = len(workloads)
        self.prior = np.concatenate((CURVE_PRIOR, np.tile(LOAD_PRIOR, count)))
        self.spread = np.concatenate((CURVE_SPREAD, np.tile(LOAD_SPREAD, count)))
        self.lowest, self.highest = (
            np.concatenate((curve, np.tile(load, count))) for curve, load in zip(CURVE_LIMITS, LOAD_LIMITS, strict=True)
        )

    def accelerator_of(self, x: Array) -> Accelerator:
        """The accelerator with the curve of fit parameters; its knee on the real grid."""
        floor, memory, compute, knee, voltage = (float(value) for value in x[: len(CURVE_PRIOR)])
        tdp, clock = self.accelerator.tdp_w, self.accelerator.clock
        power = replace(self.accelerator.power, floor_w=floor * tdp, memory_w=memory * tdp, compute_w=compute * tdp)
        curve = replace(clock, knee_mhz=knee * clock.max_mhz, knee_voltage=voltage)
        return replace(self.accelerator, power=power, clock=curve)

    def loads_of(self, x: Array) -> Mapping[str, tuple[float, float]]:
        """Utilisations by workload."""
        pairs = x[len(CURVE_PRIOR) :].reshape(-1, 2)
        return {name: (float(pair[0]), float(pair[1])) for name, pair in zip(self.workloads, pairs, strict=True)}

    def predict(self, x: Array, rows: Sequence[CapRow]) -> Array:
        """Slowdown and energy ratio of rows: f8[rows, 2]."""
        fitted, loads = self.accelerator_of(x), self.loads_of(x)
        steps = round((fitted.clock.max_mhz - fitted.clock.min_mhz) / FIT_STEP_MHZ)
        fine = replace(
            fitted, clock=replace(fitted.clock, step_mhz=(fitted.clock.max_mhz - fitted.clock.min_mhz) / steps)
        )
        return np.array(list(_predicted(fine, loads, rows)))

    def fit(self, rows: Sequence[CapRow], curve: Array | None = None) -> Array:
        """Fit parameters; with a curve, the utilisations on it."""
        measured, held = _measured(rows), 0 if curve is None else len(curve)

        def whole(free: Array) -> Array:
            return free if curve is None else np.concatenate((curve, free))

        def residuals(free: Array) -> Array:
            x = whole(free)
            pull = (x - self.prior) / self.spread * SOFT_L1_SCALE
            return np.concatenate(((self.predict(x, rows) - measured).ravel(), pull))

        found = least_squares(
            residuals,
            self.prior[held:],
            bounds=(self.lowest[held:], self.highest[held:]),
            loss="soft_l1",
            f_scale=SOFT_L1_SCALE,
            diff_step=np.full(len(self.prior) - held, DIFFERENCE),
            x_scale=self.spread[held:],
            max_nfev=40,
        )
        return whole(np.asarray(found.x, dtype=np.float64))


def _predicted(
    accelerator: Accelerator, loads: Mapping[str, tuple[float, float]], rows: Sequence[CapRow]
) -> Iterator[tuple[float, float]]:
    jobs: dict[str, tuple[Bursts, Array]] = {}
    for row in rows:
        if row.configuration not in jobs:
            u_memory, u_compute = loads[row.workload]
            u_compute *= row.pace
            job = Bursts(u_memory, u_compute, busy_share(accelerator, u_memory, u_compute, row.free_w))
            jobs[row.configuration] = job, burst_tables(accelerator, job, None, None)[-1]
        job, free = jobs[row.configuration]
        capped = burst_tables(accelerator, job, row.cap_w, None)[-1]
        slowdown = float(free[0] / capped[0])
        yield slowdown, slowdown * float(capped[1] / free[1])


def _measured(rows: Sequence[CapRow]) -> Array:
    return np.array([(row.slowdown, row.energy_ratio) for row in rows])


def _configuration(row: Mapping[str, str]) -> str:
    return "/".join(row[name] for name in ("dataset", "network", "batch_size", "optimizer"))


def _rows(table: Sequence[Mapping[str, str]], free: Mapping[str, Mapping[str, str]]) -> Iterator[CapRow]:
    shortest_s: dict[str, float] = {}
    for row in free.values():
        epoch_s = float(row["time_per_epoch"])
        shortest_s[_workload(row)] = min(epoch_s, shortest_s.get(_workload(row), epoch_s))
    for index, row in enumerate(table):
        if row["power_limit"] == "250":
            continue
        at_highest = free[_configuration(row)]
        yield CapRow(
            row=str(index),
            workload=_workload(row),
            batch=int(row["batch_size"]),
            configuration=_configuration(row),
            cap_w=float(row["power_limit"]),
            free_w=float(at_highest["average_power"]),
            pace=shortest_s[_workload(row)] / float(at_highest["time_per_epoch"]),
            slowdown=float(row["slowdown"]),
            energy_ratio=float(row["energy_ratio"]),
        )


def _workload(row: Mapping[str, str]) -> str:
    return f"{row['network']}/{row['dataset']}"
