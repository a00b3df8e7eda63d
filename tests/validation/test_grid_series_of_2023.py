"""Real prices and carbon intensities against figures computed from the same files by other means."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from sim.grid import build_signal
from sim.protocols import Signal
from sim.scenario.specs import SeriesFile

YEAR_H = 8760
DIRECT = "Carbon Intensity gCO₂eq/kWh (direct)"
LIFECYCLE = "Carbon Intensity gCO₂eq/kWh (LCA)"

# file, (time column, value column), (mean, minimum, maximum, cheapest (cleanest) hour of the day in UTC)
SERIES = [
    ("price/DE-LU_2023_utc.csv.gz", ("datetime_utc", "price_eur_per_mwh"), (95.1869, -500.0, 524.27, 12)),
    ("price/SG_2023_utc.csv.gz", ("datetime_utc", "price_sgd_per_mwh"), (247.5443, 73.46, 4500.0, 20)),
    ("price/US-CAL-CISO_2023_utc.csv.gz", ("datetime_utc", "price_usd_per_mwh"), (61.452, -19.0187, 1090.9045, 20)),
    ("price/US-TEX-ERCO_2023_utc.csv.gz", ("datetime_utc", "price_usd_per_mwh"), (55.9376, -0.07, 4191.66, 8)),
    ("carbon/electricitymaps_US-TEX-ERCO_2023_hourly.csv.gz", ("Datetime (UTC)", DIRECT), (316.722, 124.0, 494.32, 15)),
    (
        "carbon/electricitymaps_US-TEX-ERCO_2023_hourly.csv.gz",
        ("Datetime (UTC)", LIFECYCLE),
        (380.549, 152.87, 578.31, 15),
    ),
    ("carbon/electricitymaps_SG_2023_hourly.csv.gz", ("Datetime (UTC)", DIRECT), (369.2, 338.23, 380.05, 4)),
    ("carbon/eia_generation_CISO_2022.csv.gz", ("timestamp", "avg_CI"), (256.188, 74.097, 449.033, 20)),
]


def read(path: Path, time_column: str, value_column: str, start: str) -> tuple[Signal, tuple[str, ...]]:
    source = SeriesFile(path=path, time_column=time_column, value_column=value_column, timezone="UTC", scale=1.0)
    return build_signal(source, datetime.fromisoformat(start), YEAR_H * 3600.0, "series")


@pytest.mark.parametrize(("file", "columns", "figures"), SERIES)
def test_a_year_has_its_known_mean_extremes_and_cheapest_hour(
    shared_data: Path, file: str, columns: tuple[str, str], figures: tuple[float, float, float, int]
) -> None:
    year = "2022" if "2022" in file else "2023"
    mean, low, high, cheapest = figures
    signal, _ = read(shared_data / file, *columns, f"{year}-01-01T00:00:00+00:00")
    values = [signal.at(3600.0 * hour) for hour in range(YEAR_H)]
    by_hour = [sum(values[hour::24]) for hour in range(24)]
    assert sum(values) / YEAR_H == pytest.approx(mean, rel=2e-4)  # interpolated hours are not in the known mean
    assert (min(values), max(values)) == pytest.approx((low, high), abs=1e-3)
    assert by_hour.index(min(by_hour)) == cheapest
    assert signal.integral(0.0, YEAR_H * 3600.0) / 3600.0 == pytest.approx(sum(values), rel=1e-12)


def test_the_hour_missing_from_the_german_prices_is_interpolated_and_said(shared_data: Path) -> None:
    path = shared_data / "price/DE-LU_2023_utc.csv.gz"
    signal, warnings = read(path, "datetime_utc", "price_eur_per_mwh", "2023-01-01T00:00:00+00:00")
    hole_s = (datetime(2023, 10, 29, 1) - datetime(2023, 1, 1)).total_seconds()
    assert signal.at(hole_s) == pytest.approx((signal.at(hole_s - 3600.0) + signal.at(hole_s + 3600.0)) / 2.0)
    assert warnings == ("series: 1 missing value of DE-LU_2023_utc.csv.gz interpolated, from 2023-10-29 01:00 UTC",)


def test_stamps_with_offsets_give_the_same_texan_prices_as_stamps_in_utc(shared_data: Path) -> None:
    local = "price/original_US-TEX-ERCO_electricity_prices_2023.csv.gz"
    with_offset, _ = read(shared_data / local, "Datetime", "Price (USD/MWh)", "2023-01-01T00:00:00-06:00")
    in_utc, _ = read(
        shared_data / "price/US-TEX-ERCO_2023_utc.csv.gz",
        "datetime_utc",
        "price_usd_per_mwh",
        "2023-01-01T00:00:00+00:00",
    )
    equal = sum(with_offset.at(3600.0 * hour) == in_utc.at(3600.0 * (hour + 6)) for hour in range(YEAR_H - 6))
    assert equal == YEAR_H - 6
