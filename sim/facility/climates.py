"""Generated typical years for work without a weather file: the climates of the catalogue, by name.

Dry bulb = monthly mean + day-to-day wave + daily sine; the dew point follows its monthly means. Means, daily ranges and
deviations come from typical years of measured weather; waves of a week stand for the changes from day to day, so that
the design day is about as hot as the measured one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from pathlib import Path
from typing import TypedDict, cast

import numpy as np

import sim.catalog
from sim.document import load_document, nearest
from sim.errors import CatalogueError, Problem, ScenarioError
from sim.facility.air import pressure_pa, saturation_pressures_pa
from sim.facility.lanes import Floats
from sim.facility.weather_table import AirTable

DATA = Path(sim.catalog.__file__).parent / "data" / "weather"
DAYS_OF_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTHLY = ("dry_bulb_c", "daily_range_k", "daily_mean_deviation_k", "dew_point_c")
WAVES_PER_YEAR = 52  # whole, so that the year closes


class _ClimateFile(TypedDict):
    """What a data file holds; its title and sources are for readers."""

    elevation_m: float
    hottest_hour: float
    monthly: dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """A climate in twelve monthly figures each; `hottest_hour` in local standard time."""

    elevation_m: float
    hottest_hour: float
    dry_bulb_c: Floats
    daily_range_k: Floats  # mean of the days' maximum less minimum
    daily_mean_deviation_k: Floats  # standard deviation of the days' means
    dew_point_c: Floats


def climate_names() -> tuple[str, ...]:
    """Names of the climates that there are."""
    return tuple(sorted(path.stem for path in DATA.glob("*.yaml")))


def climate_year(name: str, elevation_m: float | None = None) -> tuple[AirTable, float]:
    """8,760 hours of a climate's typical year by local standard time, and the elevation that they are for [m].

    Raises ScenarioError where no climate has the name.
    """
    climate = _climate(name)
    height_m = climate.elevation_m if elevation_m is None else elevation_m
    hours = np.arange(8760, dtype=np.float64)
    dry_bulb_c = (
        _over_the_year(climate.dry_bulb_c, hours)
        + sqrt(2.0)
        * _over_the_year(climate.daily_mean_deviation_k, hours)
        * np.sin(2.0 * pi * WAVES_PER_YEAR * hours / 8760.0)
        + 0.5 * _over_the_year(climate.daily_range_k, hours) * np.cos(2.0 * pi * (hours - climate.hottest_hour) / 24.0)
    )
    vapour = saturation_pressures_pa(_over_the_year(climate.dew_point_c, hours))
    humidity = np.minimum(vapour / saturation_pressures_pa(dry_bulb_c), 1.0)
    pressures = np.full(len(hours), pressure_pa(height_m))
    return AirTable(dry_bulb_c=dry_bulb_c, relative_humidity=humidity, pressure_pa=pressures), height_m


def _over_the_year(monthly: Floats, hours: Floats) -> Floats:
    """Monthly means joined by straight lines from mid-month to mid-month."""
    middles = (np.cumsum(DAYS_OF_MONTH) - 0.5 * DAYS_OF_MONTH) * 24.0
    return np.interp(hours, middles, monthly, period=8760.0)


def _climate(name: str) -> Climate:
    names = climate_names()
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(names)}"
        raise ScenarioError(Problem(f"no weather preset {name!r}; {hint}", path="site.weather.preset"))
    path = DATA / f"{name}.yaml"
    held = cast("_ClimateFile", load_document(path, CatalogueError).value)
    try:
        monthly = {figure: np.array(held["monthly"][figure], dtype=np.float64) for figure in MONTHLY}
        if any(len(values) != 12 for values in monthly.values()):
            raise ValueError("other than twelve monthly figures")
        return Climate(elevation_m=held["elevation_m"], hottest_hour=held["hottest_hour"], **monthly)
    except (KeyError, TypeError, ValueError) as fault:
        raise CatalogueError(Problem(f"not a climate: {fault}", file=str(path))) from None
