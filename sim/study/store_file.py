"""The SQLite file of a study: opened for writing or for reading, and its faults in one line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sim.errors import UsageError

SCHEMA: Final = 3
POINTS: Final = """CREATE TABLE points (identity TEXT PRIMARY KEY, status TEXT, error TEXT, random INTEGER,
 summary TEXT, mix TEXT, seed INTEGER, replication INTEGER, settings TEXT, scenario TEXT, code TEXT) WITHOUT ROWID"""
KEPT: Final = "CREATE TABLE kept (identity TEXT PRIMARY KEY, totals TEXT, meter BLOB, lean TEXT)"
CHECKPOINT_PAGES: Final = 4000  # 16 MB between two transfers of the log into the tables


def for_writing(path: Path) -> sqlite3.Connection:
    """The file with its tables, and with a log that makes a transaction whole or nothing."""
    connection = sqlite3.connect(path, isolation_level=None)
    with _closed_on_fault(connection, path):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        if _schema(connection, path) == 0:
            with connection:
                for statement in ("BEGIN IMMEDIATE", POINTS, KEPT, f"PRAGMA user_version={SCHEMA}"):
                    connection.execute(statement)
    return connection


def for_reading(path: Path) -> sqlite3.Connection | None:
    """The file as it stands, beside a writer too; None where its tables were never made.

    In a folder that cannot be written to SQLite cannot join a writer's log, so the file is then taken as it is.
    """
    address = f"file:{quote(str(path.absolute()))}"
    try:
        return _read(f"{address}?mode=ro", path)
    except sqlite3.OperationalError:
        with told_of(path.parent):
            return _read(f"{address}?immutable=1", path)


def unreadable(path: Path, fault: sqlite3.Error) -> UsageError:
    """What to say of a file that is damaged, or none of ours."""
    return UsageError(f"{path} cannot be read ({fault}): choose another --out")


@contextmanager
def told_of(folder: Path) -> Iterator[None]:
    """Tells in one line, as UsageError, what keeps files of the folder from being written: no room, no permission."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as fault:
        why = (fault.strerror or str(fault)) if isinstance(fault, OSError) else str(fault)
        text = f"{folder} cannot be written to ({why.lower()}); what is finished is kept, the same command goes on"
        raise UsageError(text) from fault


def _read(address: str, path: Path) -> sqlite3.Connection | None:
    connection = sqlite3.connect(address, uri=True)
    with _closed_on_fault(connection, path):
        if _schema(connection, path):
            return connection
    connection.close()
    return None


def _schema(connection: sqlite3.Connection, path: Path) -> int:
    schema: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if schema not in {0, SCHEMA}:
        raise UsageError(f"{path} was written by another version of dcsim: choose another --out")
    return schema


@contextmanager
def _closed_on_fault(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """A damaged file is told in words; that there is no room or no permission goes on to the caller."""
    try:
        yield
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError as fault:
        connection.close()
        raise unreadable(path, fault) from fault
    except BaseException:
        connection.close()
        raise
