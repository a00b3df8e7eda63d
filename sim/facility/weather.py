"""Outdoor air over the run: one table, hour by hour, made once; plants ask it at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from sim.errors import Problem, ScenarioError
from sim.facility.air import pressure_pa
from sim.facility.climates import climate_year
from sim.facility.weather_files import read_weather_file
from sim.facility.weather_table import AirTable
from sim.facility.weather_years import complete, height_of, matched_by_date, matched_in_utc, with_pressure, year_of
from sim.protocols import Air
from sim.scenario.specs import WeatherSource
from sim.units import S_PER_H

CLOCK_TOLERANCE_H = 1.0  # a typical year whose clock is further from the site's is matched, and said


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Hourly air from `first_s` on (time 0 = start of the run), linear in between, held beyond the ends.

    `design_air` is the design day of the whole year that the weather comes from, whatever part of it the run takes.
    """

    first_s: float
    dry_bulb_c: Sequence[float]
    wet_bulb_c: Sequence[float]
    relative_humidity: Sequence[float]
    pressure_pa: Sequence[float]
    elevation_m: float
    design_air: Air
    warnings: tuple[str, ...] = ()

    def air(self, time_s: float) -> Air:
        """Air at an instant."""
        last = len(self.dry_bulb_c) - 1
        hours = min(max((time_s - self.first_s) / S_PER_H, 0.0), float(last))
        row = min(int(hours), last - 1)
        after = hours - row
        before = 1.0 - after
        return Air(
            before * self.dry_bulb_c[row] + after * self.dry_bulb_c[row + 1],
            before * self.wet_bulb_c[row] + after * self.wet_bulb_c[row + 1],
            before * self.relative_humidity[row] + after * self.relative_humidity[row + 1],
            before * self.pressure_pa[row] + after * self.pressure_pa[row + 1],
        )


def load_weather(
    source: WeatherSource, start: datetime, horizon_s: float, utc_offset_h: float, elevation_m: float | None
) -> Weather:
    """The air of a run that starts at `start` (aware).

    `utc_offset_h` is the site's standard time, by which typical years are matched; `elevation_m` None takes the
    file's or the preset's, or sea level. Raises ScenarioError or SeriesError.
    """
    if source.file is not None:
        return _from_file(source.file, source.format, (start, horizon_s, utc_offset_h), elevation_m)
    if source.preset is not None:
        year, height_m = climate_year(source.preset, elevation_m)
        table, first_s = matched_by_date(year, start, horizon_s, utc_offset_h)
        return _weather(table, first_s, height_m, year.design_air())
    if source.dry_bulb_c is not None and source.relative_humidity is not None:
        return constant_weather(source.dry_bulb_c, source.relative_humidity, elevation_m or 0.0)
    raise ScenarioError(Problem("say dry_bulb_c and relative_humidity, a preset, or a file", path="site.weather"))


def constant_weather(dry_bulb_c: float, relative_humidity: float, elevation_m: float = 0.0) -> Weather:
    """The same air at all times."""
    if not (-60.0 <= dry_bulb_c <= 60.0 and 0.0 <= relative_humidity <= 1.0):
        text = f"dry_bulb_c ({dry_bulb_c:g}) must lie in -60..60, relative_humidity ({relative_humidity:g}) in 0..1"
        raise ScenarioError(Problem(text, path="site.weather"))
    table = AirTable(
        dry_bulb_c=np.full(2, dry_bulb_c),
        relative_humidity=np.full(2, relative_humidity),
        pressure_pa=np.full(2, pressure_pa(elevation_m)),
    )
    return _weather(table, 0.0, elevation_m, table.design_air())


def _from_file(
    path: Path, stated_format: str | None, when: tuple[datetime, float, float], elevation_m: float | None
) -> Weather:
    """A file's air: an actual year in UTC where it covers the run, otherwise the same date of its year."""
    start, horizon_s, utc_offset_h = when
    warnings: list[str] = []
    rows = complete(read_weather_file(path, stated_format), path, warnings)
    height_m = height_of(rows, elevation_m, path, warnings)
    table = with_pressure(rows, height_m)
    matched = None if rows.typical else matched_in_utc(table, rows, start, horizon_s)
    if matched is not None:
        return _weather(*matched, height_m, table.design_air(), warnings)
    if not rows.typical:
        warnings.append(f"weather: {path.name} does not cover the run; the same dates of its year are taken")
    elif rows.utc_offset_h is not None and abs(rows.utc_offset_h - utc_offset_h) > CLOCK_TOLERANCE_H:
        clocks = f"UTC{rows.utc_offset_h:+g} h, the site UTC{utc_offset_h:+g} h"
        warnings.append(f"weather: the clock of {path.name} is {clocks}; matched by local date and hour")
    year = year_of(table, rows, utc_offset_h, path)
    return _weather(*matched_by_date(year, start, horizon_s, utc_offset_h), height_m, year.design_air(), warnings)


def _weather(
    table: AirTable, first_s: float, elevation_m: float, design_air: Air, warnings: Sequence[str] = ()
) -> Weather:
    return Weather(
        first_s=first_s,
        dry_bulb_c=table.dry_bulb_c.tolist(),
        wet_bulb_c=table.wet_bulb_c().tolist(),
        relative_humidity=table.relative_humidity.tolist(),
        pressure_pa=table.pressure_pa.tolist(),
        elevation_m=elevation_m,
        design_air=design_air,
        warnings=tuple(warnings),
    )
