"""Counter-based random numbers: the n-th draw of a stream is a function of its key and n, of nothing else.

So a draw does not depend on who drew before, on the size of the chunks it is drawn in, or on the number of workers.
A stream is named by (seed, replication, purpose, entity); its counters number what is drawn, for example requests.
The generator is Philox-4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3",
table 2), of which the lower half of the counter is used. Products of 32-bit words never exceed 64 bits, so compiled
and plain runs agree to the bit.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled

RANDOM_LAYOUT: Final = 1  # raised whenever the same seed no longer gives the same numbers

Floats = NDArray[np.float64]

HALF: Final = np.uint64(32)
LOW: Final = np.uint64(0xFFFFFFFF)
MULTIPLIER_0: Final = np.uint64(0xD2511F53)
MULTIPLIER_1: Final = np.uint64(0xCD9E8D57)
WEYL_0: Final = np.uint64(0x9E3779B9)
WEYL_1: Final = np.uint64(0xBB67AE85)
NO_WORD: Final = np.uint64(0)
SPARE_BITS: Final = np.uint64(12)
STEP: Final = 2.0**-52  # with half a step added, every draw is exact and lies inside (0, 1)


def stream_key(seed: int, replication: int, purpose: str, entity: str) -> np.uint64:
    """Key of the stream for one purpose (`arrivals`) of one entity (a service's name), the same on every machine."""
    name = json.dumps([RANDOM_LAYOUT, seed, replication, purpose, entity], separators=(",", ":"))
    return np.uint64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little"))


@compiled
def philox(
    word_0: np.uint64, word_1: np.uint64, word_2: np.uint64, word_3: np.uint64, key_0: np.uint64, key_1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four random 32-bit words for a counter of four words and a key of two; all held in 64 bits."""
    for _ in range(10):
        product_0 = MULTIPLIER_0 * word_0
        product_1 = MULTIPLIER_1 * word_2
        word_0 = (product_1 >> HALF) ^ word_1 ^ key_0
        word_2 = (product_0 >> HALF) ^ word_3 ^ key_1
        word_1 = product_1 & LOW
        word_3 = product_0 & LOW
        key_0 = (key_0 + WEYL_0) & LOW
        key_1 = (key_1 + WEYL_1) & LOW
    return word_0, word_1, word_2, word_3


@compiled
def draw_pair(key: np.uint64, counter: int) -> tuple[float, float]:
    """Two independent uniform numbers in the open interval (0, 1), with 52 random bits each."""
    count = np.uint64(counter)
    word_0, word_1, word_2, word_3 = philox(count & LOW, count >> HALF, NO_WORD, NO_WORD, key & LOW, key >> HALF)
    first = ((word_0 << HALF) | word_1) >> SPARE_BITS
    second = ((word_2 << HALF) | word_3) >> SPARE_BITS
    return (np.float64(first) + 0.5) * STEP, (np.float64(second) + 0.5) * STEP


@compiled
def draw(key: np.uint64, counter: int) -> float:
    """A uniform number in the open interval (0, 1)."""
    return draw_pair(key, counter)[0]


@compiled
def draw_two_of(key: np.uint64, counter: int, width: int) -> tuple[int, int]:
    """Two different numbers out of 0, ..., width - 1, all pairs equally likely; twice 0 where width is 1."""
    first, second = draw_pair(key, counter)
    one = int(first * width)
    other = int(second * (width - 1))
    if other >= one and width > 1:
        other += 1
    return one, other


@compiled
def draw_exponential(key: np.uint64, counter: int) -> float:
    """An exponential number of mean 1, by inversion: one counter, so it falls as its uniform number rises."""
    return -math.log(draw(key, counter))


@compiled
def draw_normal(key: np.uint64, counter: int) -> float:
    """A normal number of mean 0 and deviation 1, by Box and Muller (1958) from both numbers of one counter."""
    first, second = draw_pair(key, counter)
    return math.sqrt(-2.0 * math.log(first)) * math.cos(2.0 * math.pi * second)


@compiled
def fill_uniform(key: np.uint64, first: int, low: float, high: float, out: Floats) -> None:
    """Writes uniform numbers in (low, high) for the counters first, first + 1, ... into `out`."""
    for i in range(out.shape[0]):
        out[i] = low + (high - low) * draw(key, first + i)


@compiled
def fill_uniform_at(key: np.uint64, counters: NDArray[np.int64], out: Floats) -> None:
    """Writes uniform numbers in (0, 1) for each of the counters into `out`."""
    for i in range(out.shape[0]):
        out[i] = draw(key, counters[i])


@compiled
def fill_exponential(key: np.uint64, first: int, mean: float, out: Floats) -> None:
    """Writes exponential numbers for the counters first, first + 1, ... into `out`."""
    for i in range(out.shape[0]):
        out[i] = mean * draw_exponential(key, first + i)


@compiled
def fill_lognormal(key: np.uint64, first: int, mean: float, cv: float, out: Floats) -> None:
    """Writes lognormal numbers of this mean and coefficient of variation for the counters first, ... into `out`."""
    variance = math.log(1.0 + cv * cv)
    centre = math.log(mean) - 0.5 * variance
    spread = math.sqrt(variance)
    for i in range(out.shape[0]):
        out[i] = math.exp(centre + spread * draw_normal(key, first + i))


def warm_up() -> None:
    """Compiles every kernel of this file for the types it is called with."""
    key = stream_key(0, 0, "warm up", "")
    out = np.empty(2)
    fill_uniform(key, 0, 0.0, 1.0, out)
    fill_uniform_at(key, np.zeros(2, np.int64), out)
    fill_exponential(key, 0, 1.0, out)
    fill_lognormal(key, 0, 1.0, 1.0, out)
