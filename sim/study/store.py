"""Where the rows of a study are kept while it runs, so that the same command goes on after any stop.

One SQLite file in the output folder, written by the parent process alone and one transaction per row: a killed
study loses the points it was working on and nothing else. Rows are found again by the identity of their point.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sim.document import write_atomically
from sim.errors import UsageError
from sim.record.files import SCENARIO
from sim.record.kept import Packed
from sim.scenario.relocating import relocated
from sim.scenario.specs import Scenario
from sim.study.executor import Failed
from sim.study.folder import Manifest, check_folder
from sim.study.point import Kept, Outcome, Point, Setting

FILE_NAME: Final = "results.sqlite"
SCHEMA: Final = 2
POINTS: Final = """CREATE TABLE IF NOT EXISTS points (identity TEXT PRIMARY KEY, status TEXT, error TEXT,
 random INTEGER, summary TEXT, mix TEXT, seed INTEGER, replication INTEGER, settings TEXT) WITHOUT ROWID"""
KEPT: Final = "CREATE TABLE IF NOT EXISTS kept (identity TEXT PRIMARY KEY, totals TEXT, meter BLOB, lean TEXT)"


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished point as the store has it; `kept` is None where nothing was kept for repricing."""

    mix: str
    seed: int
    replication: int
    settings: dict[str, Setting]
    summary: dict[str, object]
    kept: Kept | None


class Store:
    """The rows of one folder. Nothing is written before the first row; failed points are tried again on resuming."""

    def __init__(self, folder: Path, manifest: Manifest, scenario: Scenario) -> None:
        check_folder(folder, manifest)
        self.folder, self.manifest, self.scenario = folder, manifest, scenario
        self.path = folder / FILE_NAME
        self._connection = _opened(self.path) if self.path.exists() else None

    def done(self) -> dict[str, Outcome]:
        """Outcomes of the points finished before, by identity."""
        if self._connection is None:
            return {}
        found = self._connection.execute("SELECT identity, summary, random FROM points WHERE status = 'done'")
        return {identity: Outcome(json.loads(summary), bool(random)) for identity, summary, random in found}

    def add(self, identity: str, point: Point, result: Outcome | Failed) -> None:
        """Keeps what became of one point, in place of an earlier result of the same point."""
        if self._connection is None:
            self._begin()
        assert self._connection is not None
        asked = (point.mix, point.seed, point.replication, json.dumps(dict(point.settings)))
        if isinstance(result, Failed):
            record = (identity, "failed", result.error, 0, "{}", *asked)
        else:
            summary = json.dumps(result.summary, allow_nan=False)
            record = (identity, "done", "", int(result.random), summary, *asked)
        with self._connection:
            self._connection.execute("BEGIN")
            if isinstance(result, Outcome) and result.kept is not None:
                ledger = result.kept.ledger
                row = (identity, ledger.totals, ledger.meter, result.kept.lean)
                self._connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", row)
            self._connection.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", record)

    def _begin(self) -> None:
        """The folder with its manifest and the scenario that its points vary."""
        self.manifest.write(self.folder)
        document = relocated(self.scenario.document, self.scenario.source.parent, self.folder)
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(self.folder / SCENARIO, f"{text}\n".encode())
        self._connection = _opened(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if self._connection is not None:
            self._connection.close()


def stored_points(folder: Path) -> Iterator[Stored]:
    """The finished points of a folder, in the order of mix, settings and replication."""
    connection = _opened(folder / FILE_NAME)
    try:
        found = connection.execute(
            "SELECT mix, seed, replication, settings, summary, totals, meter, lean FROM points LEFT JOIN kept"
            " USING (identity) WHERE status = 'done' ORDER BY settings, mix, replication, seed"
        )
        for mix, seed, replication, settings, summary, totals, meter, lean in found:
            kept = None if totals is None else Kept(Packed(totals, meter), lean)
            yield Stored(mix, seed, replication, json.loads(settings), json.loads(summary), kept)
    finally:
        connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
        if schema not in {0, SCHEMA}:
            connection.close()
            raise UsageError(f"{path} was written by another version of dcsim: choose another --out")
        connection.execute(POINTS)
        connection.execute(KEPT)
        connection.execute(f"PRAGMA user_version={SCHEMA}")
    except sqlite3.DatabaseError as fault:
        raise UsageError(f"{path} cannot be read ({fault}): choose another --out") from fault
    return connection
