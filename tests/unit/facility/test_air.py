"""Moist air against published and independently computed values."""

from __future__ import annotations

import numpy as np
import pytest

from sim.facility.air import (
    SEA_LEVEL_PA,
    enthalpy_j_per_kg,
    humidity_ratio,
    pressure_pa,
    saturation_pressure_pa,
    saturation_pressures_pa,
    wet_bulbs_c,
)


def wet_bulb_c(dry_bulb_c: float, humidity: float, air_pa: float = SEA_LEVEL_PA) -> float:
    return float(wet_bulbs_c(np.array([dry_bulb_c]), np.array([humidity]), np.array([air_pa]))[0])


@pytest.mark.parametrize(
    ("dry_bulb_c", "humidity", "expected"), [(30, 0.5, 22.005), (20, 0.8, 17.679), (30, 0.4, 20.06)]
)
def test_wet_bulb_of_known_states(dry_bulb_c: float, humidity: float, expected: float) -> None:
    assert wet_bulb_c(dry_bulb_c, humidity) == pytest.approx(expected, abs=0.005)


def test_humidity_ratio_of_30_degrees_at_half_saturation() -> None:
    assert humidity_ratio(0.5 * saturation_pressure_pa(30.0), SEA_LEVEL_PA) == pytest.approx(0.013310, abs=1e-6)


@pytest.mark.parametrize(("celsius", "pascal"), [(-20.0, 103.24), (0.01, 611.66), (25.0, 3169.2), (60.0, 19944.0)])
def test_saturation_pressure_of_the_steam_tables(celsius: float, pascal: float) -> None:
    assert saturation_pressure_pa(celsius) == pytest.approx(pascal, rel=1e-3)


def test_single_values_and_arrays_agree() -> None:
    celsius = np.linspace(-40.0, 60.0, 101)
    assert saturation_pressures_pa(celsius) == pytest.approx([saturation_pressure_pa(c) for c in celsius], rel=1e-14)


def test_saturated_air_shows_its_dry_bulb_as_wet_bulb() -> None:
    for celsius in (-15.0, 0.0, 10.0, 35.0):
        assert wet_bulb_c(celsius, 1.0) == pytest.approx(celsius, abs=1e-6)


def test_wet_bulb_rises_with_humidity_and_never_passes_the_dry_bulb() -> None:
    humidity = np.linspace(0.01, 1.0, 100)
    for celsius in (-20.0, 5.0, 45.0):
        wet = wet_bulbs_c(np.full(100, celsius), humidity, np.full(100, 90_000.0))
        assert (np.diff(wet) > 0.0).all()
        assert (wet <= celsius).all()


def test_thin_air_has_a_lower_wet_bulb() -> None:
    assert wet_bulb_c(30.0, 0.3, 83_000.0) < wet_bulb_c(30.0, 0.3)


def test_enthalpy_of_dry_and_moist_air() -> None:
    assert enthalpy_j_per_kg(25.0, 0.0) == pytest.approx(25_150.0)
    assert enthalpy_j_per_kg(25.0, 0.01) == pytest.approx(25_150.0 + 0.01 * (2_501_000.0 + 46_500.0))


def test_pressure_falls_with_elevation_as_in_the_standard_atmosphere() -> None:
    assert pressure_pa(0.0) == SEA_LEVEL_PA
    assert pressure_pa(1000.0) == pytest.approx(89_875.0, rel=1e-3)
    assert pressure_pa(1726.0) == pytest.approx(82_237.0, rel=1e-3)
