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


def staged(machines: float, part_load: tuple[float, float, float] = (0.127, 0.064, 0.809)) -> Chiller:
    terms = {f"chiller_part_load_{power}": term for power, term in enumerate(part_load)}
    return Chiller.sized({**VSD, **terms, "chiller_machines": machines}, 1e6, 6.67, 29.44)


def test_as_many_machines_run_as_take_the_least_power() -> None:
    four, full_w = staged(4.0), 1e6 / 6.8
    for share in (0.03, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0):
        load = 4.0 * share
        least = min(n * (0.127 + 0.064 * load / n + 0.809 * (load / n) ** 2) for n in range(1, 5) if n >= load)
        assert four.power_w(share * 1e6, 6.67, 29.44) / full_w == pytest.approx(least / 4.0)


def test_machines_whose_power_is_in_proportion_run_only_as_needed() -> None:
    one_by_one = staged(4.0, (0.0, 1.0, 0.0))
    assert [one_by_one.running(share) for share in (0.01, 0.25, 0.26, 0.75, 1.0)] == [1.0, 1.0, 2.0, 3.0, 4.0]


def test_staged_machines_cycle_only_where_the_last_one_is_below_its_floor() -> None:
    four = staged(4.0)
    floor_w = four.power_w(0.1 * 0.25 * 1e6, 6.67, 29.44)
    assert four.power_w(0.05 * 0.25 * 1e6, 6.67, 29.44) == pytest.approx(floor_w / 2.0)
    assert four.power_w(5e4, 6.67, 29.44) < vsd().power_w(5e4, 6.67, 29.44)
