"""Made-up prices and carbon: the same hours for the same seed, the stated mean, deviation, memory and shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from sim.grid import StepSignal, build_signal, negative_hours_note
from sim.scenario.grid_specs import GeneratedSeries

YEAR_S = 8760 * 3600.0
START = datetime(2023, 1, 1, tzinfo=UTC)
FLAT = GeneratedSeries(
    mean=0.1, daily=0.0, half_daily=0.0, peak_hour=18.0, weekend=0.0, seasonal=0.0, peak_month=1.0, noise=0.0,
    memory_h=20.0, spikes_per_y=0.0, spike=10.0, lowest=None, seed=0, utc_offset_h=0.0,
)  # fmt: skip


def hours(source: GeneratedSeries, start: datetime = START, horizon_s: float = YEAR_S) -> np.ndarray:
    signal, _ = build_signal(source, start, horizon_s, "price")
    assert isinstance(signal, StepSignal)
    return np.array(signal.values)


def test_without_shape_and_noise_every_hour_is_the_mean() -> None:
    assert hours(FLAT) == pytest.approx(np.full(8760, 0.1), rel=1e-12)


def test_the_daily_peak_lies_at_its_local_hour() -> None:
    day = hours(replace(FLAT, daily=0.4, utc_offset_h=-6.0)).reshape(-1, 24).mean(axis=0)
    assert (int(day.argmax()), int(day.argmin())) == (0, 12)  # 18 and 6 h local
    assert day.max() == pytest.approx(0.1 * 1.4, rel=1e-9)
    assert day.mean() == pytest.approx(0.1, rel=1e-9)


def test_weeks_and_seasons_keep_the_mean() -> None:
    values = hours(replace(FLAT, weekend=-0.2, seasonal=0.3))
    assert values.mean() == pytest.approx(0.1, rel=2e-3)
    assert values[: 31 * 24].mean() > values[180 * 24 : 210 * 24].mean() * 1.5


def test_noise_has_its_deviation_and_its_memory() -> None:
    noise = np.concatenate([hours(replace(FLAT, noise=0.3, memory_h=10.0, seed=seed)) for seed in range(8)]) / 0.1 - 1
    assert noise.std() == pytest.approx(0.3, rel=0.05)
    assert abs(noise.mean()) < 0.03
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(np.exp(-1 / 10.0), abs=0.01)


def test_spikes_come_as_often_as_stated_and_keep_the_mean() -> None:
    values = np.concatenate([hours(replace(FLAT, spikes_per_y=240.0, spike=5.0, seed=seed)) for seed in range(6)])
    assert (values > values.min() * 1.0001).sum() / 6 == pytest.approx(240.0, rel=0.1)
    assert values.mean() == pytest.approx(0.1, rel=0.03)


def test_the_same_seed_gives_the_same_hours_wherever_a_run_begins() -> None:
    noisy = replace(FLAT, noise=0.4, daily=0.2)
    whole = hours(noisy)
    later = hours(noisy, START + timedelta(hours=1000), 48 * 3600.0)
    assert (later == whole[1000:1048]).all()
    assert (hours(noisy) == whole).all()
    assert not (hours(replace(noisy, seed=1)) == whole).any()


def test_values_below_the_lowest_are_raised_and_counted() -> None:
    signal, warnings = build_signal(replace(FLAT, noise=2.0, lowest=0.0), START, YEAR_S, "carbon intensity")
    assert isinstance(signal, StepSignal)
    assert min(signal.values) == 0.0
    assert warnings[0].startswith("carbon intensity: ")
    assert warnings[0].endswith("of 8760 generated hours raised to 0")


def test_negative_hours_are_told() -> None:
    signal = StepSignal.of([0.0, 3600.0, 7200.0], [0.1, -0.02, 0.1])
    assert negative_hours_note(signal, 5400.0, "price") == (
        "price: below 0 for 0.5 h of the run, down to -0.02: using energy then earns money",
    )
    assert negative_hours_note(StepSignal.of([0.0], [0.1]), 5400.0, "price") == ()
