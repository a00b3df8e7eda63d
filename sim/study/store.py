"""Where the rows of a study are kept while it runs, so that the same command goes on after any stop.

One SQLite file in the output folder, written by the parent process alone: a killed study loses the points it was
working on and nothing else. Rows are found again by the identity of their point; a row whose code or scenario has
changed since gives way to its successor.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

from sim.document import write_atomically
from sim.record.files import SCENARIO
from sim.record.kept import Packed
from sim.scenario.relocating import relocated
from sim.scenario.specs import Scenario
from sim.study.executor import Failed
from sim.study.folder import Manifest, check_folder, read_manifest
from sim.study.lock import Lock
from sim.study.point import Kept, Key, Outcome, Point, Setting
from sim.study.store_file import for_reading, for_writing, told_of, unreadable

FILE_NAME: Final = "results.sqlite"

Reason: TypeAlias = Literal["new", "failed", "timed out", "crashed", "code changed", "scenario changed"]
Label: TypeAlias = tuple[str, int, int, str]  # mix, seed, replication and settings: which point, of any version


class Entry(NamedTuple):
    """A point with what it is known by, and what became of it."""

    key: Key
    point: Point
    result: Outcome | Failed


class _Known(NamedTuple):
    """A row that the store has."""

    identity: str
    status: str
    scenario: str
    code: str


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
    """The rows of one folder, locked against other writers; with `writing=False` only looked at.

    Nothing is written before the first row; failed points are tried again on resuming.
    """

    def __init__(self, folder: Path, manifest: Manifest, scenario: Scenario, writing: bool = True) -> None:
        check_folder(folder, manifest)
        self.folder, self.manifest, self.scenario = folder, manifest, scenario
        self.path = folder / FILE_NAME
        self._lock: Lock | None = None
        self._connection: sqlite3.Connection | None = None
        self._known: dict[Label, _Known] = {}
        try:
            if writing and folder.is_dir():
                with told_of(folder):
                    self._lock = Lock(folder)
            if self.path.exists():
                with told_of(folder):
                    self._connection = for_writing(self.path) if writing else for_reading(self.path)
                self._learn()
        except BaseException:
            self.close()
            raise

    def done(self) -> dict[str, Outcome]:
        """Outcomes of the points finished before, by identity."""
        found = self._rows("SELECT identity, summary, random FROM points WHERE status = 'done'")
        return {identity: Outcome(json.loads(summary), bool(random)) for identity, summary, random in found}

    def reason(self, key: Key, point: Point) -> Reason:
        """Why a point that is not done has to be run."""
        known = self._known.get(_label(point))
        if known is None:
            return "new"
        if known.identity == key.identity:
            return next((each for each in ("timed out", "crashed") if each == known.status), "failed")
        return "code changed" if known.code != key.code else "scenario changed"

    def add(self, identity: str, point: Point, result: Outcome | Failed) -> None:
        """Keeps what became of one point, in place of an earlier result of the same point."""
        self.add_all([Entry(Key(identity), point, result)])

    def add_all(self, entries: Sequence[Entry]) -> None:
        """Keeps what became of some points: all of them or, where this process is killed meanwhile, none."""
        with told_of(self.folder):
            if self._connection is None:
                self._begin()
            assert self._connection is not None
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for entry in entries:
                    self._insert(self._connection, entry)
        self._known |= {_label(point): _known(key, result) for key, point, result in entries}

    def _insert(self, connection: sqlite3.Connection, entry: Entry) -> None:
        key, point, result = entry
        before = self._known.get(_label(point))
        if before is not None and before.identity != key.identity:
            for table in ("points", "kept"):
                connection.execute(f"DELETE FROM {table} WHERE identity = ?", (before.identity,))
        status, summary, random, error = "done", "{}", False, ""
        if isinstance(result, Failed):
            status, error = result.status, result.error
        else:
            random, kept = result.random, result.kept
            summary = kept.summary if kept and kept.summary else json.dumps(result.summary, allow_nan=False)
            if kept is not None:
                row = (key.identity, kept.ledger.totals, kept.ledger.meter, kept.lean)
                connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", row)
        record = (key.identity, status, error, int(random), summary, *_label(point), key.scenario, key.code)
        connection.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", record)

    def _begin(self) -> None:
        """The folder with its manifest and the scenario that its points vary."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock or Lock(self.folder)
        if read_manifest(self.folder) is not None:
            check_folder(self.folder, self.manifest)  # another one may have come and gone since
        self.manifest.write(self.folder)
        document = relocated(self.scenario.document, self.scenario.source.parent, self.folder)
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(self.folder / SCENARIO, f"{text}\n".encode())
        self._connection = for_writing(self.path)
        self._learn()

    def _learn(self) -> None:
        """What there is of each point, of whatever version."""
        found = self._rows("SELECT mix, seed, replication, settings, identity, status, scenario, code FROM points")
        self._known = {(mix, seed, number, text): _Known(*rest) for mix, seed, number, text, *rest in found}

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(query).fetchall()
        except sqlite3.DatabaseError as fault:
            raise unreadable(self.path, fault) from fault

    def close(self) -> None:
        """Closes the file and lets others write."""
        if self._connection is not None:
            self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def stored_points(folder: Path) -> Iterator[Stored]:
    """The finished points of a folder, in the order of mix, settings and replication."""
    path = folder / FILE_NAME
    connection = for_reading(path)
    if connection is None:
        return
    try:
        found = connection.execute(
            "SELECT mix, seed, replication, settings, summary, totals, meter, lean FROM points LEFT JOIN kept"
            " USING (identity) WHERE status = 'done' ORDER BY settings, mix, replication, seed"
        )
        for mix, seed, replication, settings, summary, totals, meter, lean in found:
            kept = None if totals is None else Kept(Packed(totals, meter), lean)
            yield Stored(mix, seed, replication, json.loads(settings), json.loads(summary), kept)
    except sqlite3.DatabaseError as fault:
        raise unreadable(path, fault) from fault
    finally:
        connection.close()


def _label(point: Point) -> Label:
    return point.mix, point.seed, point.replication, json.dumps(dict(point.settings))


def _known(key: Key, result: Outcome | Failed) -> _Known:
    return _Known(key.identity, result.status if isinstance(result, Failed) else "done", key.scenario, key.code)
