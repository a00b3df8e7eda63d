"""Bytes of a user's data file, plain or gzipped, never more than this program is willing to hold.

Called by the readers of weather, price, carbon and traces. A file is told to be gzipped by its first bytes, not by
its name.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from sim.errors import InputError, Problem

MOST_BYTES: Final = 2 * 2**30
MOST_RATIO: Final = 200  # unpacked over packed; text of numbers reaches 5 to 30
RATIO_COUNTS_FROM: Final = 2**20  # a small file may be as repetitive as it likes
CHUNK: Final = 2**20
GZIP_MARK: Final = b"\x1f\x8b"
WITH_GZIP_HEADER: Final = 16 + zlib.MAX_WBITS


def read_bytes(path: Path, error_class: type[InputError]) -> bytes:
    """Content of a regular file, unpacked where it is gzipped.

    Raises `error_class` where the file is absent or not regular, where its content is larger than 2 GiB or more than
    200 times the packed size, and where it is cut short, damaged, or gzipped twice.
    """
    try:
        return _content(path)
    except ValueError as fault:
        raise error_class(Problem(str(fault), file=str(path))) from None
    except OSError as fault:
        reason = os.strerror(fault.errno).lower() if fault.errno else str(fault)
        raise error_class(Problem(f"cannot be read: {reason}", file=str(path))) from None


def _content(path: Path) -> bytes:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("a folder, not a file" if stat.S_ISDIR(found.st_mode) else "not a regular file")
    if found.st_size > MOST_BYTES:
        raise ValueError(f"{found.st_size:,} bytes; at most {MOST_BYTES:,} are read")
    with path.open("rb") as file:
        head = file.read(len(GZIP_MARK))
        file.seek(0)
        return _unpacked(file) if head == GZIP_MARK else file.read(MOST_BYTES)


def _unpacked(file: BinaryIO) -> bytes:
    parts = []
    size = 0
    for part in _pieces(file):
        size += len(part)
        if size > MOST_BYTES:
            raise ValueError(f"unpacks to more than {MOST_BYTES:,} bytes")
        if size > max(RATIO_COUNTS_FROM, MOST_RATIO * file.tell()):
            raise ValueError(f"unpacks to more than {MOST_RATIO} times its size; unpack it and check what it holds")
        parts.append(part)
    content = b"".join(parts)
    if content.startswith(GZIP_MARK):
        raise ValueError("gzipped twice; unpack it once")
    return content


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Unpacked pieces of at most CHUNK bytes, over all gzip members that the file is made of."""
    unpacker = zlib.decompressobj(WITH_GZIP_HEADER)
    packed = b""
    try:
        while True:
            packed = packed or file.read(CHUNK)
            if not packed:
                break
            if unpacker.eof:
                unpacker = zlib.decompressobj(WITH_GZIP_HEADER)
            yield unpacker.decompress(packed, CHUNK)
            packed = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise ValueError("damaged gzip data") from None
    if not unpacker.eof:
        raise ValueError("gzip data cut short; copy the file again")
