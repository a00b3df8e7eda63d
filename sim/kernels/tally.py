"""Latency statistics of requests as they end: counts, promises kept, sums and logarithmic histograms.

The bins of a histogram are .1 % wide, so quantiles are within .05 % of the exact ones at any number of requests and
in fixed memory; mean and maximum are exact.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# rows of the histograms and sums
TTFT: Final = 0
TPOT: Final = 1
E2E: Final = 2
DURATIONS: Final = 3

# columns of the sums, float64 (DURATIONS, SUMS)
SUM: Final = 0
LOWEST: Final = 1
HIGHEST: Final = 2
SUMS: Final = 3

# counts, int64 (COUNTS,)
COMPLETED: Final = 0
REJECTED: Final = 1
MET: Final = 2
TTFT_MET: Final = 3
TPOT_MET: Final = 4
E2E_MET: Final = 5
INPUT_TOKENS: Final = 6
OUTPUT_TOKENS: Final = 7
TPOT_KNOWN: Final = 8  # completed requests with two tokens or more
COUNTS: Final = 9

SMALLEST_S: Final = 1e-6
WIDTH: Final = 0.001  # of a bin, in units of the natural logarithm
BINS: Final = 32_768  # up to 1e-6 s * exp(32.768) = 1.7e8 s


@compiled
def bin_of(seconds: float) -> int:
    """Bin of a duration; the first and the last take what lies beyond them."""
    if seconds <= SMALLEST_S:
        return 0
    return min(int(np.log(seconds / SMALLEST_S) / WIDTH), BINS - 1)


@compiled
def add(histograms: NDArray[np.int64], sums: Floats, kind: int, seconds: float) -> None:
    """Adds one duration."""
    histograms[kind, bin_of(seconds)] += 1
    sums[kind, SUM] += seconds
    sums[kind, LOWEST] = min(sums[kind, LOWEST], seconds)
    sums[kind, HIGHEST] = max(sums[kind, HIGHEST], seconds)


@compiled
def tally(
    times: Floats,
    tokens: Ints,
    rows: int,
    from_s: float,
    promises: Floats,
    histograms: NDArray[np.int64],
    sums: Floats,
    counts: Ints,
) -> None:
    """Adds the first `rows` of a log (columns as in `serving_layout`) that arrived at or after `from_s`.

    `promises` are the longest TTFT, TPOT and end-to-end times promised, infinite where nothing is. A request with
    fewer than two output tokens has no TPOT and keeps that promise.
    """
    for i in range(rows):
        arrival, first, finish = times[i, 0], times[i, 1], times[i, 2]
        if arrival < from_s:
            continue
        if np.isnan(finish):
            counts[REJECTED] += 1
            continue
        output = tokens[i, 2]
        counts[COMPLETED] += 1
        counts[INPUT_TOKENS] += tokens[i, 1]
        counts[OUTPUT_TOKENS] += output
        ttft, e2e = first - arrival, finish - arrival
        add(histograms, sums, TTFT, ttft)
        add(histograms, sums, E2E, e2e)
        ttft_met = ttft <= promises[TTFT]
        e2e_met = e2e <= promises[E2E]
        tpot_met = True
        if output >= 2:
            tpot = (finish - first) / (output - 1)
            add(histograms, sums, TPOT, tpot)
            counts[TPOT_KNOWN] += 1
            tpot_met = tpot <= promises[TPOT]
        counts[TTFT_MET] += ttft_met
        counts[TPOT_MET] += tpot_met
        counts[E2E_MET] += e2e_met
        counts[MET] += ttft_met and tpot_met and e2e_met


@compiled
def quantile(histogram: NDArray[np.int64], count: int, share: float) -> float:
    """The duration that `share` of `count` entries do not exceed: the middle of the bin that holds that rank."""
    rank = max(int(np.ceil(share * count)), 1)
    seen = 0
    for i in range(histogram.shape[0]):
        seen += histogram[i]
        if seen >= rank:
            return float(SMALLEST_S * np.exp((i + 0.5) * WIDTH))
    return np.nan


def warm_up() -> None:
    """Compiles the kernel by one request."""
    histograms, sums = np.zeros((DURATIONS, BINS), np.int64), np.ones((DURATIONS, SUMS))
    tally(
        np.array([[1.0, 2.0, 3.0]]), np.ones((1, 4), np.int64), 1, 0.0, np.ones(DURATIONS), histograms, sums,
        np.zeros(COUNTS, np.int64),
    )  # fmt: skip
    quantile(histograms[0], 1, 0.5)
