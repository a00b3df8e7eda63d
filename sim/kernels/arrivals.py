"""Poisson arrivals whose rate follows the local day and week, by an exact change of time.

The k-th arrival is where the integrated rate reaches the sum of k exponential numbers of mean 1. So two mixes share
every arrival, and a rate that is doubled squeezes the same arrivals into half the time.
Within a day the rate is `rate * day_factor * (1 + swing * cos(2 pi (x - peak) / day))` at local second x of the day,
with `day_factor` = `weekend` on Saturday and Sunday, else 1.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled
from sim.kernels.draws import draw_exponential, stream_key

Floats = NDArray[np.float64]

DAY_S: Final = 86_400.0
TURN_PER_S: Final = 2.0 * math.pi / DAY_S
SATURDAY: Final = 5
CLOSE_ENOUGH_S: Final = 1e-8

# pattern, float64 (PATTERN,): what the rate follows
RATE_PER_S: Final = 0  # mean over a working day
SWING: Final = 1  # 0..1
PEAK_S: Final = 2  # local second of the day
WEEKEND: Final = 3
START_S: Final = 4  # local second of the day at time 0
START_WEEKDAY: Final = 5  # Monday is 0
PEAK_SINE: Final = 6  # sine of the peak's angle, which the integral needs
PATTERN: Final = 7

# state, float64 (STATE,): where the stream stands after its last arrival
DAY: Final = 0  # local days since the one that time 0 lies in
SECOND_S: Final = 1  # local second of that day
EXPECTED: Final = 2  # arrivals expected from the midnight before to that second
STATE: Final = 3


def rate_pattern(
    rate_per_s: float, *, swing: float, peak_s: float, weekend: float, start_s: float, start_weekday: int
) -> Floats:
    """The pattern of these figures, each as its column says."""
    pattern = np.empty(PATTERN)
    pattern[:PEAK_SINE] = rate_per_s, swing, peak_s, weekend, start_s, start_weekday
    pattern[PEAK_SINE] = math.sin(TURN_PER_S * peak_s)
    return pattern


@compiled
def expected_by(pattern: Floats, day_rate: float, second_s: float) -> float:
    """Arrivals expected from local midnight to `second_s`, on a day of this mean rate."""
    wave = math.sin(TURN_PER_S * (second_s - pattern[PEAK_S])) + pattern[PEAK_SINE]
    return float(day_rate * (second_s + pattern[SWING] / TURN_PER_S * wave))


@compiled
def day_rate_per_s(pattern: Floats, day: float) -> float:
    """Mean rate of a local day, counted from the one that time 0 lies in."""
    weekend = (pattern[START_WEEKDAY] + day) % 7 >= SATURDAY
    return float(pattern[RATE_PER_S] * (pattern[WEEKEND] if weekend else 1.0))


@compiled
def second_of(pattern: Floats, day_rate: float, expected: float, earliest_s: float) -> float:
    """Local second at or after `earliest_s` by which `expected` arrivals are expected, to CLOSE_ENOUGH_S.

    Steps of second order (Newton's, with the bend of the curve) within a bracket. Arrivals lie so close together that
    the first step, whose error is bounded by its third-order terms, is nearly always the last.
    """
    if pattern[SWING] == 0.0:
        return min(max(expected / day_rate, earliest_s), DAY_S)
    low, high, second = earliest_s, DAY_S, earliest_s
    while high - low > CLOSE_ENOUGH_S:
        angle = TURN_PER_S * (second - pattern[PEAK_S])
        sine = math.sin(angle)
        missing = expected - day_rate * (second + pattern[SWING] / TURN_PER_S * (sine + pattern[PEAK_SINE]))
        if missing > 0.0:
            low = second
        else:
            high = second
        slope = 1.0 + pattern[SWING] * math.cos(angle)
        step = np.inf
        if slope > 0.0:
            bend = pattern[SWING] * TURN_PER_S * sine / slope
            newton = missing / (day_rate * slope)
            step = newton * (1.0 + 0.5 * bend * newton)
            error = abs(newton**3) * (0.5 * bend * bend + pattern[SWING] * TURN_PER_S * TURN_PER_S / (6.0 * slope))
            if error <= CLOSE_ENOUGH_S:
                return float(min(max(second + step, earliest_s), DAY_S))
        second = second + step if low < second + step < high else 0.5 * (low + high)
    return second


@compiled
def fill_arrivals(key: np.uint64, first: int, pattern: Floats, horizon_s: float, state: Floats, out: Floats) -> int:
    """Writes the arrivals that carry the counters first, first + 1, ... into `out` [s]; returns how many there are.

    Fewer than `out` holds means that the horizon is reached. Updates: `state`, which begins with `start_state`.
    """
    for i in range(out.shape[0]):
        expected = state[EXPECTED] + draw_exponential(key, first + i)
        day, second_s = state[DAY], state[SECOND_S]
        day_rate = day_rate_per_s(pattern, day)
        while expected > day_rate * DAY_S:
            expected -= day_rate * DAY_S
            day += 1.0
            second_s = 0.0
            day_rate = day_rate_per_s(pattern, day)
            if day * DAY_S - pattern[START_S] >= horizon_s:
                return i
        second_s = second_of(pattern, day_rate, expected, second_s)
        arrival_s = day * DAY_S + second_s - pattern[START_S]
        if arrival_s >= horizon_s:
            return i
        out[i] = max(arrival_s, 0.0)
        state[DAY], state[SECOND_S], state[EXPECTED] = day, second_s, expected
    return int(out.shape[0])


def start_state(pattern: Floats) -> Floats:
    """The state at time 0."""
    state = np.zeros(STATE)
    state[SECOND_S] = pattern[START_S]
    state[EXPECTED] = expected_by(pattern, day_rate_per_s(pattern, 0.0), pattern[START_S])
    return state


def expected_arrivals(pattern: Floats, horizon_s: float) -> float:
    """Arrivals expected within the horizon: the integral of the rate."""
    total = -expected_by(pattern, day_rate_per_s(pattern, 0.0), pattern[START_S])
    stop_s = pattern[START_S] + horizon_s
    days = int(stop_s // DAY_S)
    for day in range(days):
        total += day_rate_per_s(pattern, float(day)) * DAY_S
    return float(total + expected_by(pattern, day_rate_per_s(pattern, float(days)), stop_s - days * DAY_S))


def warm_up() -> None:
    """Compiles every kernel of this file for the types it is called with."""
    pattern = rate_pattern(1.0, swing=0.5, peak_s=0.0, weekend=1.0, start_s=0.0, start_weekday=0)
    fill_arrivals(stream_key(0, 0, "warm up", ""), 0, pattern, 10.0, start_state(pattern), np.empty(2))
    expected_arrivals(pattern, 10.0)
