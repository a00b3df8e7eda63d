"""Random streams: published answers of the generator, a plain twin, and the laws the numbers follow."""

from __future__ import annotations

import json
import math
from hashlib import sha256

import numpy as np
import pytest

from sim.kernels import draws

MASK = 0xFFFFFFFF
GOLDEN = [0.6236224652658707, 0.7262844270125902, 0.24313996342529054]

# Random123, examples/kat_vectors, lines "philox4x32 10": counter, key, answer
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((MASK, MASK, MASK, MASK), (MASK, MASK), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def plain_philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    a, b, c, d = counter
    for turn in range(10):
        k = [(word + turn * weyl) & MASK for word, weyl in zip(key, (0x9E3779B9, 0xBB67AE85), strict=True)]
        high_a, low_a = divmod(0xD2511F53 * a, 2**32)
        high_c, low_c = divmod(0xCD9E8D57 * c, 2**32)
        a, b, c, d = high_c ^ b ^ k[0], low_c, high_a ^ d ^ k[1], low_a
    return a, b, c, d


def plain_pair(key: int, counter: int) -> tuple[float, float]:
    a, b, c, d = plain_philox((counter & MASK, counter >> 32, 0, 0), (key & MASK, key >> 32))
    return tuple((((high << 32 | low) >> 12) + 0.5) / 2**52 for high, low in ((a, b), (c, d)))  # type: ignore[return-value]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_generator_gives_the_published_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: tuple[int, int, int, int]
) -> None:
    assert tuple(map(int, draws.philox(*map(np.uint64, (*counter, *key))))) == answer
    assert plain_philox(counter, key) == answer


@pytest.mark.parametrize("counter", [0, 1, 2**32 - 1, 2**32, 2**40 + 17, 2**62])
def test_draws_equal_the_plain_twin_bit_for_bit(counter: int) -> None:
    key = draws.stream_key(7, 3, "arrivals", "chat")
    first, second = plain_pair(int(key), counter)
    assert draws.draw_pair(key, counter) == (first, second)
    assert draws.draw(key, counter) == first
    assert draws.draw_exponential(key, counter) == pytest.approx(-math.log(first), rel=1e-14)
    normal = math.sqrt(-2 * math.log(first)) * math.cos(2 * math.pi * second)
    assert draws.draw_normal(key, counter) == pytest.approx(normal, rel=1e-12)


def test_key_is_the_digest_of_what_names_the_stream() -> None:
    text = json.dumps([draws.RANDOM_LAYOUT, 1, 2, "arrivals", "chat"], separators=(",", ":")).encode()
    key = draws.stream_key(1, 2, "arrivals", "chat")
    assert isinstance(key, np.uint64)
    assert int(key) == int.from_bytes(sha256(text).digest()[:8], "little")
    others = {draws.stream_key(*name) for name in [(2, 2, "arrivals", "chat"), (1, 3, "arrivals", "chat")]}
    others |= {draws.stream_key(1, 2, "lengths", "chat"), draws.stream_key(1, 2, "arrivals", "code"), key}
    assert len(others) == 5


def test_same_seed_gives_the_same_numbers_for_ever() -> None:
    out = np.empty(3)
    draws.fill_uniform(draws.stream_key(1, 0, "golden", ""), 0, 0.0, 1.0, out)
    assert draws.RANDOM_LAYOUT == 1
    assert out.tolist() == GOLDEN


def sample(kind: str, size: int = 50_000) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    out = np.empty(size)
    key = draws.stream_key(11, 0, "law", kind)
    if kind == "uniform":
        draws.fill_uniform(key, 5, 2.0, 6.0, out)
    elif kind == "exponential":
        draws.fill_exponential(key, 5, 3.0, out)
    else:
        draws.fill_lognormal(key, 5, 1200.0, 1.2, out)
    return out


def test_uniform_fills_its_interval_evenly() -> None:
    values = np.sort((sample("uniform") - 2.0) / 4.0)
    assert 0.0 < values[0] < values[-1] < 1.0
    steps = (np.arange(values.size) + 0.5) / values.size
    assert np.abs(values - steps).max() < 1.95 / math.sqrt(values.size)  # Kolmogorov-Smirnov, 99.9 %


def test_exponential_has_its_mean_and_its_law() -> None:
    values = np.sort(-np.expm1(-sample("exponential") / 3.0))
    steps = (np.arange(values.size) + 0.5) / values.size
    assert np.abs(values - steps).max() < 1.95 / math.sqrt(values.size)


def test_lognormal_has_its_mean_and_spread() -> None:
    logs = np.log(sample("lognormal"))
    variance = math.log(1 + 1.2**2)
    error = math.sqrt(variance / logs.size)
    assert logs.mean() == pytest.approx(math.log(1200) - variance / 2, abs=3.3 * error)
    assert logs.std() == pytest.approx(math.sqrt(variance), rel=3.3 / math.sqrt(2 * logs.size))


def test_lognormal_without_spread_is_constant() -> None:
    out = np.empty(5)
    draws.fill_lognormal(draws.stream_key(1, 0, "x", ""), 0, 80.0, 0.0, out)
    assert out == pytest.approx(80.0, rel=1e-12)


def test_streams_and_neighbours_are_uncorrelated() -> None:
    a, b = np.empty(100_000), np.empty(100_000)
    draws.fill_uniform(draws.stream_key(1, 0, "a", ""), 0, 0.0, 1.0, a)
    draws.fill_uniform(draws.stream_key(1, 0, "b", ""), 0, 0.0, 1.0, b)
    limit = 3.3 / math.sqrt(a.size)
    assert abs(np.corrcoef(a, b)[0, 1]) < limit
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < limit
    assert abs(np.corrcoef(a[32:], a[:-32])[0, 1]) < limit
