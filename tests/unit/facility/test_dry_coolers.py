"""Dry coolers."""

from __future__ import annotations

import pytest

from sim.facility.coolers import Duty
from sim.facility.dry_coolers import DryCooler
from sim.protocols import Air

FIGURES = {
    "dry_approach_k": 5.6,
    "dry_fan_w_per_kw": 40.0,
    "dry_fan_floor": 0.2,
    "dry_pump_w_per_kw": 8.0,
    "dry_pump_floor": 0.3,
}


def air(dry_bulb_c: float) -> Air:
    return Air(dry_bulb_c, dry_bulb_c - 8.0, 0.4, 101_325.0)


def settled(dry_bulb_c: float, share: float = 1.0) -> tuple[float, float]:
    cooler = DryCooler.sized(FIGURES, 2_931_000.0, 5.5, 0.0)
    sink = cooler.settle(Duty(share * 2_931_000.0, share, 40.6, 46.1, 532_909.0), air(dry_bulb_c))
    return sink.conductance_w_per_k * (46.1 - sink.temperature_c), sink.fan_w


def test_the_catalogue_unit_meets_its_rating() -> None:
    heat_w, fan_w = settled(35.0)
    assert heat_w == pytest.approx(2_931_000.0, rel=2e-3)
    assert fan_w == pytest.approx(117_240.0, rel=1e-2)


def test_fans_slow_down_in_cold_air_to_what_the_heat_needs() -> None:
    heat_w, fan_w = settled(20.0)
    assert heat_w == pytest.approx(2_931_000.0)
    assert fan_w < 0.2 * settled(35.0)[1]


def test_air_hotter_than_the_return_takes_no_heat_at_full_speed() -> None:
    heat_w, fan_w = settled(50.0)
    assert heat_w < 0.0
    assert fan_w == pytest.approx(117_240.0)


def test_it_takes_no_water() -> None:
    cooler = DryCooler.sized(FIGURES, 1e6, 5.5, 0.0)
    duty = Duty(1e6, 1.0, 40.0, 45.5, 2e5)
    assert cooler.water_l_per_s(1e6, cooler.settle(duty, air(30.0)), air(30.0)) == 0.0
