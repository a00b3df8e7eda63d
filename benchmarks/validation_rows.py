"""Measured rows beside what the program says, as the calibration writes them: one CSV line per figure and kind of fit.

Columns: dataset, row, model, accelerator, engine, precision, tensor_parallel, batch, quantity, measured, predicted,
error (predicted / measured - 1; of ratios the difference), fitted. `fitted` is `yes` or `True` where the constants saw
the row, else `left-out` where the fit left its model out, `never` where no fit uses the row, or just `False`. Where
one kind stands twice, the later line counts: power on time that was fitted, then on time that was predicted.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

SEEN = frozenset({"yes", "True"})
UNSEEN = frozenset({"left-out", "never", "False"})
MISS = 0.15  # an error beyond this is a miss


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A predicted figure and its error as a share of the measured one."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure, what the fit that saw it says of it, and what is predicted without having seen it."""

    dataset: str
    row: str
    model: str
    accelerator: str
    engine: str
    precision: str
    tensor_parallel: str
    batch: str
    quantity: str
    measured: float
    fitted: Prediction | None = None
    predicted: Prediction | None = None  # its model left out of the fit, or never in one

    @property
    def error(self) -> float:
        """The honest error: that of the prediction where there is one, else that of the fit."""
        found = self.predicted or self.fitted
        assert found is not None
        return found.error


@dataclass(frozen=True, slots=True)
class Errors:
    """Sizes of the relative errors of some rows: mean, 90th percentile, largest."""

    rows: int
    mean: float
    p90: float
    largest: float


def read_rows(folder: Path) -> list[Row]:
    """The rows of all CSV files of a folder, in the order of the files' names, figures of one row put together."""
    found: dict[tuple[str, ...], Row] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                _put(found, line, path)
    return list(found.values())


def errors_of(predictions: Iterable[Prediction | None]) -> Errors | None:
    """Mean, 90th percentile and maximum of the errors that there are; None without any."""
    sizes = np.abs([each.error for each in predictions if each is not None])
    if not len(sizes):
        return None
    return Errors(len(sizes), float(sizes.mean()), float(np.quantile(sizes, 0.9)), float(sizes.max()))


def groups(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, str, str], list[Row]]]:
    """Rows by (quantity, accelerator, model), sorted."""
    by_key: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        by_key.setdefault((row.quantity, row.accelerator, row.model), []).append(row)
    yield from sorted(by_key.items())


def misses(rows: Iterable[Row]) -> list[Row]:
    """Rows off by more than `MISS`, the worst first."""
    return sorted((row for row in rows if abs(row.error) > MISS), key=lambda row: -abs(row.error))


def _put(found: dict[tuple[str, ...], Row], line: dict[str, str], path: Path) -> None:
    """Adds a line's prediction to its row."""
    if line["fitted"] not in SEEN | UNSEEN:
        raise SystemExit(f"{path}: fitted is one of {', '.join(sorted(SEEN | UNSEEN))}, not '{line['fitted']}'")
    names = ("dataset", "row", "model", "accelerator", "engine", "precision", "tensor_parallel", "batch", "quantity")
    key = tuple(line[name] for name in names)
    row = found.get(key) or Row(**dict(zip(names, key, strict=True)), measured=float(line["measured"]))  # type: ignore[arg-type]
    prediction = Prediction(value=float(line["predicted"]), error=float(line["error"]))
    seen = line["fitted"] in SEEN
    found[key] = replace(row, fitted=prediction) if seen else replace(row, predicted=prediction)
