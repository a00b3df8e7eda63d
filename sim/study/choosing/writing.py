"""The folder of a choice: the answer, the table of candidates, and every figure of every run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from sim.document import write_atomically
from sim.errors import UsageError
from sim.study.choosing.choice import SCHEMA, Choice
from sim.study.folder import write_json
from sim.study.results import write_results

CHOICE: Final = "choice.json"
TABLE: Final = "candidates.csv"
FORMULA: Final = ("=", "+", "-", "@")  # what a spreadsheet takes the beginning of a formula for


def write_choice(folder: Path, found: Choice) -> None:
    """Writes `choice.json`, `candidates.csv`, and `results.parquet` with a row per run."""
    table = found.table().reset_index()
    for column in ("name", "why_not"):
        table[column] = [f"'{text}" if str(text).startswith(FORMULA) else text for text in table[column]]
    write_atomically(folder / TABLE, table.to_csv(index=False, lineterminator="\n").encode())
    write_results(folder, sorted(found.rows, key=lambda row: (row.point.mix, row.point.replication)))
    write_json(folder / CHOICE, found.to_json())


def read_choice(folder: Path) -> dict[str, Any]:
    """The `dcsim.choose/1` object of a folder; UsageError where there is none."""
    try:
        content = json.loads((folder / CHOICE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UsageError(f"{folder} holds no result of dcsim choose --out ({fault})") from fault
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UsageError(f"{folder / CHOICE} is not {SCHEMA}")
    return content
