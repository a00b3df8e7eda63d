"""Series files: columns, stamps, gaps, and what lies outside the file."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest

from sim.errors import SeriesError
from sim.grid import build_signal
from sim.protocols import Signal
from sim.scenario.specs import SeriesFile

START = datetime.fromisoformat("2023-01-01T00:00:00+00:00")


def hourly(values: list[str], day: str = "2023-01-01") -> str:
    return "time,price\n" + "".join(f"{day}T{hour:02}:00:00Z,{value}\n" for hour, value in enumerate(values))


def build(
    folder: Path,
    text: str,
    horizon_h: float,
    *,
    start: datetime = START,
    timezone: str = "UTC",
    outside: Literal["error", "hold", "wrap"] = "error",
    value_column: str = "price",
    scale: float = 1.0,
    adder: float = 0.0,
) -> tuple[Signal, tuple[str, ...]]:
    path = folder / "p.csv"
    path.write_text(text, encoding="utf-8")
    source = SeriesFile(
        path=path,
        time_column="time",
        value_column=value_column,
        timezone=timezone,
        outside=outside,
        scale=scale,
        adder=adder,
    )
    return build_signal(source, start, horizon_h * 3600.0, "price")


def values(signal: Signal, hours: int) -> list[float]:
    return [signal.at(3600.0 * hour) for hour in range(hours)]


def test_a_number_is_a_flat_signal(tmp_path: Path) -> None:
    signal, warnings = build_signal(0.08, START, 3600.0, "price")
    assert (signal.at(10.0), warnings) == (0.08, ())


def test_values_are_scaled_then_shifted_and_may_be_negative(tmp_path: Path) -> None:
    signal, warnings = build(tmp_path, hourly(["10", "-500"]), 2, scale=0.001, adder=0.02)
    assert values(signal, 2) == pytest.approx([0.03, -0.48])
    assert warnings == ()


def test_a_run_that_starts_inside_an_interval_starts_with_its_value(tmp_path: Path) -> None:
    signal, _ = build(tmp_path, hourly(["1", "2", "3"]), 1.5, start=datetime.fromisoformat("2023-01-01T02:30:00+02:00"))
    assert signal.at(0.0) == 1.0
    assert signal.at(1800.0) == 2.0
    assert signal.integral(0.0, 5400.0) == 1800.0 * 1.0 + 3600.0 * 2.0


def test_gzip_byte_order_mark_semicolons_and_unicode_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.csv.gz"
    path.write_bytes(gzip.compress("\ufefftime;price CO₂\n2023-01-01T00:00Z;1.5\n2023-01-01T01:00Z;2\n".encode()))
    source = SeriesFile(path=path, time_column="time", value_column="price CO₂", timezone="UTC", scale=1.0)
    signal, _ = build_signal(source, START, 3600.0, "carbon")
    assert signal.at(0.0) == 1.5


def test_naive_stamps_are_in_the_named_zone_over_both_clock_changes(tmp_path: Path) -> None:
    text = "time,price\n" + "".join(
        f"2023-10-29 {hour},{value}\n" for hour, value in (("01:00", 1), ("02:00", 2), ("02:00", 3), ("03:00", 4))
    )
    start = datetime.fromisoformat("2023-10-28T23:00:00+00:00")
    signal, warnings = build(tmp_path, text, 4, start=start, timezone="Europe/Berlin")
    assert (values(signal, 4), warnings) == ([1.0, 2.0, 3.0, 4.0], ())


def test_a_stamp_that_the_clock_jumps_over_is_refused(tmp_path: Path) -> None:
    text = "time,price\n2023-03-26 01:00,1\n2023-03-26 02:00,2\n2023-03-26 03:00,3\n"
    with pytest.raises(SeriesError, match=r"p.csv:3: '2023-03-26 02:00' does not exist in Europe/Berlin"):
        build(tmp_path, text, 1, timezone="Europe/Berlin")


def test_an_offset_in_the_stamp_wins_over_the_zone(tmp_path: Path) -> None:
    text = "time,price\n2023-01-01 02:00:00+02:00,1\n2023-01-01 03:00:00+02:00,2\n"
    signal, _ = build(tmp_path, text, 2, timezone="America/Chicago")
    assert values(signal, 2) == [1.0, 2.0]


def test_short_gaps_and_empty_cells_are_interpolated_and_counted(tmp_path: Path) -> None:
    signal, warnings = build(tmp_path, hourly(["1", "", "NaN", "4", "5"]), 5)
    assert values(signal, 5) == pytest.approx([1.0, 2.0, 3.0, 4.0, 5.0])
    assert warnings == ("price: 2 missing values of p.csv interpolated, from 2023-01-01 01:00 UTC",)


def test_a_gap_longer_than_allowed_is_refused_with_its_time(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match=r"no value for 4 h from 2023-01-01 01:00 UTC; max_gap_h is 3"):
        build(tmp_path, hourly(["1", "", "", "", "", "6", "7", "8", "9", "10", "11"]), 5)


def test_gaps_that_the_run_does_not_reach_are_its_own_business(tmp_path: Path) -> None:
    signal, warnings = build(tmp_path, hourly(["1", "2", "3", "", "", "", "", "", "9", "", "11"]), 3)
    assert values(signal, 3) == [1.0, 2.0, 3.0]
    assert warnings == ()


def test_equal_rows_count_once_and_disorder_is_sorted_and_both_are_said(tmp_path: Path) -> None:
    text = "time,price\n2023-01-01T01:00Z,2\n2023-01-01T00:00Z,1\n2023-01-01T00:00Z,1\n2023-01-01T02:00Z,3\n"
    signal, warnings = build(tmp_path, text, 3)
    assert values(signal, 3) == [1.0, 2.0, 3.0]
    assert warnings == (
        "price: 1 row of p.csv out of order, sorted",
        "price: 1 repeated row of p.csv counted once",
    )


def test_two_values_for_one_stamp_are_refused(tmp_path: Path) -> None:
    text = "time,price\n2023-01-01T00:00Z,1\n2023-01-01T00:00Z,2\n2023-01-01T01:00Z,2\n"
    with pytest.raises(SeriesError, match=r"p.csv:3: price: .* has the value 2, and 1 in line 2"):
        build(tmp_path, text, 1)


def test_a_run_outside_the_file_is_refused_with_both_spans(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="covers 2023-01-01 00:00 UTC to 2023-01-01 02:00 UTC, the run needs"):
        build(tmp_path, hourly(["1", "2"]), 3)


def test_hold_keeps_the_nearest_value_and_says_for_how_long(tmp_path: Path) -> None:
    signal, warnings = build(tmp_path, hourly(["1", "2"]), 4, outside="hold")
    assert values(signal, 4) == [1.0, 2.0, 2.0, 2.0]
    assert warnings == ("price: 2 h of the run lie outside p.csv and take its nearest value",)


def whole_year(year: int) -> str:
    lines = ["time,price"]
    for day in range(365):
        moment = datetime.fromordinal(datetime(year, 1, 1).toordinal() + day)
        lines += [f"{moment:%Y-%m-%d} {hour:02}:00,{day * 100 + hour}" for hour in range(24)]
    return "\n".join(lines)


def test_wrap_takes_the_same_date_of_the_files_year_and_28_february_for_the_leap_day(tmp_path: Path) -> None:
    start = datetime.fromisoformat("2024-02-28T23:00:00+00:00")
    signal, warnings = build(tmp_path, whole_year(2023), 27, start=start, outside="wrap")
    assert signal.at(0.0) == 5823.0
    assert signal.at(3600.0) == 5800.0  # 29 February, hour 0
    assert signal.at(25 * 3600.0) == 5900.0  # 1 March, hour 0
    assert "27 h of the run lie outside" in warnings[0]


def test_wrap_uses_the_file_itself_where_it_covers_the_run(tmp_path: Path) -> None:
    start = datetime.fromisoformat("2023-12-31T22:00:00+00:00")
    signal, _ = build(tmp_path, whole_year(2023), 4, start=start, outside="wrap")
    assert values(signal, 4) == [36422.0, 36423.0, 0.0, 1.0]


def test_wrap_without_a_whole_year_is_refused(tmp_path: Path) -> None:
    start = datetime.fromisoformat("2024-06-01T00:00:00+00:00")
    with pytest.raises(SeriesError, match="needs a whole year"):
        build(tmp_path, hourly(["1", "2"]), 1, start=start, outside="wrap")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("time,price\n", "a header and no rows"),
        ("when,price\n1,2\n", r"no column 'time'; the file has: when, price"),
        ("time,prise\n1,2\n", r"no column 'price'; did you mean 'prise'\?"),
        ("time,price\n01/02/2023 00:00,2\n", "p.csv:2: '01/02/2023 00:00' is not an ISO 8601 time"),
        ("time,price\n2023-01-01T00:00Z,2 EUR\n", "p.csv:2: '2 EUR' is not a number"),
        ("time,price\n2023-01-01T00:00Z,inf\n", "not a finite number"),
        ("time,price\n2023-01-01T00:00Z\n", "1 cells, column 2 is needed"),
        ("time,price\n2023-01-01T00:00Z,1\n", "fewer than two values"),
    ],
)
def test_what_is_not_a_series_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SeriesError, match=message):
        build(tmp_path, text, 1)


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SeriesError) as caught:
        build(tmp_path, hourly(["1", "x", "3", "y"]), 1)
    assert [problem.line for problem in caught.value.problems] == [3, 5]


def test_an_unknown_time_zone_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'"):
        build(tmp_path, hourly(["1", "2"]), 1, timezone="Europe/Berln")
