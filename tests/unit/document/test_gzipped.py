"""Reading plain and gzipped data files within bounds."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest

from sim.document import gzipped
from sim.document.gzipped import read_bytes
from sim.errors import SeriesError, TraceError

TEXT = b"time,value\n2023-01-01T00:00:00Z,5\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file.csv.gz"
    path.write_bytes(content)
    return path


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    assert read_bytes(written(tmp_path, TEXT), SeriesError) == TEXT


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    assert read_bytes(written(tmp_path, b""), SeriesError) == b""


def test_a_gzipped_file_is_unpacked_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(gzip.compress(TEXT))
    assert read_bytes(path, SeriesError) == TEXT


def test_members_one_after_another_are_one_content(tmp_path: Path) -> None:
    assert read_bytes(written(tmp_path, gzip.compress(TEXT) + gzip.compress(TEXT)), SeriesError) == TEXT + TEXT


def test_a_large_file_is_unpacked_in_full(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(3 * gzipped.CHUNK) + bytes(5 * gzipped.CHUNK)
    assert read_bytes(written(tmp_path, gzip.compress(content)), SeriesError) == content


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (gzip.compress(TEXT)[:-9], "cut short"),
        (gzip.compress(TEXT)[:12], "cut short"),
        (gzip.compress(TEXT) + b"tail", "damaged"),
        (gzip.compress(TEXT)[:-4] + b"\0\0\0\0", "damaged"),
        (gzip.compress(gzip.compress(TEXT)), "gzipped twice"),
        (gzip.compress(bytes(50 * 2**20)), "200 times"),
    ],
)
def test_damaged_and_hostile_archives_are_refused(tmp_path: Path, content: bytes, text: str) -> None:
    with pytest.raises(SeriesError, match=text):
        read_bytes(written(tmp_path, content), SeriesError)


def test_output_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzipped, "MOST_BYTES", 1000)
    with pytest.raises(SeriesError, match="more than 1,000 bytes"):
        read_bytes(written(tmp_path, gzip.compress(bytes(2000))), SeriesError)
    with pytest.raises(SeriesError, match="2,000 bytes; at most 1,000"):
        read_bytes(written(tmp_path, bytes(2000)), SeriesError)


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(TraceError, match="not a regular file"):
        read_bytes(pipe, TraceError)
    with pytest.raises(TraceError, match="a folder"):
        read_bytes(tmp_path, TraceError)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"absent.csv: cannot be read: no such file"):
        read_bytes(tmp_path / "absent.csv", TraceError)
