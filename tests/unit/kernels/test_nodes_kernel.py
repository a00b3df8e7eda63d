"""The heat of nodes: published check values, closed forms, and a plain twin."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import CATALOGUE
from sim.catalog.entries import FanCurve, Leakage, NodeType
from sim.engine.nodes import fan_table, node_figures
from sim.kernels import nodes as at
from twins.nodes import NodeNow, settled

LEAKAGE = Leakage(w_at_60c=84.0, per_k=0.012, inlet_c=25.0)
CURVE = FanCurve(slow_c=45.0, full_c=75.0, flow_share=0.4)


def node(leakage: Leakage | None = None, curve: FanCurve | None = None) -> NodeType:
    plain = CATALOGUE.node("hgx-h100-8")
    return replace(plain, fan_curve=curve, accelerator=replace(plain.accelerator, leakage=leakage))


def one(made: NodeType, liquid: bool, before: NodeNow, seconds: float, coolant_c: float, joules: float) -> NodeNow:
    """What the kernel makes of one busy node."""
    thermal = made.accelerator.thermal_liquid if liquid else made.accelerator.thermal_air
    state = np.array([[before.temperature_c, 0.0, 0.0, before.leakage_w, 0.0]])
    loads = np.array(sorted(made.psu))
    efficiency = np.array([made.psu[load] for load in sorted(made.psu)])
    ones = np.ones(1)
    figures, table = node_figures(made, thermal, 1.0), fan_table(made, thermal, liquid)
    coolant, taken = np.full(1, coolant_c), np.full(1, joules)
    at.settle(seconds, coolant, taken, ones, ones, figures, *table, loads, efficiency, state)
    return NodeNow(
        float(state[0, at.TEMPERATURE_C]),
        float(state[0, at.IT_W]),
        float(state[0, at.ACCELERATOR_W]),
        float(state[0, at.LEAKAGE_W]),
        float(state[0, at.FAN_SPEED]),
    )


def shaped(resistance: float, capacity: float) -> NodeType:
    """Accelerators of another heat sink, without leakage."""
    made = node()
    air = replace(made.accelerator.thermal_air, resistance_k_per_w=resistance, capacity_j_per_k=capacity)
    return replace(made, accelerator=replace(made.accelerator, thermal_air=air))


def rest_at(temperature_c: float) -> NodeNow:
    return NodeNow(temperature_c, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("seconds", "expected_c"),
    [(10.0, 36.5387983888), (25.0, 47.1242195590), (50.0, 55.2632650867), (125.0, 59.7641718551)],
)
def test_step_response_of_an_accelerator(seconds: float, expected_c: float) -> None:
    after = one(shaped(0.05, 500.0), False, rest_at(25.0), seconds, 25.0, 8 * 700.0 * seconds)
    assert after.temperature_c == pytest.approx(expected_c, abs=1e-9)


def test_a_step_reaches_a_temperature_when_the_closed_form_says() -> None:
    after = one(shaped(0.05, 500.0), False, rest_at(25.0), 48.6477537264, 25.0, 8 * 700.0 * 48.6477537264)
    assert after.temperature_c == pytest.approx(55.0, abs=1e-9)


@pytest.mark.parametrize(("resistance", "coolant_c", "settled_c"), [(0.035, 32.0, 56.5), (0.075, 33.0, 85.5)])
def test_where_a_cold_plate_and_a_heat_sink_settle_at_700_w(
    resistance: float, coolant_c: float, settled_c: float
) -> None:
    after = one(shaped(resistance, 300.0), False, rest_at(coolant_c), 3600.0, coolant_c, 8 * 700.0 * 3600.0)
    assert after.temperature_c == pytest.approx(settled_c, abs=1e-9)


def test_leakage_grows_by_27_per_cent_over_twenty_kelvin() -> None:
    figures = node_figures(node(LEAKAGE), CATALOGUE.node("hgx-h100-8").accelerator.thermal_air, 1.0)
    assert at.leakage_w(figures, 80.0) / at.leakage_w(figures, 60.0) == pytest.approx(1.2712, abs=5e-5)


def test_fan_power_is_the_cube_of_the_speed() -> None:
    made = node(curve=CURVE)
    after = one(made, False, rest_at(30.0), 60.0, 25.0, 8 * 500.0 * 60.0)
    flat = replace(made, psu={0.1: 1.0, 1.0: 1.0})
    with_w = one(flat, False, rest_at(30.0), 60.0, 25.0, 8 * 500.0 * 60.0).it_w
    without_w = one(replace(flat, fan_max_w=0.0), False, rest_at(30.0), 60.0, 25.0, 8 * 500.0 * 60.0).it_w
    assert with_w - without_w == pytest.approx(1150.0 * after.fan_speed**3, rel=1e-12)


def test_without_leakage_nothing_is_added_and_a_leakage_of_nothing_changes_no_bit() -> None:
    before, joules = rest_at(40.0), 8 * 600.0 * 60.0
    plain = one(node(), False, before, 60.0, 25.0, joules)
    assert plain.leakage_w == 0.0
    assert one(node(replace(LEAKAGE, w_at_60c=0.0)), False, before, 60.0, 25.0, joules) == plain


def test_leakage_settles_where_heat_and_leakage_agree() -> None:
    now, made = rest_at(30.0), node(LEAKAGE)
    for _ in range(60):
        now = one(made, False, now, 60.0, 35.0, 8 * 650.0 * 60.0)
    thermal = made.accelerator.thermal_air
    leaked_w = 84.0 * (exp(0.012 * (now.temperature_c - 60.0)) - exp(0.012 * (25.0 + 0.06 * 650.0 - 60.0)))
    assert now.temperature_c == pytest.approx(35.0 + thermal.resistance_k_per_w * (650.0 + leaked_w), abs=1e-3)
    assert now.leakage_w == pytest.approx(8 * leaked_w, abs=1e-2)


def test_at_the_air_of_the_measurement_leakage_adds_nothing_and_cold_plates_save_some() -> None:
    air, plates = rest_at(25.0), rest_at(25.0)
    for _ in range(30):
        air = one(node(LEAKAGE), False, air, 60.0, 25.0, 8 * 650.0 * 60.0)
        plates = one(node(LEAKAGE), True, plates, 60.0, 25.0, 8 * 650.0 * 60.0)
    assert air.leakage_w == pytest.approx(0.0, abs=1e-3)
    assert -200.0 < plates.leakage_w < -50.0


def test_leakage_stops_growing_where_the_accelerator_would_be_off() -> None:
    made = node(replace(LEAKAGE, w_at_60c=400.0, per_k=0.1))
    now = rest_at(60.0)
    for _ in range(100):
        now = one(made, False, now, 60.0, 45.0, 8 * 650.0 * 60.0)
    assert now.leakage_w <= 8 * 400.0 * exp(0.1 * (92.0 - 60.0))


@pytest.mark.parametrize(("watts", "slow"), [(75.0, True), (690.0, False)])
def test_fans_stay_within_their_slowest_and_fastest(watts: float, slow: bool) -> None:
    after = one(node(curve=replace(CURVE, full_c=60.0)), False, rest_at(30.0), 60.0, 25.0, 8 * watts * 60.0)
    assert after.fan_speed == (0.25 if slow else 1.0)


def test_cold_plates_do_not_feel_the_fans() -> None:
    joules = 8 * 600.0 * 60.0
    with_curve = one(node(curve=CURVE), True, rest_at(30.0), 60.0, 30.0, joules)
    assert with_curve == one(node(), True, rest_at(30.0), 60.0, 30.0, joules)


@settings(max_examples=60, deadline=None)
@given(
    watts=st.lists(st.floats(20.0, 700.0), min_size=1, max_size=6),
    coolant_c=st.floats(5.0, 45.0),
    seconds=st.floats(1.0, 400.0),
    leaks=st.booleans(),
    by_temperature=st.booleans(),
    liquid=st.booleans(),
)
def test_the_kernel_does_what_its_twin_does(
    watts: list[float], coolant_c: float, seconds: float, leaks: bool, by_temperature: bool, liquid: bool
) -> None:
    made = node(LEAKAGE if leaks else None, CURVE if by_temperature and not liquid else None)
    thermal = made.accelerator.thermal_liquid if liquid else made.accelerator.thermal_air
    kernel = twin = rest_at(coolant_c)
    for each in watts:
        kernel = one(made, liquid, kernel, seconds, coolant_c, 8 * each * seconds)
        twin = settled(made, thermal, twin, seconds, coolant_c, 8 * each * seconds)
        assert kernel.temperature_c == pytest.approx(twin.temperature_c, abs=0.02)
        assert kernel.leakage_w == pytest.approx(twin.leakage_w, abs=0.5)
        assert kernel.fan_speed == pytest.approx(twin.fan_speed, abs=1e-3)
        assert kernel.it_w == pytest.approx(twin.it_w, rel=2e-3)
