"""Which steps of a day a battery charges and discharges in, by what a cycle earns after losses and wear."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.grid.dispatch import CHARGE, DISCHARGE, REST, day_wishes
from sim.scenario.grid_specs import Battery

HOUR_S = 3600.0
BATTERY = Battery(
    capacity_j=2 * 3.6e6, power_w=1000.0, charge_efficiency=0.9, discharge_efficiency=0.9, usd_per_kwh=300.0
)
TWO_PRICES = np.array([0.05] * 12 + [0.2] * 6 + [0.05] * 6)
WHOLE_W = 1000.0


def test_two_prices_far_apart_charge_at_one_and_discharge_at_the_other() -> None:
    wishes = day_wishes(TWO_PRICES, HOUR_S, BATTERY, WHOLE_W, 0.0)
    assert (wishes[TWO_PRICES == 0.05] == CHARGE).all()
    assert (wishes[TWO_PRICES == 0.2] == DISCHARGE).all()


def test_flat_prices_and_spreads_below_the_losses_leave_it_at_rest() -> None:
    for values in (np.full(24, 0.1), np.where(TWO_PRICES > 0.1, 0.061, 0.05), np.full(24, -0.1)):
        assert (day_wishes(values, HOUR_S, BATTERY, WHOLE_W, 0.0) == REST).all()


def test_a_spread_pays_from_the_losses_and_the_wear_on() -> None:
    # .2 * .81 = .162 comes back for .05 and .9 of the wear
    for wear, works in ((0.12, True), (0.13, False)):
        assert (day_wishes(TWO_PRICES, HOUR_S, BATTERY, WHOLE_W, wear) != REST).any() == works


def test_it_works_in_as_many_hours_as_filling_and_emptying_take() -> None:
    rising = np.arange(1.0, 25.0)
    wishes = day_wishes(rising, HOUR_S, BATTERY, WHOLE_W, 0.0)
    assert (wishes[:3] == CHARGE).all()  # 2 kWh / .9 at 1 kW: 2.2 h
    assert (wishes[-2:] == DISCHARGE).all()  # 1.8 h
    assert (wishes[3:-2] == REST).all()


def test_a_small_building_takes_longer_to_empty_it() -> None:
    wishes = day_wishes(np.arange(1.0, 25.0), HOUR_S, BATTERY, 200.0, 0.0)
    assert (wishes == DISCHARGE).sum() == 9  # 1.8 kWh at 200 W


@given(st.lists(st.floats(-0.5, 5.0), min_size=1, max_size=96), st.floats(0.0, 0.2))
def test_every_hour_it_gives_in_is_worth_more_than_any_it_takes_in(values: list[float], wear: float) -> None:
    prices = np.array(values)
    wishes = day_wishes(prices, 900.0, BATTERY, WHOLE_W, wear)
    taken, given_ = prices[wishes == CHARGE], prices[wishes == DISCHARGE]
    assert bool(len(taken)) == bool(len(given_))
    if len(taken):
        assert given_.min() * 0.81 > taken.max() + 0.9 * wear
