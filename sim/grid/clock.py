"""A time-of-use tariff over a run: which period holds when, in the site's local standard time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sim.grid.signals import StepSignal
from sim.scenario.grid_specs import Period, TimeOfUse
from sim.units import S_PER_H


@dataclass(frozen=True, slots=True)
class Span:
    """[start_s, stop_s) of the run, in which one period holds throughout."""

    start_s: float
    stop_s: float
    period: Period


def spans(tariff: TimeOfUse, start: datetime, horizon_s: float) -> tuple[Span, ...]:
    """The run from `start` (aware) cut by period; neighbours are of different periods."""
    found: list[Span] = []
    edges = [*_changes(tariff, start, horizon_s), (horizon_s, start)]
    for (begin_s, moment), (end_s, _) in pairwise(edges):
        hour = moment.hour + moment.minute / 60.0 + moment.second / S_PER_H + moment.microsecond / (1e6 * S_PER_H)
        period = tariff.period_at(moment.month, moment.weekday(), hour)
        assert period is not None  # the scenario's reader has seen to it
        if found and found[-1].period is period:
            found[-1] = Span(found[-1].start_s, end_s, period)
        else:
            found.append(Span(begin_s, end_s, period))
    return tuple(found)


def clock_signal(tariff: TimeOfUse, start: datetime, horizon_s: float) -> StepSignal:
    """The price over the run."""
    found = spans(tariff, start, horizon_s)
    return StepSignal.of([each.start_s for each in found], [each.period.usd_per_kwh for each in found])


def seconds_in_months(
    months: frozenset[int], tariff: TimeOfUse, start: datetime, start_s: float, stop_s: float
) -> float:
    """How much of [start_s, stop_s) of a run from `start` (aware) lies in some months of the local year [s]."""
    moment = _local(tariff, start) + timedelta(seconds=start_s)
    end = _local(tariff, start) + timedelta(seconds=stop_s)
    seconds = 0.0
    while moment < end:
        next_month = (moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(
            day=1
        )
        if moment.month in months:
            seconds += (min(next_month, end) - moment).total_seconds()
        moment = next_month
    return seconds


def _local(tariff: TimeOfUse, start: datetime) -> datetime:
    """An instant by the tariff's clock, naive."""
    return start.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=tariff.utc_offset_h)


def _changes(tariff: TimeOfUse, start: datetime, horizon_s: float) -> Iterator[tuple[float, datetime]]:
    """The start of the run, and every instant inside it at which another period may begin, with its local time."""
    local = _local(tariff, start)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    yield 0.0, local
    while (midnight - local).total_seconds() < horizon_s:
        for hour in tariff.changes_h():
            moment = midnight + timedelta(hours=hour)
            time_s = (moment - local).total_seconds()
            if 0.0 < time_s < horizon_s:
                yield time_s, moment
        midnight += timedelta(days=1)
