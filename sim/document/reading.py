"""Text of an outside file: regular, at most 4 MiB (looked at before reading), UTF-8."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 4 * 2**20
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path) -> str:
    """Text of a file without its byte-order mark; raises ValueError with a text for the user."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("not a regular file" if not stat.S_ISDIR(found.st_mode) else "a folder, not a file")
        if found.st_size > MOST_BYTES:
            raise ValueError(f"{found.st_size:,} bytes; at most {MOST_BYTES:,} are read")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ValueError("no such file") from None
    except OSError as fault:
        raise ValueError(f"cannot be read: {os.strerror(fault.errno) if fault.errno else fault}") from None
    return decoded(data)


def decoded(data: bytes) -> str:
    """Text of UTF-8 bytes; raises ValueError with the offset of the first byte that is not."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES:,} bytes")
    if data.startswith(_WIDE_MARKS):
        raise ValueError("UTF-16 text; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ValueError(f"not UTF-8 text (byte {fault.start}); save it as UTF-8") from None
