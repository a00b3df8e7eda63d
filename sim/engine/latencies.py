"""Latency statistics of one service, folded from the log of its requests as they end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.kernels import tally
from sim.record.ledger import Quantiles
from sim.scenario.specs import Slo

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Latencies:
    """Counts, promises kept and quantiles over the cohort that arrived at or after `from_s`."""

    def __init__(self, slo: Slo, from_s: float) -> None:
        promised = (slo.ttft_p99_s, slo.tpot_p99_s, slo.e2e_p99_s)
        self.promises = np.array([np.inf if promise is None else promise for promise in promised])
        self.from_s = from_s
        self._histograms = np.zeros((tally.DURATIONS, tally.BINS), np.int64)
        self._sums = np.tile(np.array([0.0, np.inf, -np.inf]), (tally.DURATIONS, 1))
        self._counts = np.zeros(tally.COUNTS, np.int64)

    def add(self, times: Floats, counts: Ints, rows: int) -> None:
        """Folds the first rows of a log in (columns of `sim.kernels.serving_layout`)."""
        tally.tally(times, counts, rows, self.from_s, self.promises, self._histograms, self._sums, self._counts)

    def count(self, column: int) -> int:
        """One of the counts of `sim.kernels.tally`."""
        return int(self._counts[column])

    def quantiles(self, kind: int) -> Quantiles:
        """Mean, quantiles and maximum of TTFT, TPOT or E2E [s]."""
        known = self.count(tally.TPOT_KNOWN if kind == tally.TPOT else tally.COMPLETED)
        if known == 0:
            return Quantiles()
        lowest, highest = float(self._sums[kind, tally.LOWEST]), float(self._sums[kind, tally.HIGHEST])
        # the middle of a bin may lie outside what was seen; the exact extremes bound it
        p50, p90, p99 = (
            min(max(tally.quantile(self._histograms[kind], known, share), lowest), highest)
            for share in (0.5, 0.9, 0.99)
        )
        return Quantiles(mean=float(self._sums[kind, tally.SUM]) / known, p50=p50, p90=p90, p99=p99, max=highest)

    def late(self, age_s: Floats, ttft_s: Floats, tpot_s: Floats) -> int:
        """Of the requests in flight, those past a promise: by age, by their first token, by the pace since it."""
        ttft, tpot, e2e = self.promises
        return int(np.count_nonzero((age_s > e2e) | (ttft_s > ttft) | (tpot_s > tpot)))
