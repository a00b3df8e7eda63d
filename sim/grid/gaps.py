"""A series file as rising stamps without gaps; what was repaired is said, what cannot be is refused."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from sim.errors import SeriesError
from sim.grid.notes import Notes, counted, shown
from sim.grid.table import Row, read_rows
from sim.scenario.specs import SeriesFile
from sim.units import S_PER_H

ONE_STEP = 1.001  # two stamps further apart than this many steps have a gap between them


@dataclass(frozen=True, slots=True)
class Series:
    """Rising stamps [s since 1970, UTC] with one value each; a stamp starts its interval, the last lasts one step."""

    stamps_s: Sequence[float]
    values: Sequence[float]
    step_s: float

    @property
    def stop_s(self) -> float:
        """End of the last interval."""
        return self.stamps_s[-1] + self.step_s

    def value(self, time_s: float) -> float | None:
        """Value at an instant; None outside the file."""
        row = bisect_right(self.stamps_s, time_s) - 1
        return self.values[row] if row >= 0 and time_s < self.stop_s else None


def read_series(source: SeriesFile, notes: Notes, begin_s: float = -math.inf, end_s: float = math.inf) -> Series:
    """The file's series; its step is the median distance of its stamps.

    Gaps count, and may be too long, only where they touch the time from `begin_s` to `end_s`. Raises SeriesError.
    """
    rows = _rising(read_rows(source), notes)
    known = [row for row in rows if not math.isnan(row.value)]
    if len(known) < 2:
        raise SeriesError(notes.problem("fewer than two values"))
    step_s = median_low((later.time - earlier.time).total_seconds() for earlier, later in pairwise(rows))
    stated = Series([row.time.timestamp() for row in known], [row.value for row in known], step_s)
    return _filled(stated, source.max_gap_h, notes, begin_s, end_s)


def _rising(rows: Sequence[Row], notes: Notes) -> list[Row]:
    """Rows by time; equal rows count once, two values for one stamp are an error."""
    disorder = sum(later.time < earlier.time for earlier, later in pairwise(rows))
    if disorder:
        notes.warn(f"{counted(disorder, 'row')} of {notes.file} out of order, sorted")
    kept: list[Row] = []
    faults = []
    for row in sorted(rows, key=lambda row: row.time):
        if not kept or row.time > kept[-1].time:
            kept.append(row)
        elif not _same(row.value, kept[-1].value):
            text = f"{shown(row.time.timestamp())} has the value {row.value:g}, and {kept[-1].value:g} in line"
            faults.append(notes.problem(f"{text} {kept[-1].line}", row.line))
    if faults:
        raise SeriesError(faults)
    if len(kept) < len(rows):
        notes.warn(f"{counted(len(rows) - len(kept), 'repeated row')} of {notes.file} counted once")
    return kept


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _filled(series: Series, max_gap_h: float, notes: Notes, begin_s: float, end_s: float) -> Series:
    """The series with gaps up to `max_gap_h` interpolated; raises SeriesError with every longer one that counts."""
    step_s = series.step_s
    stamps_s, values = [series.stamps_s[0]], [series.values[0]]
    missing: list[float] = []
    faults = []
    for stamp_s, value in zip(series.stamps_s[1:], series.values[1:], strict=True):
        last_s, last = stamps_s[-1], values[-1]
        gap_h = (stamp_s - last_s - step_s) / S_PER_H
        counts = last_s + step_s < end_s and stamp_s > begin_s
        if counts and gap_h > max_gap_h:
            text = f"no value for {gap_h:g} h from {shown(last_s + step_s)}; max_gap_h is {max_gap_h:g}"
            faults.append(notes.problem(text))
        elif counts and stamp_s - last_s > ONE_STEP * step_s:
            holes = [last_s + index * step_s for index in range(1, math.ceil((stamp_s - last_s) / step_s - 1e-3))]
            missing += holes
            stamps_s += holes
            values += [last + (value - last) * (hole_s - last_s) / (stamp_s - last_s) for hole_s in holes]
        stamps_s.append(stamp_s)
        values.append(value)
    if faults:
        raise SeriesError(faults)
    if missing:
        notes.warn(f"{counted(len(missing), 'missing value')} of {notes.file} interpolated, from {shown(missing[0])}")
    return Series(stamps_s, values, step_s)
