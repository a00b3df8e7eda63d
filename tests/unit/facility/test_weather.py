"""Weather over a run: constant air, presets, files, matching of years, holes."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sim.errors import ScenarioError, SeriesError
from sim.facility import Weather, constant_weather, load_weather, weather_year
from sim.facility.climates import climate_names, climate_year
from sim.scenario.specs import WeatherSource

H = 3600.0
EPW_HEAD = ["DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0", "HOLIDAYS/DAYLIGHT SAVINGS,No"]
EPW_HEAD += ["COMMENTS 1,", "COMMENTS 2,", "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31"]
FEBRUARY_IN_A_LEAP_YEAR = 2004


def load(
    file: Path, start: str, hours: float = 24.0, offset_h: float = -7.0, elevation_m: float | None = None
) -> Weather:
    return load_weather(WeatherSource(file=file), datetime.fromisoformat(start), hours * H, offset_h, elevation_m)


def epw(
    folder: Path, cells: dict[int, str] | None = None, location: str = "X,Y,Z,TMY3,1,32.1,-110.9,-7.0,800.0"
) -> Path:
    """A year whose dry bulb is the day of the year plus a hundredth of the hour that ends; `cells` replaces by row."""
    lines = [f"LOCATION,{location}", *EPW_HEAD]
    moment = datetime(2023, 1, 1)
    for row in range(8760):
        year = FEBRUARY_IN_A_LEAP_YEAR if moment.month == 2 else 2001
        dry_bulb = f"{moment.timetuple().tm_yday / 10.0 + (moment.hour + 1) / 100.0:.2f}"
        held = (cells or {}).get(row, f"{dry_bulb},5.0,40,92000")
        stamp = f"{year},{moment.month},{moment.day},{moment.hour + 1},60"
        lines.append(f"{stamp},source,{held}," + ",".join(["0"] * 25))
        moment += timedelta(hours=1)
    path = folder / "site.epw.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode(), 1))
    return path


def open_meteo(
    folder: Path, values: list[float | None], first: str = "2023-03-01T00:00", offset_s: int = -18_000
) -> Path:
    start = datetime.fromisoformat(first)
    hourly = {
        "time": [(start + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M") for hour in range(len(values))],
        "temperature_2m": values,
        "relative_humidity_2m": [50] * len(values),
    }
    units = {"temperature_2m": "°C", "relative_humidity_2m": "%"}
    held = {"utc_offset_seconds": offset_s, "elevation": 142.0, "hourly_units": units, "hourly": hourly}
    path = folder / "place.json"
    path.write_text(json.dumps(held), encoding="utf-8")
    return path


def test_constant_air_is_the_same_at_all_times_and_has_the_pressure_of_its_elevation() -> None:
    weather = constant_weather(30.0, 0.5, 1726.0)
    assert weather.air(0.0) == weather.air(1e9)
    assert weather.air(0.0).pressure_pa == pytest.approx(82_237.0, rel=1e-3)
    assert weather.design_air.dry_bulb_c == 30.0


def test_absurd_constants_are_refused() -> None:
    with pytest.raises(ScenarioError, match=r"relative_humidity \(50\) in 0..1"):
        constant_weather(30.0, 50.0)


def test_no_source_at_all_is_refused() -> None:
    with pytest.raises(ScenarioError, match="a preset, or a file"):
        load_weather(WeatherSource(), datetime.fromisoformat("2023-01-01T00:00Z"), H, 0.0, None)


def test_hours_of_an_epw_file_end_at_their_stamp_in_local_standard_time(tmp_path: Path) -> None:
    weather = load(epw(tmp_path), "2031-07-01T05:00:00+00:00")  # 22:00 on the day before, by the site's clock
    day = datetime(2023, 6, 30).timetuple().tm_yday / 10.0
    assert weather.air(0.0).dry_bulb_c == pytest.approx(day + 0.22)
    assert weather.air(2 * H).dry_bulb_c == pytest.approx(day + 0.24)
    assert weather.air(3 * H).dry_bulb_c == pytest.approx(day + 0.1 + 0.01)
    assert weather.air(0.5 * H).dry_bulb_c == pytest.approx(day + 0.225)
    assert weather.warnings == ()


def test_a_start_inside_an_hour_is_interpolated(tmp_path: Path) -> None:
    weather = load(epw(tmp_path), "2023-01-01T10:45:00-07:00")
    assert weather.air(0.0).dry_bulb_c == pytest.approx(0.1 + 0.1075)
    assert weather.air(900.0).dry_bulb_c == pytest.approx(0.1 + 0.11)


def test_the_leap_day_takes_the_28th_and_the_year_closes(tmp_path: Path) -> None:
    weather = load(epw(tmp_path), "2024-02-28T12:00:00-07:00", 72.0)
    assert weather.air(0.0).dry_bulb_c == weather.air(24 * H).dry_bulb_c == pytest.approx(5.9 + 0.12)
    assert weather.air(48 * H).dry_bulb_c == pytest.approx(6.0 + 0.12)
    turn = load(epw(tmp_path), "2023-12-31T23:00:00-07:00", 3.0)
    assert turn.air(H).dry_bulb_c == pytest.approx(36.5 + 0.24)
    assert turn.air(2 * H).dry_bulb_c == pytest.approx(0.1 + 0.01)


def test_a_typical_year_that_has_an_hour_twice_is_refused(tmp_path: Path) -> None:
    path = epw(tmp_path)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    path.write_bytes(gzip.compress("\n".join([*lines, lines[8 + 100]]).encode(), 1))
    with pytest.raises(SeriesError, match="1 hours of the year are there twice, first 01-05T04:00"):
        load(path, "2023-01-01T00:00:00-07:00")


def test_another_clock_than_the_sites_is_said(tmp_path: Path) -> None:
    weather = load(epw(tmp_path), "2023-01-01T00:00:00+00:00", offset_h=0.0)
    assert "UTC-7 h, the site UTC+0 h" in weather.warnings[0]


def test_missing_codes_are_interpolated_and_counted_and_humidity_comes_from_the_dew_point(tmp_path: Path) -> None:
    cells = {10: "99.9,5.0,999,999999", 11: "20.0,12.0,999,92000"}
    weather = load(epw(tmp_path, cells), "2023-01-01T10:00:00-07:00")
    assert weather.air(H).dry_bulb_c == pytest.approx((0.2 + 20.0) / 2.0)
    assert weather.air(2 * H).relative_humidity == pytest.approx(0.600, abs=2e-3)
    assert weather.air(H).pressure_pa == pytest.approx(92_076.0, rel=1e-3)
    assert [text.partition(" in ")[0] for text in weather.warnings] == [
        "weather: 1 missing hours of dry bulb",
        "weather: 1 missing hours of humidity",
    ]


def test_a_long_hole_and_absurd_values_are_refused(tmp_path: Path) -> None:
    hole = dict.fromkeys(range(100, 130), "99.9,5.0,40,92000")
    with pytest.raises(SeriesError, match="no value for 30 h; at most 24 h"):
        load(epw(tmp_path, hole), "2023-01-01T00:00:00-07:00")
    with pytest.raises(SeriesError, match="dry bulb 71 degC"):
        load(epw(tmp_path, {5: "71,5.0,40,92000"}), "2023-01-01T00:00:00-07:00")


def test_words_in_the_location_line_are_lived_with(tmp_path: Path) -> None:
    path = epw(tmp_path, location="X,Y,Z,TMY3,1,unknown,unknown,-7.0,unknown")
    weather = load(path, "2023-01-01T00:00:00-07:00")
    assert weather.elevation_m == 0.0
    assert "does not say its elevation" in weather.warnings[0]


def test_a_stated_elevation_moves_the_pressure_of_the_file(tmp_path: Path) -> None:
    path = epw(tmp_path)
    assert load(path, "2023-01-01T00:00:00-07:00").air(0.0).pressure_pa == pytest.approx(92_000.0)
    assert load(path, "2023-01-01T00:00:00-07:00", elevation_m=1800.0).air(0.0).pressure_pa < 83_000.0


def test_an_actual_year_is_matched_in_utc_with_its_one_fixed_offset(tmp_path: Path) -> None:
    path = open_meteo(tmp_path, [float(hour) / 100.0 for hour in range(1000)])
    weather = load(path, "2023-03-26T12:00:00-06:00", offset_h=-6.0)
    assert weather.air(0.0).dry_bulb_c == pytest.approx((25 * 24 + 13) / 100.0)
    assert (weather.elevation_m, weather.warnings) == (142.0, ())


def test_an_actual_year_elsewhere_in_time_is_taken_as_typical_and_said(tmp_path: Path) -> None:
    path = open_meteo(tmp_path, [float(hour) / 1000.0 for hour in range(8760)], "2023-01-01T00:00", -18_000)
    weather = load(path, "2027-05-01T12:00:00-06:00", offset_h=-6.0)
    assert weather.air(0.0).dry_bulb_c == pytest.approx((120 * 24 + 13) / 1000.0)
    assert "does not cover the run" in weather.warnings[0]


def test_less_than_a_year_that_does_not_cover_the_run_is_refused(tmp_path: Path) -> None:
    path = open_meteo(tmp_path, [10.0] * 100)
    with pytest.raises(SeriesError, match="hours of the year are missing"):
        load(path, "2023-07-01T00:00:00-06:00", offset_h=-6.0)


def shifted(folder: Path, hour: int, by_h: int) -> Path:
    """A year whose stamps jump by so many hours at one of them, as with summer time."""
    path = open_meteo(folder, [10.0] * 8760, "2023-01-01T00:00", -18_000)
    held = json.loads(path.read_text(encoding="utf-8"))
    start = datetime(2023, 1, 1)
    stamps = [start + timedelta(hours=row + (by_h if row >= hour else 0)) for row in range(8760)]
    held["hourly"]["time"] = [stamp.strftime("%Y-%m-%dT%H:%M") for stamp in stamps]
    path.write_text(json.dumps(held), encoding="utf-8")
    return path


@pytest.mark.parametrize(("by_h", "pair"), [(1, "T03:00 follows 2023-03-12T01:00"), (-1, "T01:00 follows")])
def test_a_clock_that_jumps_is_refused(tmp_path: Path, by_h: int, pair: str) -> None:
    path = shifted(tmp_path, 70 * 24 + 2, by_h)
    with pytest.raises(SeriesError, match=f"2023-03-12{pair}.*summer time"):
        load(path, "2023-07-01T00:00:00-06:00", offset_h=-6.0)


def test_hours_that_are_missing_are_refused_where_the_year_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="the stamps are not hour by hour"):
        weather_year(WeatherSource(file=shifted(tmp_path, 4000, 5)))


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ("293.1,280.0,40,92000", "kelvin instead of degC"),
        ("75.0,50.0,40,92000", "degF instead of degC"),
        ("20.0,10.0,40,920", "hPa or mbar instead of Pa"),
        ("20.0,10.0,0.4,92000", "shares instead of percent"),
    ],
)
def test_values_of_another_scale_are_refused_with_what_they_may_be(tmp_path: Path, row: str, hint: str) -> None:
    path = epw(tmp_path, dict.fromkeys(range(8760), row))
    with pytest.raises(SeriesError, match=hint):
        load(path, "2023-01-01T00:00:00-07:00")


def test_a_year_of_a_file_starts_at_midnight_of_its_own_clock(tmp_path: Path) -> None:
    year = weather_year(WeatherSource(file=epw(tmp_path)))
    assert year.air.dry_bulb_c[[1, 24, 8759]] == pytest.approx([0.11, 0.34, 36.73], abs=0.005)
    assert (year.month[0], year.month[744], year.month[8759]) == (0, 1, 11)
    assert (year.elevation_m, year.warnings) == (800.0, ())


def test_a_year_needs_a_preset_or_a_file() -> None:
    with pytest.raises(ScenarioError, match="say a preset or a file"):
        weather_year(WeatherSource(dry_bulb_c=20.0, relative_humidity=0.5))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nonsense", "not a weather file that is known"),
        ("", "not a weather file that is known"),
        ('{"hourly": 5}', "not a readable open-meteo file"),
        ("{", "not a readable open-meteo file"),
        ("LOCATION,a,b\n1\n2\n", "8760 hours of the year are missing"),
        ("LOCATION,a,b\n" + "1,2\n" * 9, "not a readable epw file"),
        ("1,A,AK,-9,55,-160,7\nDate (MM/DD/YYYY),Time\nx,2\n", "not a readable tmy3 file"),
        (" 12839 MIAMI FL\n" + "x" * 142 + "\n", "not a readable tmy2 file"),
    ],
)
def test_what_is_no_weather_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "w"
    path.write_text(content)
    with pytest.raises(SeriesError, match=message):
        load(path, "2023-01-01T00:00:00+00:00")


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="no weather preset 'hot-dri'; did you mean 'hot-dry'"):
        climate_year("hot-dri")


@pytest.mark.parametrize("name", climate_names())
def test_every_preset_is_a_plausible_year_that_closes(name: str) -> None:
    year, elevation_m = climate_year(name)
    assert len(year.dry_bulb_c) == 8760
    assert abs(year.dry_bulb_c[0] - year.dry_bulb_c[-1]) < 3.0
    assert 0.0 < year.relative_humidity.min() <= year.relative_humidity.max() <= 1.0
    assert -30.0 < year.dry_bulb_c.min() < year.dry_bulb_c.max() < 45.0
    assert 0.0 <= elevation_m < 2000.0


def test_the_presets_that_scenarios_name_are_there() -> None:
    assert {"hot-dry", "hot-humid", "temperate", "cold-dry", "tropical", "mixed-humid"} <= set(climate_names())


def test_a_preset_is_hottest_in_the_afternoon_of_july_by_the_sites_clock() -> None:
    start = datetime.fromisoformat("2023-07-10T00:00:00-07:00")
    weather = load_weather(WeatherSource(preset="hot-dry"), start, 24 * H, -7.0, None)
    hottest = max(range(24), key=lambda hour: weather.air(hour * H).dry_bulb_c)
    assert hottest in (14, 15, 16)
    assert weather.air(15 * H).dry_bulb_c > 30.0
