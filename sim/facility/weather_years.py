"""From the rows of a weather file to the hours of a run: holes filled and counted, typical years matched by date.

A typical year is matched by the date and hour of the site's standard time, 29 February as the 28th; an actual year in
UTC where it covers the run, and else like a typical one, which is said.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import Problem, SeriesError
from sim.facility.air import SEA_LEVEL_PA, pressure_pa
from sim.facility.lanes import Floats
from sim.facility.weather_files import HOUR, Stamps, WeatherRows
from sim.facility.weather_table import AirTable
from sim.units import S_PER_H

Indices = NDArray[np.int64]

YEAR_H = 8760
MOST_MISSING_H = 24  # in a row; beyond it a straight line is no weather
DRY_BULB_LIMITS_C = (-90.0, 60.0)
HUMIDITY_LIMITS = (0.0, 1.1)  # EPW allows 110 %; what is above 1 counts as saturated
PRESSURE_LIMITS_PA = (40_000.0, 110_000.0)
KELVIN_FROM, FAHRENHEIT_FROM, HECTOPASCAL_BELOW = 200.0, 40.0, 2000.0  # medians that no place on Earth has
SHARE_OF_A_PERCENT, LEAST_TO_TELL = 0.01, 24
COMMON_YEAR = np.datetime64("2023-01-01", "m")  # any year of 365 days
DAYS_BEFORE_MONTH: Indices = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])


def complete(rows: WeatherRows, path: Path, warnings: list[str]) -> WeatherRows:
    """The rows with holes of up to a day interpolated.

    Raises SeriesError for longer holes, absurd values, values of another scale, and clocks that jump.
    """
    if not rows.typical:
        _refuse_jumps(rows.stamps, path)
    dry_bulb_c = _interpolated(rows.dry_bulb_c, "dry bulb", path, warnings)
    humidity = _interpolated(rows.relative_humidity, "humidity", path, warnings)
    pressure = np.where(np.isnan(rows.pressure_pa), SEA_LEVEL_PA, rows.pressure_pa)
    absurd = _outside(dry_bulb_c, DRY_BULB_LIMITS_C) | _outside(humidity, HUMIDITY_LIMITS)
    absurd |= _outside(pressure, PRESSURE_LIMITS_PA)
    if absurd.any():
        row = int(np.argmax(absurd))
        held = f"dry bulb {dry_bulb_c[row]:g} degC, humidity {humidity[row]:.0%}, {pressure[row]:g} Pa"
        hint = _other_scale(float(np.median(dry_bulb_c)), float(np.median(pressure)))
        raise SeriesError(Problem(f"no weather: {held} at {rows.stamps[row]}{hint}", file=str(path)))
    if len(humidity) > LEAST_TO_TELL and humidity.max() <= SHARE_OF_A_PERCENT:
        raise SeriesError(Problem("the humidity never passes 1 %: shares instead of percent?", file=str(path)))
    return replace(rows, dry_bulb_c=dry_bulb_c, relative_humidity=np.minimum(humidity, 1.0))


def _refuse_jumps(stamps: Stamps, path: Path) -> None:
    """Stamps of an actual year must go on hour by hour: a clock that jumps would shift half of it by an hour."""
    steps = np.diff(stamps)
    if not (steps != HOUR).any():
        return
    at = int(np.argmax(steps != HOUR))
    hint = "; summer time? stamps keep one fixed offset" if steps[at] in (0 * HOUR, 2 * HOUR) else ""
    text = f"{stamps[at + 1]} follows {stamps[at]}: the stamps are not hour by hour{hint}"
    raise SeriesError(Problem(text, file=str(path)))


def _other_scale(dry_bulb: float, pressure: float) -> str:
    """What units a file may have that is far from degC and Pa."""
    if dry_bulb > KELVIN_FROM:
        return "; kelvin instead of degC?"
    if dry_bulb > FAHRENHEIT_FROM:
        return "; degF instead of degC?"
    if pressure < HECTOPASCAL_BELOW:
        return "; hPa or mbar instead of Pa?"
    return ""


def _outside(values: Floats, limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values < limits[0]) | (values > limits[1])


def _interpolated(values: Floats, what: str, path: Path, warnings: list[str]) -> Floats:
    missing = np.isnan(values)
    if not missing.any():
        return values
    if (longest := _longest_run(missing)) > MOST_MISSING_H:
        raise SeriesError(Problem(f"{what}: no value for {longest} h; at most {MOST_MISSING_H} h", file=str(path)))
    warnings.append(f"weather: {int(missing.sum())} missing hours of {what} in {path.name} interpolated")
    hours = np.arange(len(values), dtype=np.float64)
    return np.interp(hours, hours[~missing], values[~missing])


def _longest_run(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max())


def height_of(rows: WeatherRows, stated_m: float | None, path: Path, warnings: list[str]) -> float:
    """Elevation of the site [m]: what is stated, else the file's, else sea level, which is said."""
    height_m = stated_m if stated_m is not None else rows.elevation_m
    if height_m is None:
        warnings.append(f"weather: {path.name} does not say its elevation; sea level is taken")
    return height_m or 0.0


def with_pressure(rows: WeatherRows, elevation_m: float) -> AirTable:
    """The rows as air at an elevation: the file's pressure moved there, or the standard atmosphere."""
    standard_pa = pressure_pa(elevation_m)
    moved = rows.pressure_pa
    if rows.elevation_m is not None:
        moved = moved * (standard_pa / pressure_pa(rows.elevation_m))
    return AirTable(
        dry_bulb_c=rows.dry_bulb_c,
        relative_humidity=rows.relative_humidity,
        pressure_pa=np.where(np.isnan(moved), standard_pa, moved),
    )


def year_of(table: AirTable, rows: WeatherRows, utc_offset_h: float, path: Path) -> AirTable:
    """8,760 rows by hour of the site's standard year; of several actual years the last.

    Raises SeriesError where the file leaves an hour out, or a typical year has one twice.
    """
    local = rows.stamps if rows.typical else _utc_stamps(rows) + _minutes(utc_offset_h)
    if rows.typical:
        _refuse_repeats(local, path)
    order = np.full(YEAR_H, -1)
    order[(hours_of_year(local) + rows.lag_h) % YEAR_H] = np.arange(len(local))
    if (order < 0).any():
        first = COMMON_YEAR + int(np.argmax(order < 0)) * HOUR
        text = f"{int((order < 0).sum())} hours of the year are missing, first {str(first)[5:16]}; it must be whole"
        raise SeriesError(Problem(text, file=str(path)))
    return table.rows(order)


def _refuse_repeats(local: Stamps, path: Path) -> None:
    """Each hour of a month once: years are mixed by month, so that the year of a stamp does not tell."""
    hours = hours_of_year(local)[~_leap_day(local)]
    once, times = np.unique(hours, return_counts=True)
    if len(once) == YEAR_H and (times > 1).any():
        first = COMMON_YEAR + int(once[np.argmax(times > 1)]) * HOUR
        text = f"{int((times > 1).sum())} hours of the year are there twice, first {str(first)[5:16]}"
        raise SeriesError(Problem(text, file=str(path)))


def _leap_day(stamps: Stamps) -> NDArray[np.bool_]:
    days = (stamps.astype("datetime64[D]") - stamps.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    flags: NDArray[np.bool_] = (days == 28) & (stamps.astype("datetime64[M]").astype(np.int64) % 12 == 1)
    return flags


def hours_of_year(stamps: Stamps) -> Indices:
    """Hour of the year, 0..8759, of local stamps; 29 February counts as the 28th, minutes are cut."""
    days = stamps.astype("datetime64[D]")
    months = stamps.astype("datetime64[M]")
    month = months.astype(np.int64) % 12
    day = (days - months.astype("datetime64[D]")).astype(np.int64)
    day = np.where((month == 1) & (day == 28), 27, day)
    hour = ((stamps - days) // HOUR).astype(np.int64)
    hours: Indices = (DAYS_BEFORE_MONTH[month] + day) * 24 + hour
    return hours


def matched_by_date(year: AirTable, start: datetime, horizon_s: float, utc_offset_h: float) -> tuple[AirTable, float]:
    """The run's hours from a typical year, and the time of their first row [s after start, not positive]."""
    local = _utc(start) + _minutes(utc_offset_h)
    first = local.astype("datetime64[h]")
    hours = hours_of_year(first.astype("datetime64[m]") + np.arange(_hours_to_hold(horizon_s)) * HOUR)
    return year.rows(hours), _seconds(first - local)


def matched_in_utc(
    table: AirTable, rows: WeatherRows, start: datetime, horizon_s: float
) -> tuple[AirTable, float] | None:
    """The run's hours from an actual year, and the time of their first row; None where it does not cover the run.

    The last stamp covers its hour, in which its value holds.
    """
    utc = _utc_stamps(rows)
    if len(utc) < 2 or (np.diff(utc) != HOUR).any():
        return None
    first_s = _seconds(utc[0] - _utc(start))
    first = int(-first_s // S_PER_H)
    last = int(np.ceil((horizon_s - first_s) / S_PER_H))
    if first < 0 or last > len(utc):
        return None
    return table.rows(np.arange(first, min(last + 1, len(utc)))), first_s + first * S_PER_H


def _hours_to_hold(horizon_s: float) -> int:
    return int(np.ceil(horizon_s / S_PER_H)) + 2


def _utc_stamps(rows: WeatherRows) -> Stamps:
    return rows.stamps - _minutes(rows.utc_offset_h or 0.0)


def _utc(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def _minutes(hours: float) -> np.timedelta64:
    return np.timedelta64(round(hours * 60.0), "m")


def _seconds(span: np.timedelta64) -> float:
    return float(span / np.timedelta64(1, "s"))
