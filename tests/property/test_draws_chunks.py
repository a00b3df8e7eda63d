"""Random streams do not depend on the chunks they are drawn in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.kernels import arrivals, draws

Floats = NDArray[np.float64]
KEY = draws.stream_key(3, 1, "chunks", "chat")
FILLS: dict[str, Callable[[int, Floats], None]] = {
    "uniform": lambda first, out: draws.fill_uniform(KEY, first, -1.0, 3.0, out),
    "exponential": lambda first, out: draws.fill_exponential(KEY, first, 0.7, out),
    "lognormal": lambda first, out: draws.fill_lognormal(KEY, first, 1238.0, 1.3, out),
}

sizes = st.lists(st.integers(1, 70), min_size=1, max_size=12)


@pytest.mark.parametrize("law", FILLS)
@settings(deadline=None, max_examples=60)
@given(sizes=sizes, first=st.integers(0, 2**40))
def test_any_split_into_chunks_gives_the_same_bits(law: str, sizes: list[int], first: int) -> None:
    whole = np.empty(sum(sizes))
    FILLS[law](first, whole)
    pieces = []
    for size in sizes:
        pieces.append(np.empty(size))
        FILLS[law](first, pieces[-1])
        first += size
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


@settings(deadline=None, max_examples=60)
@given(
    sizes=sizes,
    rate=st.floats(1e-4, 5e3),
    swing=st.one_of(st.just(0.0), st.floats(0.01, 1.0)),
    weekend=st.floats(0.1, 2.0),
)
def test_any_split_into_chunks_gives_the_same_arrivals(
    sizes: list[int], rate: float, swing: float, weekend: float
) -> None:
    pattern = arrivals.rate_pattern(rate, swing=swing, peak_s=5e4, weekend=weekend, start_s=8e4, start_weekday=4)
    whole = np.empty(sum(sizes))
    assert arrivals.fill_arrivals(KEY, 0, pattern, 1e12, arrivals.start_state(pattern), whole) == whole.size
    state, pieces, first = arrivals.start_state(pattern), [], 0
    for size in sizes:
        pieces.append(np.empty(size))
        arrivals.fill_arrivals(KEY, first, pattern, 1e12, state, pieces[-1])
        first += size
    assert np.concatenate(pieces).tobytes() == whole.tobytes()
    assert np.all(np.diff(whole) >= 0.0)
