"""A whole year of outdoor air by the site's own clock, for surveys of a plant without a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import Problem, ScenarioError
from sim.facility.climates import climate_year
from sim.facility.weather_files import HOUR, read_weather_file
from sim.facility.weather_table import AirColumns, AirTable
from sim.facility.weather_years import COMMON_YEAR, YEAR_H, complete, height_of, with_pressure, year_of
from sim.protocols import Air
from sim.scenario.specs import WeatherSource


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherYear:
    """8,760 hours from 1 January on; `month` is 0..11. In files, the clock is the file's."""

    air: AirColumns
    month: NDArray[np.int64]
    elevation_m: float
    design_air: Air
    warnings: tuple[str, ...] = ()


def weather_year(source: WeatherSource, elevation_m: float | None = None) -> WeatherYear:
    """The year of a preset or a file. Raises ScenarioError or SeriesError, also where hours are missing."""
    if source.preset is not None:
        table, height_m = climate_year(source.preset, elevation_m)
        return _year(table, height_m)
    if source.file is None:
        raise ScenarioError(Problem("say a preset or a file", path="weather"))
    warnings: list[str] = []
    rows = complete(read_weather_file(source.file, source.format), source.file, warnings)
    height_m = height_of(rows, elevation_m, source.file, warnings)
    table = year_of(with_pressure(rows, height_m), rows, rows.utc_offset_h or 0.0, source.file)
    return _year(table, height_m, warnings)


def _year(table: AirTable, elevation_m: float, warnings: Sequence[str] = ()) -> WeatherYear:
    hours = COMMON_YEAR + np.arange(YEAR_H) * HOUR
    return WeatherYear(
        air=table.columns(),
        month=hours.astype("datetime64[M]").astype(np.int64) % 12,
        elevation_m=elevation_m,
        design_air=table.design_air(),
        warnings=tuple(warnings),
    )
