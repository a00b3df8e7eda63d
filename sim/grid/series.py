"""From what a scenario states to a signal over the run; a file covers it, or the rule that the user chose does."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

from sim.errors import SeriesError
from sim.grid.clock import clock_signal
from sim.grid.gaps import Series, read_series
from sim.grid.notes import Notes, shown
from sim.grid.signals import FlatSignal, StepSignal
from sim.protocols import Signal
from sim.scenario.grid_specs import GeneratedSeries, TimeOfUse
from sim.scenario.specs import SeriesFile
from sim.units import S_PER_H


def build_signal(
    value: float | SeriesFile | TimeOfUse | GeneratedSeries, start: datetime, horizon_s: float, what: str
) -> tuple[Signal, tuple[str, ...]]:
    """A signal over [0, horizon_s] from `start` (aware), and what to warn of; `what` names it in messages.

    Raises SeriesError where the file cannot be read, holds a gap longer than allowed or does not cover the run.
    """
    if isinstance(value, TimeOfUse):
        return clock_signal(value, start, horizon_s), ()
    if isinstance(value, GeneratedSeries):
        return _generated(value, start, horizon_s, what)
    if not isinstance(value, SeriesFile):
        return FlatSignal(value), ()
    notes = Notes(value.path, what)
    begin_s = start.timestamp()
    end_s = begin_s + horizon_s
    # another year's values may be taken from anywhere in the file
    series = read_series(value, notes) if value.outside == "wrap" else read_series(value, notes, begin_s, end_s)
    stamps_s, raw = _covering(series, begin_s, end_s, value.outside, notes)
    signal = StepSignal.of([stamp - begin_s for stamp in stamps_s], [x * value.scale + value.adder for x in raw])
    return signal, tuple(notes.warnings)


def _generated(source: GeneratedSeries, start: datetime, horizon_s: float, what: str) -> tuple[Signal, tuple[str, ...]]:
    """Loads the compiled draws only where they are needed."""
    from sim.grid.generated import generated_signal

    return generated_signal(source, start, horizon_s, what)


def negative_hours_note(signal: Signal, horizon_s: float, what: str) -> tuple[str, ...]:
    """That a signal falls below 0 during the run, for how long and how far, where it does."""
    if not isinstance(signal, StepSignal):
        return ()
    ends_s = (*signal.starts_s[1:], max(horizon_s, signal.starts_s[-1]))
    below = [
        (value, min(end_s, horizon_s) - max(start_s, 0.0))
        for start_s, end_s, value in zip(signal.starts_s, ends_s, signal.values, strict=True)
        if value < 0.0 and start_s < horizon_s and end_s > 0.0
    ]
    if not below:
        return ()
    hours, lowest = sum(seconds for _, seconds in below) / S_PER_H, min(value for value, _ in below)
    return (f"{what}: below 0 for {hours:.4g} h of the run, down to {lowest:.4g}: using energy then earns money",)


def _covering(
    series: Series, begin_s: float, end_s: float, outside: str, notes: Notes
) -> tuple[Sequence[float], Sequence[float]]:
    """Stamps and values from the one that holds at `begin_s` to the last before `end_s`."""
    first = max(bisect_right(series.stamps_s, begin_s) - 1, 0)
    last = max(bisect_left(series.stamps_s, end_s), first + 1)
    missed_s = max(series.stamps_s[0] - begin_s, 0.0) + max(end_s - series.stop_s, 0.0)
    missed_h = min(missed_s, end_s - begin_s) / S_PER_H
    if missed_h > 0.0:
        if outside == "error":
            raise SeriesError(
                notes.problem(
                    f"the file covers {shown(series.stamps_s[0])} to {shown(series.stop_s)}, the run needs"
                    f" {shown(begin_s)} to {shown(end_s)}; set `outside` to hold (keep the nearest value) or wrap"
                    " (same date of the file's year)"
                )
            )
        rule = "its nearest value" if outside == "hold" else "the values of the same UTC date of its year"
        notes.warn(f"{missed_h:g} h of the run lie outside {notes.file} and take {rule}")
        if outside == "wrap":
            return _wrapped(series, begin_s, end_s, notes)
    return series.stamps_s[first:last], series.values[first:last]


def _wrapped(series: Series, begin_s: float, end_s: float, notes: Notes) -> tuple[list[float], list[float]]:
    """The run covered by the file where it can be, elsewhere by the same date of the file's year."""
    origin_s = series.stamps_s[0]
    first, stop = (math.floor((begin_s - origin_s) / series.step_s), math.ceil((end_s - origin_s) / series.step_s))
    stamps_s = [origin_s + index * series.step_s for index in range(first, stop)]
    values = []
    for stamp_s in stamps_s:
        value = _same_date(series, stamp_s)
        if value is None:
            text = f"`outside: wrap` needs a whole year; the file has nothing for {shown(stamp_s)} in any year"
            raise SeriesError(notes.problem(text))
        values.append(value)
    return stamps_s, values


def _same_date(series: Series, time_s: float) -> float | None:
    """Value at an instant, or else at its date and time in a year that the file covers; 29 February counts as 28."""
    exact = series.value(time_s)
    if exact is not None:
        return exact
    moment = datetime.fromtimestamp(time_s, UTC)
    if (moment.month, moment.day) == (2, 29):
        moment = moment.replace(day=28)
    first_year = datetime.fromtimestamp(series.stamps_s[0], UTC).year
    last_year = datetime.fromtimestamp(series.stop_s, UTC).year
    found = (series.value(moment.replace(year=year).timestamp()) for year in range(first_year, last_year + 1))
    return next((value for value in found if value is not None), None)
