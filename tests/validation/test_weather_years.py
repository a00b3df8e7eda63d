"""Real weather files against figures computed from the same files by other means."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pvlib
import pytest

from sim.facility import Weather, load_weather
from sim.facility.climates import climate_year
from sim.scenario.specs import WeatherSource

H = 3600.0
YEAR_H = 8760
TUCSON = "USA_AZ_Davis-Monthan.AFB.722745_TMY3.epw.gz"
DENVER = "USA_CO_Aurora-Buckley.Field.ANGB.724695_TMY3.epw.gz"
NEW_YORK = "USA_NY_New.York-J.F.Kennedy.Intl.AP.744860_TMY3.epw.gz"
MIAMI = "12839_Miami_FL.tm2.gz"
DALLAS = "openmeteo_US-TEX-ERCO_2023.json.gz"

# file, site's UTC offset, dry bulb (mean, minimum, maximum), mean humidity
YEARS = [
    (TUCSON, -7.0, (21.706, -1.1, 42.0), 0.34918),
    (DENVER, -7.0, (10.017, -23.0, 39.4), 0.55146),
    (NEW_YORK, -5.0, (12.554, -13.9, 36.7), 0.68544),
    (MIAMI, -5.0, (24.314, 3.3, 33.9), 0.72544),
    ("USA_FL_Miami_12839_TMY2_converted.epw.gz", -5.0, (24.314, 3.3, 33.9), 0.72544),
    ("703165TY_Sand_Point_AK_TMY3.csv.gz", -9.0, (4.421, -10.6, 19.4), 0.73487),
    (DALLAS, -6.0, (20.409, -3.6, 43.0), 0.63279),
    ("openmeteo_SG_2023.json.gz", 8.0, (27.257, 22.4, 33.4), 0.82463),
    ("openmeteo_DE-LU_2023.json.gz", 1.0, (12.088, -6.2, 35.0), 0.74876),
]


def year(path: Path, offset_h: float, start: str = "2023-01-01T00:00:00+00:00") -> Weather:
    source = WeatherSource(file=path)
    return load_weather(source, datetime.fromisoformat(start), YEAR_H * H, offset_h, None)


@pytest.mark.parametrize(("file", "offset_h", "dry_bulb", "humidity"), YEARS)
def test_a_year_has_its_known_mean_and_extremes(
    shared_data: Path, file: str, offset_h: float, dry_bulb: tuple[float, float, float], humidity: float
) -> None:
    weather = year(shared_data / "weather" / file, offset_h)
    hours = [weather.air(hour * H) for hour in range(YEAR_H)]
    values = np.array([air.dry_bulb_c for air in hours])
    assert (values.mean(), values.min(), values.max()) == pytest.approx(dry_bulb, abs=1e-3)
    assert np.mean([air.relative_humidity for air in hours]) == pytest.approx(humidity, abs=1e-5)
    assert all(air.wet_bulb_c <= air.dry_bulb_c for air in hours)


def test_wet_bulbs_of_a_humid_year_are_near_those_of_a_published_closed_form(shared_data: Path) -> None:
    weather = year(shared_data / "weather/openmeteo_SG_2023.json.gz", 8.0)
    assert np.mean([weather.air(hour * H).wet_bulb_c for hour in range(YEAR_H)]) == pytest.approx(24.79, abs=0.1)


def test_pressure_of_a_high_site_is_its_files(shared_data: Path) -> None:
    weather = year(shared_data / "weather" / DENVER, -7.0)
    assert np.mean([weather.air(hour * H).pressure_pa for hour in range(YEAR_H)]) == pytest.approx(82_723.3, abs=0.1)
    assert weather.elevation_m == 1726.0


def test_the_converted_file_of_miami_equals_the_original(shared_data: Path) -> None:
    one = year(shared_data / "weather" / MIAMI, -5.0)
    other = year(shared_data / "weather/USA_FL_Miami_12839_TMY2_converted.epw.gz", -5.0)
    for hour in range(0, YEAR_H, 7):
        assert one.air(hour * H).dry_bulb_c == pytest.approx(other.air(hour * H).dry_bulb_c, abs=1e-9)
        assert one.air(hour * H).relative_humidity == pytest.approx(other.air(hour * H).relative_humidity, abs=1e-9)


def test_the_file_of_miami_that_comes_with_pvlib_works_offline() -> None:
    weather = year(Path(pvlib.__file__).parent / "data" / "12839.tm2", -5.0)
    assert np.mean([weather.air(hour * H).dry_bulb_c for hour in range(YEAR_H)]) == pytest.approx(24.314, abs=1e-3)


def test_dallas_of_2023_is_matched_in_utc(shared_data: Path) -> None:
    """The file's clock is UTC-5 all year: its row of 1 July 15:00 holds at 20:00 UTC."""
    source = WeatherSource(file=shared_data / "weather" / DALLAS)
    start = datetime.fromisoformat("2023-07-01T20:00:00+00:00")
    weather = load_weather(source, start, 24 * H, -6.0, None)
    local = datetime(2023, 7, 1, 15)
    row = int((local - datetime(2023, 1, 1)).total_seconds() // H)
    whole = year(shared_data / "weather" / DALLAS, -6.0, "2023-01-01T05:00:00+00:00")
    assert weather.warnings == ()
    assert weather.air(0.0) == whole.air(row * H)
    assert weather.air(0.0).dry_bulb_c > 30.0


@pytest.mark.parametrize(
    ("preset", "file"),
    [
        ("hot-dry", TUCSON),
        ("cold-dry", DENVER),
        ("temperate", NEW_YORK),
        ("hot-humid", MIAMI),
        ("tropical", "openmeteo_SG_2023.json.gz"),
        ("cold-marine", "703165TY_Sand_Point_AK_TMY3.csv.gz"),
        ("mediterranean", "openmeteo_US-CAL-CISO_2023.json.gz"),
        ("central-european", "openmeteo_DE-LU_2023.json.gz"),
        ("mixed-humid", str(Path(pvlib.__file__).parent / "data" / "723170TYA.CSV")),
    ],
)
def test_presets_resemble_the_years_that_they_stand_for(shared_data: Path, preset: str, file: str) -> None:
    generated, _ = climate_year(preset)
    measured = year(shared_data / "weather" / file, 0.0)
    assert generated.dry_bulb_c.mean() == pytest.approx(float(np.mean(measured.dry_bulb_c)), abs=0.1)
    assert generated.wet_bulb_c().mean() == pytest.approx(float(np.mean(measured.wet_bulb_c)), abs=0.6)
    hot_k, muggy_k = (4.0, 4.0) if "openmeteo" in file else (2.0, 3.0)  # heat waves of one year, and of typical ones
    assert generated.design_air().dry_bulb_c == pytest.approx(measured.design_air.dry_bulb_c, abs=hot_k)
    assert generated.design_air().wet_bulb_c == pytest.approx(measured.design_air.wet_bulb_c, abs=muggy_k)
