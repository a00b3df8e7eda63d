"""Where the rows of a study are kept while it runs, so that the same command goes on after any stop.

One SQLite file in the output folder, written by the parent process alone and one transaction per row: a killed
study loses the points it was working on and nothing else. Rows are found again by the identity of their point.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from sim.errors import UsageError
from sim.study.executor import Failed
from sim.study.folder import Manifest, check_folder
from sim.study.point import Outcome

FILE_NAME = "results.sqlite"
SCHEMA = 1


class Store:
    """The rows of one folder. Nothing is written before the first row; failed points are tried again on resuming."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        check_folder(folder, manifest)
        self.folder, self.manifest = folder, manifest
        self.path = folder / FILE_NAME
        self._connection = self._open() if self.path.exists() else None

    def done(self) -> dict[str, Outcome]:
        """Outcomes of the points finished before, by identity."""
        if self._connection is None:
            return {}
        found = self._connection.execute("SELECT identity, summary, random FROM points WHERE status = 'done'")
        return {identity: Outcome(json.loads(summary), bool(random)) for identity, summary, random in found}

    def add(self, identity: str, result: Outcome | Failed) -> None:
        """Keeps what became of one point, in place of an earlier result of the same point."""
        if self._connection is None:
            self.manifest.write(self.folder)
            self._connection = self._open()
        if isinstance(result, Failed):
            record = (identity, "failed", result.error, 0, "{}")
        else:
            summary = json.dumps(result.summary, allow_nan=False)
            record = (identity, "done", "", int(result.random), summary)
        self._connection.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?)", record)

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(
                "CREATE TABLE IF NOT EXISTS points"
                " (identity TEXT PRIMARY KEY, status TEXT, error TEXT, random INTEGER, summary TEXT) WITHOUT ROWID"
            )
            connection.execute(f"PRAGMA user_version={SCHEMA}")
        except sqlite3.DatabaseError as fault:
            raise UsageError(f"{self.path} cannot be read ({fault}): choose another --out") from fault
        if schema not in {0, SCHEMA}:
            raise UsageError(f"{self.path} was written by another version of dcsim: choose another --out")
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if self._connection is not None:
            self._connection.close()
