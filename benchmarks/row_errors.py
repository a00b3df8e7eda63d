"""Predictions of measured rows as a table: a row per figure, what was measured and predicted, whether it was fitted."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """One measured figure and its prediction; `fitted` says whether the row was in the fit that predicts it."""

    dataset: str
    row: str
    model: str
    accelerator: str
    engine: str
    precision: str
    tensor_parallel: int
    batch: float
    quantity: str
    measured: float
    predicted: float
    error: float  # relative; of ratios (slowdown, energy_ratio) the difference
    fitted: bool


def write_rows(path: Path, rows: Iterable[RowError]) -> None:
    """Writes the table as CSV, figures with six digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(RowError)])
        writer.writeheader()
        for row in rows:
            values = asdict(row)
            writer.writerow({name: f"{v:.6g}" if isinstance(v, float) else v for name, v in values.items()})
