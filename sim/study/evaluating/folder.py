"""The folder of an evaluation: its one file, written and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from sim.errors import UsageError
from sim.study.evaluating.evaluation import SCHEMA, Evaluation
from sim.study.folder import write_json

EVALUATION: Final = "evaluation.json"


def write_evaluation(folder: Path, found: Evaluation) -> None:
    """Writes `evaluation.json`; UsageError where the folder holds something else."""
    if folder.exists() and (not folder.is_dir() or any(each.name != EVALUATION for each in folder.iterdir())):
        raise UsageError(f"{folder} holds something else: choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / EVALUATION, found.to_json())


def read_evaluation(folder: Path) -> dict[str, Any]:
    """The `dcsim.evaluate/1` object of a folder; UsageError where there is none."""
    try:
        content = json.loads((folder / EVALUATION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UsageError(f"{folder} holds no evaluation: dcsim evaluate --out writes one")
    return content
