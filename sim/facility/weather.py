"""Outdoor air over the run: one table, hour by hour, made once; plants ask it at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from sim.errors import Problem, ScenarioError
from sim.facility.air import Floats, pressure_pa, wet_bulbs_c
from sim.protocols import Air
from sim.scenario.specs import WeatherSource
from sim.units import S_PER_H


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Hourly air from `first_s` on (time 0 = start of the run), linear in between, held beyond the ends.

    `design_air` is the design day of the site: dry bulb and wet bulb each exceeded in 0.4 % of the hours of its year.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AirTable:
    """Air at equal steps of an hour, as arrays of one length; humidity in 0..1."""

    dry_bulb_c: Floats
    relative_humidity: Floats
    pressure_pa: Floats

    def wet_bulb_c(self) -> Floats:
        """Wet bulb of each row."""
        return wet_bulbs_c(self.dry_bulb_c, self.relative_humidity, self.pressure_pa)


def load_weather(
    source: WeatherSource, start: datetime, horizon_s: float, utc_offset_h: float, elevation_m: float | None
) -> Weather:
    """The air of a run that starts at `start` (aware).

    `utc_offset_h` is the site's standard time, by which typical years are matched; `elevation_m` None takes the
    file's, or sea level. Raises ScenarioError or SeriesError.
    """
    if source.dry_bulb_c is not None and source.relative_humidity is not None:
        return constant_weather(source.dry_bulb_c, source.relative_humidity, elevation_m or 0.0)
    raise ScenarioError(Problem("weather needs a constant, a preset or a file", path="site.weather"))


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
    return weather_of(table, 0.0, elevation_m, design_air_of(table))


def weather_of(
    table: AirTable, first_s: float, elevation_m: float, design_air: Air, warnings: tuple[str, ...] = ()
) -> Weather:
    """A weather from a table whose first row holds at `first_s`."""
    return Weather(
        first_s=first_s,
        dry_bulb_c=table.dry_bulb_c.tolist(),
        wet_bulb_c=table.wet_bulb_c().tolist(),
        relative_humidity=table.relative_humidity.tolist(),
        pressure_pa=table.pressure_pa.tolist(),
        elevation_m=elevation_m,
        design_air=design_air,
        warnings=warnings,
    )


def design_air_of(year: AirTable) -> Air:
    """Design day of a year: the 99.6th percentiles (ASHRAE's 0.4 % conditions) of dry and wet bulb."""
    hot = float(np.quantile(year.dry_bulb_c, 0.996))
    wet = min(float(np.quantile(year.wet_bulb_c(), 0.996)), hot)
    return Air(hot, wet, float(np.median(year.relative_humidity)), float(np.mean(year.pressure_pa)))
