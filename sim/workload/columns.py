"""Columns of a request trace as arrays, before anything is checked but the shape of the file.

What is no number in a column of numbers comes out as NaN, so that all such rows can be reported together.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.document.wording import listed, printable
from sim.errors import Problem, TraceError
from sim.workload.formats import ARRIVAL, RequestFormat, csv_header

Floats = NDArray[np.float64]
Stamps = NDArray[np.str_]
Table = tuple[dict[str, Floats], Stamps | None]
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_STAMP = 40  # characters of date, time and offset


@dataclass(frozen=True, slots=True)
class Columns:
    """One array per quantity; arrivals by wall clock are texts, apart from the numbers."""

    numbers: Mapping[str, Floats]
    stamps: Stamps | None
    lines: Callable[[], Sequence[int]] | None  # line of each row, for messages; None in a file without lines


def read_columns(data: bytes, known: RequestFormat, file: str) -> Columns:
    """All columns of the format that the file has; TraceError where there are no arrivals or the shape is wrong."""
    if known.layout == "parquet":
        return parquet_columns(data, known, file)
    if b"\0" in data:
        raise TraceError(Problem("holds NUL bytes: not a text file", file))
    data = data.removeprefix(BYTE_ORDER_MARK)
    return jsonl_columns(data, known, file) if known.layout == "jsonl" else csv_columns(data, known, file)


def found_columns(known: RequestFormat, header: Sequence[str], file: str) -> dict[str, str]:
    """Quantity -> column name in the file; TraceError where the column of arrivals is missing or one is there twice."""
    found = known.found(header)
    if ARRIVAL not in found:
        names = listed(printable(name) for name in header)
        raise TraceError(
            Problem(f"format '{known.name}' needs a column '{known.arrival_names[0]}'; the file has: {names}", file, 1)
        )
    for name in found.values():
        if header.count(name) > 1:
            raise TraceError(Problem(f"column '{name}' is there {header.count(name)} times", file, 1))
    return found


def csv_columns(data: bytes, known: RequestFormat, file: str) -> Columns:
    """Columns of a CSV file with a header."""
    header = csv_header(data, file)
    places = {quantity: header.index(name) for quantity, name in found_columns(known, header, file).items()}
    stamp_place = places.pop(ARRIVAL) if known.clock == "wall" else None
    try:
        numbers, stamps = quick_table(data, places, stamp_place)
    except ValueError:
        numbers, stamps = patient_table(data, places, stamp_place, file)
    return Columns(numbers, stamps, partial(csv_lines, data))


def quick_table(data: bytes, places: Mapping[str, int], stamp_place: int | None) -> Table:
    """Columns at these places of a CSV file whose fields are all right; ValueError where one is not."""
    kinds = [(quantity, "f8") for quantity in places]
    columns = list(places.values())
    if stamp_place is not None:
        kinds.append(("stamps", f"U{LONGEST_STAMP}"))
        columns.append(stamp_place)
    table = np.empty(0, kinds)
    if data.partition(b"\n")[2].strip():
        table = np.loadtxt(
            io.BytesIO(data),
            dtype=kinds,
            delimiter=",",
            quotechar='"',
            comments=None,
            skiprows=1,
            usecols=columns,
            encoding="utf-8",
            ndmin=1,
        )
    numbers = {quantity: np.ascontiguousarray(table[quantity]) for quantity in places}
    return numbers, None if stamp_place is None else np.ascontiguousarray(table["stamps"])


def patient_table(data: bytes, places: Mapping[str, int], stamp_place: int | None, file: str) -> Table:
    """The same with NaN in place of what is missing or no number; TraceError where the file is no CSV text."""
    try:
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8"), newline="")) if row][1:]
    except UnicodeDecodeError as fault:
        raise TraceError(Problem(f"not UTF-8 text (byte {fault.start}); save it as UTF-8", file)) from None
    except csv.Error as fault:
        raise TraceError(Problem(f"not a CSV file: {fault}", file)) from None

    def column(place: int) -> list[str]:
        return [row[place] if place < len(row) else "" for row in rows]

    numbers = {quantity: np.array([number_of(field) for field in column(place)]) for quantity, place in places.items()}
    return numbers, None if stamp_place is None else np.array(column(stamp_place), f"U{LONGEST_STAMP}")


def csv_lines(data: bytes) -> list[int]:
    """Line of the file that each row of a CSV file ends on."""
    reader = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""))
    return [reader.line_num for row in reader if row][1:]


def number_of(field: object) -> float:
    """A field of a file as a number; NaN where it is none."""
    if isinstance(field, bool) or not isinstance(field, str | int | float) or "_" in str(field):
        return np.nan
    try:
        return float(field)
    except (ValueError, OverflowError):
        return np.nan


def jsonl_columns(data: bytes, known: RequestFormat, file: str) -> Columns:
    """Columns of a file with one JSON object per line; the first line tells which names the columns have."""
    lines = [number for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    rows = [json_object(line, number, file) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    found = found_columns(known, tuple(rows[0]) if rows else (), file)
    numbers = {quantity: np.array([number_of(row.get(name)) for row in rows]) for quantity, name in found.items()}
    return Columns(numbers, None, lambda: lines)


def json_object(line: bytes, number: int, file: str) -> dict[str, object]:
    """The object that a line holds; TraceError where it holds none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise TraceError(Problem("the line is not a JSON object", file, number))
    return value


def parquet_columns(data: bytes, known: RequestFormat, file: str) -> Columns:
    """Columns of a Parquet file."""
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (ValueError, OSError):
        raise TraceError(Problem("not a Parquet file that can be read", file)) from None
    numbers = {}
    for quantity, name in found_columns(known, [str(column) for column in frame.columns], file).items():
        column = pd.to_numeric(frame[name], errors="coerce")
        numbers[quantity] = column.to_numpy(np.float64, na_value=np.nan)
    return Columns(numbers, None, None)
