"""One writer per folder: a lock that the operating system lets go when its process ends, however it ends."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Final

from sim.errors import UsageError

FILE_NAME: Final = ".lock"
LEFT_OVER: Final = re.compile(r"\.[\w.-]+\.(json|yaml|parquet|csv)\.\w{8}")  # what a killed writer was at


class Lock:
    """Held from the making of the object until `release`, or until this process is gone.

    It is SQLite's lock on an empty file, which is left in the folder: to take it away would let two writers in.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / FILE_NAME, timeout=0.0, isolation_level=None)
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as fault:
            self._connection.close()
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            text = f"{folder} is being written by another dcsim: wait until it has ended, or choose another --out"
            raise UsageError(text) from None
        _tidy(folder)

    def release(self) -> None:
        """Lets others write into the folder."""
        self._connection.close()


def _tidy(folder: Path) -> None:
    """Takes away the torsos of files that were being written when their writer was killed."""
    for path in folder.iterdir():
        if LEFT_OVER.fullmatch(path.name):
            path.unlink(missing_ok=True)
