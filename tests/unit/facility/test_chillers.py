"""Chillers: lift, part load, cycling, limits."""

from __future__ import annotations

import pytest

from sim.facility.chillers import Chiller

VSD = {
    "chiller_cop": 6.8,
    "chiller_reference_leaving_c": 6.67,
    "chiller_reference_condenser_c": 29.44,
    "chiller_lift_offset_k": 23.7,
    "chiller_lift_floor_k": 9.0,
    "chiller_part_load_0": 0.127,
    "chiller_part_load_1": 0.064,
    "chiller_part_load_2": 0.809,
    "chiller_part_load_floor": 0.1,
    "chiller_machines": 1.0,
    "chiller_motor_margin": 1.1,
    "chiller_capacity_gain_per_k": 0.03,
}
AIR_COOLED = {
    **VSD,
    "chiller_cop": 3.1,
    "chiller_reference_condenser_c": 35.0,
    "chiller_lift_offset_k": 9.4,
    "chiller_part_load_0": 0.0,
    "chiller_part_load_1": 1.0,
    "chiller_part_load_2": 0.0,
}


def vsd(leaving_c: float = 6.67, design_condenser_c: float = 29.44) -> Chiller:
    return Chiller.sized(VSD, 1e6, leaving_c, design_condenser_c)


def test_the_rated_cop_holds_at_the_rating_point() -> None:
    assert 1e6 / vsd().power_w(1e6, 6.67, 29.44) == pytest.approx(6.8, rel=1e-9)


def test_the_carnot_ratio_sets_the_cop_at_a_low_lift() -> None:
    reference = (29.44 + 23.7 - 6.67) / (6.67 + 273.15)
    actual = (24.0 + 23.7 - 18.0) / (18.0 + 273.15)
    assert 1e6 / vsd(18.0, 29.0).power_w(1e6, 18.0, 24.0) == pytest.approx(6.8 * reference / actual, rel=1e-9)


@pytest.mark.parametrize(("ambient_c", "cop"), [(25.0, 4.073), (35.0, 3.037), (45.0, 2.326)])
def test_an_air_cooled_machine_follows_its_published_curve_over_ambient(ambient_c: float, cop: float) -> None:
    chiller = Chiller.sized(AIR_COOLED, 1e6, 6.67, 45.0)
    assert 1e6 / chiller.power_w(1e6, 6.67, ambient_c) == pytest.approx(cop, rel=0.06)


def test_part_load_follows_its_quadratic_and_cycles_below_the_floor() -> None:
    full = vsd().power_w(1e6, 6.67, 29.44)
    assert vsd().power_w(5e5, 6.67, 29.44) / full == pytest.approx(0.127 + 0.032 + 0.809 * 0.25)
    floor = vsd().power_w(1e5, 6.67, 29.44)
    assert vsd().power_w(5e4, 6.67, 29.44) == pytest.approx(floor / 2.0)


def test_the_lift_has_a_floor() -> None:
    assert vsd().power_w(1e6, 18.0, -20.0) == vsd().power_w(1e6, 18.0, 3.2)


def test_the_motor_bounds_power_where_the_condenser_is_hotter_than_the_design() -> None:
    chiller = vsd(18.0, 29.0)
    available_w = chiller.available_w(18.0, 40.0)
    assert available_w < 1e6
    assert chiller.power_w(available_w, 18.0, 40.0) == pytest.approx(chiller.motor_w, rel=1e-9)


def test_warmer_water_lets_it_carry_more() -> None:
    chiller = vsd(18.0, 29.0)
    assert chiller.available_w(18.0, 29.0) == 1e6
    assert chiller.available_w(28.0, 29.0) == pytest.approx(1.3e6)
