"""Cooling towers: the correlation, fan control, water."""

from __future__ import annotations

import pytest

from sim.facility.coolers import Duty
from sim.facility.towers import Tower, approach_terms, ratio_for
from sim.facility.water import MakeUp
from sim.protocols import Air

APPROACHES = [
    (5.56, 25.55, 1.0, 3.8445),
    (5.56, 20.0, 1.0, 5.0580),
    (5.56, 10.0, 1.0, 7.7706),
    (5.56, 0.0, 1.0, 11.1599),
    (5.56, 25.55, 0.5, 1.4222),
    (10.0, 26.0, 1.0, 5.8955),
    (3.0, 15.0, 0.7, 2.4846),
]


def tower() -> Tower:
    return Tower(
        rejection_w=1e6,
        range_k=5.56,
        exchanger_k=1.5,
        fan_w=8000.0,
        fan_floor=0.2,
        cells_floor=0.25,
        pump_w=12_000.0,
        make_up=MakeUp(5.0, 1e-5),
    )


def duty(supply_c: float, share: float = 1.0) -> Duty[float]:
    return Duty(share * 1e6, share, supply_c, supply_c + 10.0, 1e5)


def air(wet_bulb_c: float) -> Air:
    return Air(wet_bulb_c + 6.0, wet_bulb_c, 0.5, 101_325.0)


@pytest.mark.parametrize(("range_k", "wet_bulb_c", "ratio", "approach_k"), APPROACHES)
def test_the_correlation_gives_its_known_approaches(
    range_k: float, wet_bulb_c: float, ratio: float, approach_k: float
) -> None:
    flat, linear, square = approach_terms(range_k, wet_bulb_c)
    assert flat + ratio * (linear + ratio * square) == pytest.approx(approach_k, abs=1e-4)


def test_the_ratio_for_an_approach_gives_that_approach_back() -> None:
    terms = approach_terms(5.56, 12.0)
    for wanted_k in (7.5, 10.0, 15.0, 20.0):
        ratio = ratio_for(wanted_k, terms, 5.0)
        assert terms[0] + ratio * (terms[1] + ratio * terms[2]) == pytest.approx(wanted_k, rel=1e-9)


def test_an_approach_out_of_reach_runs_the_fans_at_full_speed() -> None:
    for wanted_k in (-20.0, -1.0, 1.0):
        for range_k in (1.1, 5.56, 15.0):
            assert ratio_for(wanted_k, approach_terms(range_k, 26.7), 5.0) == 1.0


def test_fans_run_no_faster_than_the_set_point_needs() -> None:
    slow, fast = tower().settle(duty(25.0), air(10.0)), tower().settle(duty(25.0), air(22.0))
    assert slow.temperature_c == pytest.approx(25.0)
    assert slow.fan_w < fast.fan_w == 8000.0
    assert fast.temperature_c > 25.0


def test_fans_do_not_fall_below_their_slowest_speed() -> None:
    sink = tower().settle(duty(60.0), air(-10.0))
    assert sink.fan_w == pytest.approx(8000.0 * 0.2**3)
    assert sink.temperature_c < 60.0


def test_cells_run_in_proportion_to_the_heat() -> None:
    half = tower().settle(duty(18.0, 0.5), air(20.0))
    assert (half.fan_w, half.pump_w) == pytest.approx((4000.0, 6000.0))


def test_a_wet_bulb_beyond_the_correlation_uses_its_edge_and_is_counted() -> None:
    one = tower()
    edge = one.settle(duty(18.0), air(26.7))
    assert one.clamped == 0
    beyond = one.settle(duty(18.0), air(29.7))
    assert one.clamped == 1
    assert beyond.temperature_c == pytest.approx(edge.temperature_c + 3.0)


def test_overload_widens_range_and_exchanger() -> None:
    normal, over = tower().settle(duty(18.0), air(20.0)), tower().settle(duty(18.0, 1.5), air(20.0))
    assert over.temperature_c - over.condenser_c == pytest.approx(1.5 * 1.5)
    assert over.condenser_c > normal.condenser_c


def test_feed_water_is_evaporation_blow_down_and_drift() -> None:
    one = tower()
    sink = one.settle(duty(18.0), air(20.0))
    litres_per_kwh = one.water_l_per_s(1e6, sink, air(20.0)) * 3.6e6 / 1e6
    assert 1.3 < litres_per_kwh < 2.1
