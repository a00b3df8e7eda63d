"""The rows of a price or carbon file: one stamp in UTC and one value each, as the file states them.

Every row is accounted for: what is empty is kept as a gap, what is not a stamp or a number is an error with its line.
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sim.document import nearest
from sim.document.gzipped import read_bytes
from sim.errors import Problem, SeriesError
from sim.scenario.specs import SeriesFile

DELIMITERS = (",", ";", "\t")
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file; `value` is NaN where the file leaves it empty."""

    line: int
    time: datetime  # UTC
    value: float


def read_rows(source: SeriesFile) -> list[Row]:
    """Rows in the order of the file, raw values; raises SeriesError with every fault found."""
    lines = _lines(source)
    header = next(lines, None)
    if header is None:
        raise SeriesError(Problem("the file is empty", file=str(source.path)))
    time_index, value_index = _columns(header[1], source)
    zone = _zone(source)
    rows: list[Row] = []
    faults: list[Problem] = []
    for line, cells in lines:
        try:
            last = rows[-1].time if rows else None
            time, value = _cell(cells, time_index), _cell(cells, value_index)
            rows.append(Row(line, _utc(time, zone, last), _number(value)))
        except ValueError as fault:
            faults.append(Problem(str(fault), file=str(source.path), line=line))
    if not rows and not faults:
        faults = [Problem("the file has a header and no rows", file=str(source.path))]
    if faults:
        raise SeriesError(faults)
    return rows


def _lines(source: SeriesFile) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each line that is not blank, the header first."""
    try:
        text = read_bytes(source.path, SeriesError).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise SeriesError(Problem(f"not UTF-8 text (byte {fault.start})", file=str(source.path))) from None
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as fault:
        raise SeriesError(Problem(str(fault), file=str(source.path), line=reader.line_num)) from None


def _columns(header: Sequence[str], source: SeriesFile) -> tuple[int, int]:
    """Where the two columns stand; raises SeriesError naming the columns that the file has."""
    names = [_plain(name) for name in header]
    faults = []
    for wanted in (source.time_column, source.value_column):
        if _plain(wanted) not in names:
            near = nearest(wanted, names)
            guess = f"did you mean {near!r}? " if near else ""
            text = f"no column {wanted!r}; {guess}the file has: {', '.join(names)}"
            faults.append(Problem(text, file=str(source.path), line=1))
    if faults:
        raise SeriesError(faults)
    return names.index(_plain(source.time_column)), names.index(_plain(source.value_column))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _zone(source: SeriesFile) -> tzinfo:
    if source.timezone.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(source.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        from zoneinfo import available_timezones

        near = nearest(source.timezone, sorted(available_timezones()))
        hint = f"did you mean {near!r}?" if near else "write UTC or a name such as Europe/Berlin"
        text = f"no time zone {source.timezone!r}; {hint}"
        raise SeriesError(Problem(text, file=str(source.path), path="timezone")) from None


def _cell(cells: Sequence[str], index: int) -> str:
    if index >= len(cells):
        raise ValueError(f"{len(cells)} cells, column {index + 1} is needed")
    return cells[index].strip()


def _utc(text: str, zone: tzinfo, last: datetime | None) -> datetime:
    """A stamp in UTC; of a local hour that the clock passes twice, the second if the first has been seen."""
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not an ISO 8601 time such as 2023-07-01T13:00:00Z") from None
    try:
        if stamp.tzinfo is not None:
            return stamp.astimezone(UTC)
        first = stamp.replace(tzinfo=zone).astimezone(UTC)
        second = stamp.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text[:40]!r} is out of range") from None
    if second < first:
        raise ValueError(f"{text[:40]!r} does not exist in {zone}: the clock jumps over it; are the stamps in UTC?")
    return second if last is not None and first <= last else first


def _number(text: str) -> float:
    """A cell as a number; NaN where it is empty or says that it is missing."""
    if text.lower() in MISSING:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a number") from None
    if math.isinf(value):
        raise ValueError(f"{text[:40]!r} is not a finite number")
    return value
