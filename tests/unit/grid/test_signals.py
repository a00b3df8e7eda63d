"""Flat and step signals: values at instants, integrals over spans."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.grid import FlatSignal, StepSignal

STEPS = StepSignal.of([0.0, 10.0, 30.0], [1.0, -2.0, 5.0])


def test_a_flat_signal_is_the_same_everywhere() -> None:
    assert FlatSignal(0.08).at(1e9) == 0.08
    assert FlatSignal(0.08).integral(100.0, 350.0) == pytest.approx(20.0)


@pytest.mark.parametrize(("time_s", "value"), [(0.0, 1.0), (9.999, 1.0), (10.0, -2.0), (29.0, -2.0), (30.0, 5.0)])
def test_a_stamp_starts_its_interval(time_s: float, value: float) -> None:
    assert STEPS.at(time_s) == value


def test_first_and_last_value_hold_beyond_the_ends() -> None:
    assert (STEPS.at(-5.0), STEPS.at(1e6)) == (1.0, 5.0)
    assert STEPS.integral(-10.0, 0.0) == -0.0 + 10.0
    assert STEPS.integral(30.0, 40.0) == 50.0


@given(st.lists(st.floats(-20.0, 60.0), min_size=2, max_size=2))
def test_an_integral_equals_the_sum_over_small_slices(ends: list[float]) -> None:
    start_s, stop_s = sorted(ends)
    edges = sorted({start_s, stop_s, *(edge for edge in (0.0, 10.0, 30.0) if start_s < edge < stop_s)})
    slices = sum(STEPS.at((a + b) / 2) * (b - a) for a, b in pairwise(edges))
    assert STEPS.integral(start_s, stop_s) == pytest.approx(slices, abs=1e-9)


@given(st.floats(0.0, 50.0), st.floats(0.0, 50.0), st.floats(0.0, 50.0))
def test_integrals_over_neighbouring_spans_add_up(a: float, b: float, c: float) -> None:
    low, middle, high = sorted((a, b, c))
    parts = STEPS.integral(low, middle) + STEPS.integral(middle, high)
    assert STEPS.integral(low, high) == pytest.approx(parts, abs=1e-9)
