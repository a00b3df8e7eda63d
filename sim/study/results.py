"""`results.parquet`: one row per point of a study, every figure a column; written in one piece, read for charts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sim.document import write_atomically
from sim.errors import UsageError
from sim.study.executor import Failed
from sim.study.metrics import flat_figures
from sim.study.point import Row, Setting
from sim.study.sample import Sample
from sim.study.store_file import told_of

FILE_NAME: Final = "results.parquet"
OWN_COLUMNS: Final = ("mix", "replication", "seed", "status", "error", "feasible")


def write_results(folder: Path, rows: Sequence[Row]) -> None:
    """Writes the rows in their order. Columns: varied paths, then `OWN_COLUMNS`, then one per figure of the runs.

    A figure that a run does not have is null, as are all figures of a failed point.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    records = [{**_record(row), **_figures(row)} for row in rows]
    names = dict.fromkeys(name for record in records for name in record)
    table = pa.table({name: _column([record.get(name) for record in records]) for name in names})
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"schema": "dcsim.results/1"}), buffer, compression="zstd")
    with told_of(folder):
        write_atomically(folder / FILE_NAME, buffer.getvalue())


def read_samples(folder: Path) -> dict[str, Sample]:
    """The finished rows as samples: one per mix and combination of varied values, in the order of the table."""
    import pyarrow.parquet as pq

    if not (folder / FILE_NAME).is_file():
        raise UsageError(f"{folder} holds no {FILE_NAME} yet: the same command goes on and writes it")
    table = pq.read_table(folder / FILE_NAME)
    names = table.column_names
    paths, figures = names[: names.index("mix")], names[names.index("feasible") + 1 :]
    samples: dict[str, Sample] = {}
    for row in (row for row in table.to_pylist() if row["status"] == "done"):
        label = ", ".join((row["mix"], *(f"{path.rpartition('.')[2]}={row[path]}" for path in paths)))
        sample = samples.setdefault(label, Sample({}, {}))
        sample.figures[row["replication"]] = {name: row[name] for name in figures if row[name] is not None}
        sample.feasible[row["replication"]] = row["feasible"]
    return samples


def failures_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """One line per failed point: which, and why."""
    return tuple(f"{_label(row)}: {row.result.error}" for row in rows if isinstance(row.result, Failed))


def _column(values: Sequence[Setting]) -> Sequence[Setting]:
    """Values of one kind: whole numbers, numbers or truths as they are, anything mixed as text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} or kinds <= {bool} or kinds <= {str}:
        return values
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]


def _label(row: Row) -> str:
    varied = "".join(f", {path}={value}" for path, value in row.point.settings.items())
    return f"mix {row.point.mix}{varied}, replication {row.point.replication}"


def _record(row: Row) -> dict[str, Setting]:
    result = row.result
    return {
        **row.point.settings,
        "mix": row.point.mix,
        "replication": row.point.replication,
        "seed": row.point.seed,
        "status": result.status if isinstance(result, Failed) else "done",
        "error": result.error if isinstance(result, Failed) else None,
        "feasible": None if isinstance(result, Failed) else result.summary.get("feasible") is True,
    }


def _figures(row: Row) -> dict[str, float]:
    return {} if isinstance(row.result, Failed) else flat_figures(row.result.summary)
