"""A request trace in memory: read from a file in any known format, checked, sorted, without requests for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.document.wording import printable
from sim.errors import Problem, TraceError
from sim.workload.columns import Columns, Stamps, read_columns
from sim.workload.formats import ARRIVAL, AUDIO, INPUT, ITEMS, OUTPUT, SERVICE, tell_format

Floats = NDArray[np.float64]
Tokens = NDArray[np.int32]
Clock = NDArray[np.int64]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NS_PER_S: Final = 1_000_000_000
S_PER_TICK: Final = {"s": 1.0, "ms": 1e-3}
MOST_TOKENS: Final = np.iinfo(np.int32).max
WHOLE: Final = (INPUT, OUTPUT, ITEMS)  # counted in whole numbers
ASKED: Final = {INPUT: "tokens", OUTPUT: "tokens", ITEMS: "items", AUDIO: "speech"}  # what makes a row a request
NO_STAMP: Final = np.iinfo(np.int64).min  # how the conversion marks a text that is no date and time


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTrace:
    """Requests of a trace in order of arrival; a column that the file does not have is None.

    `rows` of the file = those held here + `dropped`; `misplaced` of them stood behind a row of a later time.
    """

    file: str  # its name, for messages
    format: str
    offset_s: Floats  # since the first request held here
    input_tokens: Tokens | None
    output_tokens: Tokens | None
    items: Tokens | None
    audio_s: Floats | None
    service_s: Floats | None
    first_s: float  # arrival of that first request on the trace's own clock; 0 with a wall clock
    first_ns: int | None  # of a wall clock: nanoseconds since 1970 in UTC
    rows: int
    dropped: int
    misplaced: int

    @property
    def span_s(self) -> float:
        """Time from the first request to the last."""
        return float(self.offset_s[-1])

    def first_after_s(self, instant: datetime) -> float:
        """Time from an instant to the first request; a clock that is no wall clock shows 0 at that instant."""
        if self.first_ns is None:
            return self.first_s
        return (self.first_ns - (instant - EPOCH) // timedelta(microseconds=1) * 1000) / NS_PER_S

    def warnings(self) -> tuple[str, ...]:
        """What was done to the rows of the file."""
        texts = []
        if self.dropped:
            texts.append(
                f"{self.file}: {self.dropped:,} of {self.rows:,} rows have no {self._asked()} and are left out"
            )
        if self.misplaced:
            texts.append(f"{self.file}: {self.misplaced:,} of {self.rows:,} rows were not in order of time; sorted")
        return tuple(texts)

    def _asked(self) -> str:
        return asked([name for name in ASKED if getattr(self, name) is not None])


def asked(quantities: Iterable[str]) -> str:
    """What rows with these quantities ask for, in words."""
    return " or ".join(dict.fromkeys(ASKED[name] for name in quantities if name in ASKED)) or "tokens"


def shared_trace(path: Path, named_format: str | None = None) -> RequestTrace:
    """As `read_trace`; simulations of one process that follow each other share what they read. Not to be changed."""
    if not path.is_file():
        return read_trace(path, named_format)
    found = path.stat()
    return _shared(path, named_format, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=2)
def _shared(path: Path, named_format: str | None, _size: int, _changed_ns: int) -> RequestTrace:
    return read_trace(path, named_format)


def read_trace(path: Path, named_format: str | None = None) -> RequestTrace:
    """The request trace in a file; TraceError with lines and counts where it cannot be used."""
    file = printable(str(path))
    data = read_bytes(path, TraceError)
    known = tell_format(data, named_format, file)
    columns = read_columns(data, known, file)
    if known.gaps:
        columns = filled(columns)
    clock_ns = None if columns.stamps is None else since_epoch_ns(columns.stamps)
    require_good(columns, clock_ns, file)
    if clock_ns is None:
        stamp_s = columns.numbers[ARRIVAL] * S_PER_TICK[known.clock]
    else:
        stamp_s = (clock_ns - clock_ns.min()) / NS_PER_S
    return sorted_trace(columns.numbers, stamp_s, clock_ns, file=printable(path.name), name=known.name)


def filled(columns: Columns) -> Columns:
    """The same with 0 in empty fields: a request for nothing."""
    return replace(columns, numbers={name: np.nan_to_num(values, nan=0.0) for name, values in columns.numbers.items()})


def since_epoch_ns(stamps: Stamps) -> Clock:
    """Nanoseconds since 1970 in UTC of ISO 8601 stamps, UTC where no offset is given; NO_STAMP for any other text."""
    import pandas as pd

    instants = pd.DatetimeIndex(pd.to_datetime(stamps, format="ISO8601", utc=True, errors="coerce"))
    return np.array(instants.as_unit("ns").asi8, np.int64)


def require_good(columns: Columns, clock_ns: Clock | None, file: str) -> None:
    """TraceError with one problem per column that has wrong values, or where there are no rows."""
    wrong: dict[str, NDArray[np.bool_]] = {}
    if clock_ns is not None:
        wrong[f"{ARRIVAL} is not a date and time"] = clock_ns == NO_STAMP
    for quantity, values in columns.numbers.items():
        good = np.isfinite(values) & (values >= 0.0)
        text = f"{quantity} is not a number of at least 0"
        if quantity in WHOLE:
            good &= (values == np.rint(values)) & (values <= MOST_TOKENS)
            text = f"{quantity} is not a whole number from 0 to {MOST_TOKENS}"
        wrong[text] = ~good
    problems = [row_problem(text, bad, columns, file) for text, bad in wrong.items() if bad.any()]
    if problems:
        raise TraceError(problems)
    if not all(bad.size for bad in wrong.values()):
        raise TraceError(Problem("the trace has no rows", file))


def row_problem(text: str, bad: NDArray[np.bool_], columns: Columns, file: str) -> Problem:
    """The problem that the marked rows share, at the first of them."""
    first = int(np.argmax(bad))
    line = columns.lines()[first] if columns.lines else 0
    return Problem(f"{text} in row {first + 1} ({np.count_nonzero(bad):,} such rows of {bad.size:,})", file, line)


def sorted_trace(
    numbers: Mapping[str, Floats], stamp_s: Floats, clock_ns: Clock | None, *, file: str, name: str
) -> RequestTrace:
    """The trace of checked columns: rows for nothing left out, the others in order of time (ties as in the file)."""
    kept = np.ones(stamp_s.size, np.bool_)
    for quantity in ASKED:
        if quantity in numbers:
            kept &= numbers[quantity] > 0.0
    if not kept.any():
        raise TraceError(Problem(f"none of {kept.size:,} rows has {asked(numbers)}", file))
    order = np.flatnonzero(kept)
    order = order[np.argsort(stamp_s[order], kind="stable")]
    first = order[0]
    return RequestTrace(
        file=file,
        format=name,
        offset_s=stamp_s[order] - stamp_s[first],
        input_tokens=numbers[INPUT][order].astype(np.int32) if INPUT in numbers else None,
        output_tokens=numbers[OUTPUT][order].astype(np.int32) if OUTPUT in numbers else None,
        items=numbers[ITEMS][order].astype(np.int32) if ITEMS in numbers else None,
        audio_s=numbers[AUDIO][order] if AUDIO in numbers else None,
        service_s=numbers[SERVICE][order] if SERVICE in numbers else None,
        first_s=float(stamp_s[first]) if clock_ns is None else 0.0,
        first_ns=None if clock_ns is None else int(clock_ns[first]),
        rows=kept.size,
        dropped=kept.size - order.size,
        misplaced=int(np.count_nonzero(stamp_s < np.maximum.accumulate(stamp_s))),
    )
