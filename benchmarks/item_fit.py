"""Least-squares fits of the pace of models that take items, one curve of measured batches at a time.

A curve is one model on one accelerator with one software and precision. Two constants are fitted to it, four where it
holds rows of several accelerators, on relative errors of items per second (soft-L1, scale 10 %).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks.item_row import ItemRow
from sim.catalog.entries import ItemPace
from sim.models.items import batch_fixed_seconds, item_seconds

Array = NDArray[np.float64]
SOFT_L1_SCALE = 0.1  # relative errors beyond 10 % weigh less than squared
FEWEST_ROWS = 3  # with fewer, nothing is left to be wrong about
LEAST, MOST = log(1e-9), log(1e6)  # seconds, as logarithms: as good as none, and more than any row
Curve = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class CurveFit:
    """A fitted curve: its rows, its constants with their relative standard errors, and its errors."""

    rows: tuple[ItemRow, ...]
    pace: ItemPace  # share of a peak of 1 FLOP/s by items of 1 FLOP: items per second
    spread: tuple[float, ...]  # of batch_s, peak_share, split_loss (absolute) and split_s
    errors: Array  # of items per second, one per row
    left_out: Array  # the same with each row left out of its fit


def curves_of(rows: Sequence[ItemRow]) -> Mapping[Curve, tuple[ItemRow, ...]]:
    """Rows by curve."""
    found: dict[Curve, list[ItemRow]] = defaultdict(list)
    for row in rows:
        found[row.curve].append(row)
    return {curve: tuple(members) for curve, members in found.items()}


def fit_curve(rows: tuple[ItemRow, ...], *, leave_out: bool) -> CurveFit:
    """The constants of one curve, and its errors with and without each row."""
    x, spread = _fit(rows, None)
    others = [(*rows[:index], *rows[index + 1 :]) for index in range(len(rows) if leave_out else 0)]
    left_out = [_errors(rows[index : index + 1], _fit(rest, x)[0])[0] for index, rest in enumerate(others)]
    return CurveFit(rows, _pace(x), spread, _errors(rows, x), np.array(left_out))


def fit_rate(rows: Sequence[ItemRow], batch_s: float) -> ItemPace:
    """The rate of rows of one unknown batch, with the time of a batch held: the median over the rows."""
    per_item = np.median([(row.batch_s - batch_s) / row.batch for row in rows])
    return ItemPace(batch_s=batch_s, peak_share=float(1.0 / per_item))


def batch_seconds(row: ItemRow, pace: ItemPace, flops: float = 1.0, peak_flops: float = 1.0) -> float:
    """Time of a row's batch under a pace."""
    per_item = item_seconds(flops, pace, peak_flops, row.accelerators)
    return batch_fixed_seconds(pace, row.accelerators) + row.batch * per_item


def _pace(x: Array) -> ItemPace:
    alone = ItemPace(batch_s=exp(x[0]), peak_share=exp(-x[1]))
    return alone if len(x) == 2 else replace(alone, split_loss=float(x[2]), split_s=exp(x[3]))


def _errors(rows: Sequence[ItemRow], x: Array) -> Array:
    """Relative errors of items per second."""
    pace = _pace(x)
    return np.array([row.batch_s / batch_seconds(row, pace) - 1.0 for row in rows])


def _fit(rows: Sequence[ItemRow], start: Array | None) -> tuple[Array, tuple[float, ...]]:
    """Logarithms of the time of a batch and of an item, then split loss and logarithm of split_s; standard errors."""
    if start is None:
        first, last = min(rows, key=lambda row: row.batch), max(rows, key=lambda row: row.batch)
        per_item = max(row.batch_s * row.accelerators / row.batch for row in rows if row.batch == last.batch)
        overhead = log(0.3 * first.batch_s)
        split = [0.05, overhead] if len({row.accelerators for row in rows}) > 1 else []
        start = np.array([overhead, log(per_item), *split])
    lower = [LEAST, LEAST, 0.0, LEAST][: len(start)]
    upper = [MOST, MOST, 1.0, MOST][: len(start)]

    def residuals(x: Array) -> Array:
        return _errors(rows, x)

    found = least_squares(residuals, start, bounds=(lower, upper), loss="soft_l1", f_scale=SOFT_L1_SCALE)
    freedom = max(len(rows) - len(start), 1)
    variance = 2.0 * found.cost / freedom
    slope = np.asarray(found.jac, dtype=np.float64)
    covariance = np.linalg.pinv(slope.T @ slope) * variance
    return found.x, tuple(float(value) for value in np.sqrt(np.diag(covariance)))
