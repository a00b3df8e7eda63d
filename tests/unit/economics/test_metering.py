"""Energy, peak, water and carbon from the columns of the meter, within the window alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from handmade.runs import HOUR_S, ledger, meter, pool
from sim.economics.metering import Metered, metered, peak_kw
from sim.errors import InvariantError
from sim.record.ledger import Meter

POOLS = {"h100": pool()}


def read(columns: Meter, window_s: tuple[float, float] = (0.0, HOUR_S)) -> Metered:
    return metered(ledger(meter=columns, window_s=window_s), POOLS)


def test_an_hour_at_four_kilowatts() -> None:
    hour = read(meter())
    assert (hour.it_kwh, hour.cooling_kwh, hour.losses_kwh, hour.facility_kwh) == pytest.approx((4.0, 1.0, 0.2, 5.2))
    assert (hour.peak_kw, hour.pue, hour.water_l, hour.wue_l_per_kwh) == pytest.approx((5.2, 1.3, 3.6, 0.9))
    assert hour.carbon_kg == pytest.approx(5.2 * 0.4)
    assert hour.pools["h100"].energy_usd == pytest.approx({"it": 0.4, "cooling": 0.1, "losses": 0.02, "battery": 0.0})


def test_only_the_window_counts() -> None:
    columns = meter([9000.0, 9000.0, *[1000.0] * 10])
    assert read(columns, (600.0, HOUR_S)).it_kwh == pytest.approx(1.0 * 3000 / HOUR_S)
    assert read(columns, (450.0, HOUR_S)).it_kwh == pytest.approx((9.0 * 150 + 1.0 * 3000) / HOUR_S)
    assert read(columns, (600.0, HOUR_S)).peak_kw == pytest.approx(1.3)


def test_without_it_power_there_is_no_pue() -> None:
    dark = read(meter(0.0))
    assert (dark.pue, dark.wue_l_per_kwh, dark.facility_kwh) == (None, None, 0.0)


def test_the_peak_is_the_highest_fifteen_minutes_wherever_they_begin() -> None:
    columns = meter([1000.0, 1000.0, 4000.0, 7000.0, 4000.0, *[1000.0] * 7])
    assert peak_kw(columns, 0.0, HOUR_S) == pytest.approx(5.0 * 1.3)


def test_the_peak_of_uneven_intervals_may_begin_inside_one() -> None:
    edges = np.array([0.0, 400.0, 1000.0, 2000.0])
    power = np.array([2000.0, 6000.0, 3000.0])
    columns = replace(meter(rows=3), start_s=edges[:-1], stop_s=edges[1:], grid_w=power)
    assert peak_kw(columns, 0.0, 2000.0) == pytest.approx((600 * 6.0 + 300 * 3.0) / 900)


def test_the_peak_of_a_short_window_is_its_mean() -> None:
    assert peak_kw(meter([1000.0, 3000.0, *[0.0] * 10]), 0.0, 600.0) == pytest.approx(2.0 * 1.3)


def test_pools_share_cooling_and_losses_by_their_power_in_each_interval() -> None:
    big, small = [3000.0] * 6 + [0.0] * 6, [1000.0] * 12
    columns = meter([4000.0] * 6 + [1000.0] * 6, pools={"a": big, "b": small})
    bills = metered(ledger(meter=columns), {"a": pool("a"), "b": pool("b", nodes=3)}).pools
    assert bills["a"].kwh == pytest.approx({"it": 1.5, "cooling": 0.375, "losses": 0.075})
    assert bills["b"].kwh == pytest.approx({"it": 1.0, "cooling": 0.25, "losses": 0.05})
    assert bills["a"].facility_kwh + bills["b"].facility_kwh == pytest.approx(3.25)


def test_where_nothing_draws_power_the_provisioned_one_splits_the_rest() -> None:
    columns = meter(0.0, pools={"a": [0.0] * 12, "b": [0.0] * 12})
    bills = metered(ledger(meter=columns), {"a": pool("a"), "b": pool("b", nodes=3)}).pools
    assert (bills["a"].water_l, bills["b"].water_l) == pytest.approx((0.9, 2.7))


def test_energy_that_does_not_close_is_a_defect() -> None:
    whole = meter()
    with pytest.raises(InvariantError, match="facility energy"):
        read(replace(whole, facility_w=whole.facility_w + 1e-4))
