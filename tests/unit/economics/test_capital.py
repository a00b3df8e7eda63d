"""Capital recovery against published values, and the hourly price of an accelerator by how its pool is come by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import ECONOMICS, OWN, pool
from sim.economics.capital import capital_recovery_factor, facility_usd_per_y, hourly_price, yearly_capital_usd
from sim.scenario.specs import Acquire


@pytest.mark.parametrize(
    ("rate", "life_y", "factor"), [(0.08, 5, 0.25046), (0.08, 14, 0.12130), (0.05, 6, 0.19702), (0.0, 4, 0.25)]
)
def test_recovery_factor_has_its_published_values(rate: float, life_y: float, factor: float) -> None:
    assert capital_recovery_factor(rate, life_y) == pytest.approx(factor, abs=5e-6)


def test_an_annuity_of_30000_usd_at_8_percent_over_5_years() -> None:
    assert yearly_capital_usd(30_000.0, 0.08, 5.0) == pytest.approx(7513.6936370, abs=5e-8)


def test_a_resale_is_worth_its_value_of_today() -> None:
    without, resale = yearly_capital_usd(1000.0, 0.08, 5.0), 0.2 / 1.08**5
    assert yearly_capital_usd(1000.0, 0.08, 5.0, resale_share=0.2) == pytest.approx(without * (1 - resale))


def test_selling_at_the_buying_price_leaves_the_interest() -> None:
    assert yearly_capital_usd(1000.0, 0.08, 5.0, resale_share=1.0) == pytest.approx(80.0)


def test_owned_accelerators_cost_capital_maintenance_and_their_place() -> None:
    price = hourly_price(pool(), ECONOMICS)  # 8 accelerators, 280,000 USD, 10.2 kW
    hours = 8 * 8760
    assert price.rent == 0.0
    assert price.capital == pytest.approx(280_000 * 0.2504564546 / hours)
    assert price.maintenance == pytest.approx(280_000 * 0.03 / hours)
    assert price.facility == pytest.approx(10.2 * 12_000 * 0.1168295449 / hours)
    assert price.all_in == pytest.approx(price.capital + price.maintenance + price.facility)


def test_sunk_accelerators_cost_maintenance_alone() -> None:
    price = hourly_price(pool(acquire=replace(OWN, kind="sunk")), ECONOMICS)
    assert (price.all_in, price.maintenance) == pytest.approx((280_000 * 0.03 / (8 * 8760),) * 2)


def test_rented_accelerators_cost_the_rent_and_a_place_unless_it_is_included() -> None:
    rent = Acquire(kind="rent", usd_per_accelerator_h=2.0)
    housed = hourly_price(pool(acquire=rent), ECONOMICS)
    included = hourly_price(pool(acquire=replace(rent, includes=frozenset({"facility"}))), ECONOMICS)
    assert (housed.rent, housed.capital, housed.maintenance) == (2.0, 0.0, 0.0)
    assert housed.facility == hourly_price(pool(), ECONOMICS).facility > 0.0
    assert included.all_in == 2.0


def test_a_building_is_paid_per_kw_of_it_power() -> None:
    assert facility_usd_per_y(1e6, ECONOMICS) == pytest.approx(12e6 * 0.1168295449)
