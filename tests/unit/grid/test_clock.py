"""Time-of-use tariffs: which price holds when, by local hours, days and months, wherever the run begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.grid import build_signal, seconds_in_months, spans
from sim.scenario.grid_specs import WEEKDAYS, Period, TimeOfUse

HOUR_S = 3600.0
PEAK = Period(name="peak", usd_per_kwh=0.3, hours=((12.0, 18.0),), days=WEEKDAYS, months=frozenset({6, 7, 8}))
NIGHT = Period(name="night", usd_per_kwh=-0.01, hours=((22.0, 6.0),))
REST = Period(name="rest", usd_per_kwh=0.1)
TARIFF = TimeOfUse(periods=(PEAK, NIGHT, REST), utc_offset_h=-6.0)
MONDAY = datetime(2023, 7, 3, tzinfo=timezone(timedelta(hours=-6)))  # local midnight


@pytest.mark.parametrize(
    ("hours", "price"),
    [(0.0, -0.01), (5.99, -0.01), (6.0, 0.1), (11.99, 0.1), (12.0, 0.3), (17.99, 0.3), (18.0, 0.1), (22.0, -0.01)],
)
def test_hours_are_local_standard_time(hours: float, price: float) -> None:
    signal, warnings = build_signal(TARIFF, MONDAY, 48 * HOUR_S, "price")
    assert signal.at(hours * HOUR_S) == price
    assert not warnings


def test_a_day_costs_the_sum_of_its_periods() -> None:
    signal, _ = build_signal(TARIFF, MONDAY, 24 * HOUR_S, "price")
    assert signal.integral(0.0, 24 * HOUR_S) / HOUR_S == pytest.approx(6 * 0.3 + 8 * -0.01 + 10 * 0.1, rel=1e-12)


def test_weekends_and_other_seasons_have_no_peak() -> None:
    saturday, december = MONDAY + timedelta(days=5), datetime(2023, 12, 4, tzinfo=MONDAY.tzinfo)
    for day in (saturday, december):
        assert {each.period.name for each in spans(TARIFF, day, 24 * HOUR_S)} == {"night", "rest"}


@given(st.integers(0, 8760 * 4), st.floats(0.1, 100.0))
def test_prices_do_not_depend_on_where_a_run_begins(quarter: int, horizon_h: float) -> None:
    later_s = 900.0 * quarter
    whole, _ = build_signal(TARIFF, MONDAY, 400 * 86_400.0, "price")
    part, _ = build_signal(TARIFF, MONDAY + timedelta(seconds=later_s), horizon_h * HOUR_S, "price")
    stop_s = horizon_h * HOUR_S
    assert part.integral(0.0, stop_s) == pytest.approx(whole.integral(later_s, later_s + stop_s), rel=1e-9, abs=1e-6)


def test_spans_cover_the_run_and_neighbours_differ() -> None:
    found = spans(TARIFF, MONDAY + timedelta(minutes=77), 90 * 86_400.0)
    assert (found[0].start_s, found[-1].stop_s) == (0.0, 90 * 86_400.0)
    assert all(one.stop_s == other.start_s for one, other in pairwise(found))
    assert all(one.period is not other.period for one, other in pairwise(found))


def test_months_are_counted_by_the_local_calendar() -> None:
    year_s, july = 365 * 86_400.0, frozenset({7})
    start = datetime(2023, 1, 1, 6, tzinfo=UTC)  # local midnight
    assert seconds_in_months(july, TARIFF, start, 0.0, year_s) == 31 * 86_400.0
    assert seconds_in_months(july, TARIFF, MONDAY, 0.0, year_s) == (29 + 1) * 86_400.0  # 3 July 2023 to 1 July 2024
    assert seconds_in_months(july, TARIFF, MONDAY, 3600.0, 7200.0) == 3600.0
