"""What a run leaves behind: the ledger that the engine fills, and the folder of files that is kept of it.

`ledger` is plain dataclasses over numpy columns; `files` is the only home of pyarrow here and loads it when used.
"""

from __future__ import annotations

from sim.record.files import RunFolder, read_run, write_run
from sim.record.ledger import Ledger

__all__ = ["Ledger", "RunFolder", "read_run", "write_run"]
