"""Poisson arrivals with a daily and weekly rate: the change of time is exact."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.kernels import arrivals, draws

DAY_S = 86_400.0
KEY = draws.stream_key(5, 0, "arrivals", "chat")


def pattern(rate: float = 0.01, swing: float = 0.8, weekend: float = 0.5, weekday: int = 4) -> NDArray[np.float64]:
    return arrivals.rate_pattern(
        rate, swing=swing, peak_s=15 * 3600.0, weekend=weekend, start_s=6 * 3600.0, start_weekday=weekday
    )


def fill(what: NDArray[np.float64], horizon_s: float, rows: int) -> NDArray[np.float64]:
    out = np.empty(rows)
    count = arrivals.fill_arrivals(KEY, 0, what, horizon_s, arrivals.start_state(what), out)
    return out[:count]


def rate_at(what: NDArray[np.float64], time_s: float) -> float:
    local = what[arrivals.START_S] + time_s
    day, second = divmod(local, DAY_S)
    scale = what[arrivals.WEEKEND] if (what[arrivals.START_WEEKDAY] + day) % 7 >= 5 else 1.0
    wave = math.cos(2 * math.pi * (second - what[arrivals.PEAK_S]) / DAY_S)
    return float(what[arrivals.RATE_PER_S] * scale * (1 + what[arrivals.SWING] * wave))


@pytest.mark.parametrize("swing", [0.0, 0.3, 1.0])
def test_arrivals_lie_where_the_integrated_rate_reaches_the_sum_of_exponentials(swing: float) -> None:
    what = pattern(swing=swing)
    times = fill(what, 4 * DAY_S, 4000)
    exponentials = np.array([draws.draw_exponential(KEY, i) for i in range(times.size)])
    # midpoint sum on a one-second grid, which both midnights lie on
    grid = np.arange(0, int(4 * DAY_S))
    integral = np.concatenate([[0.0], np.cumsum([rate_at(what, second + 0.5) for second in grid])])
    reached = np.interp(times, np.arange(integral.size), integral)
    assert times.size > 1000
    assert reached == pytest.approx(np.cumsum(exponentials), rel=1e-7)


def test_without_a_profile_arrivals_are_the_sums_of_exponentials() -> None:
    what = arrivals.rate_pattern(2.0, swing=0.0, peak_s=0.0, weekend=1.0, start_s=0.0, start_weekday=0)
    times = fill(what, 1000.0, 500)
    sums = np.cumsum([draws.draw_exponential(KEY, i) for i in range(500)]) / 2.0
    assert times == pytest.approx(sums, rel=1e-12)


def test_expected_arrivals_are_the_integral_of_the_rate() -> None:
    what = pattern(rate=3.0)
    for horizon_s in (1000.0, DAY_S, 3.3 * DAY_S):
        steps = 100_000
        middles = (np.arange(steps) + 0.5) * horizon_s / steps
        integral = sum(rate_at(what, time) for time in middles) * horizon_s / steps
        assert arrivals.expected_arrivals(what, horizon_s) == pytest.approx(integral, rel=1e-4)


def test_a_doubled_rate_squeezes_the_same_arrivals_into_half_the_time() -> None:
    slow, fast = (
        arrivals.rate_pattern(rate, swing=0.0, peak_s=0.0, weekend=1.0, start_s=0.0, start_weekday=0)
        for rate in (1.0, 2.0)
    )
    assert fill(fast, 500.0, 800) == pytest.approx(fill(slow, 1000.0, 800) / 2.0, rel=1e-12)


def test_nothing_arrives_on_a_weekend_without_traffic() -> None:
    times = fill(pattern(weekend=0.0, weekday=4), 3 * DAY_S, 5000)  # Friday 06:00 to Monday 06:00
    friday_ends, monday_begins = 18 * 3600.0, 18 * 3600.0 + 2 * DAY_S
    assert not np.any((times > friday_ends) & (times < monday_begins))
    assert times[0] < friday_ends < monday_begins < times[-1]


def test_arrivals_never_decrease_even_where_the_rate_touches_zero() -> None:
    times = fill(pattern(rate=2.0, swing=1.0, weekend=1.0), DAY_S, 200_000)
    assert np.all(np.diff(times) >= 0.0)
    assert 0.0 <= times[0] <= times[-1] < DAY_S
    assert times.size == pytest.approx(2.0 * DAY_S, abs=4 * math.sqrt(2.0 * DAY_S))
