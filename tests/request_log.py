"""Every single request of a run, which the engine itself folds into histograms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine import build, simulate
from sim.engine.latencies import Latencies
from sim.kernels import serving_layout as at
from sim.record.ledger import Ledger
from sim.strategies.plan import Plan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class RequestLog:
    """Requests that ended, in the order they did; `times` and `counts` as in `sim.kernels.serving_layout`."""

    times: Floats
    counts: Ints

    @property
    def arrival_s(self) -> Floats:
        return self.times[:, at.LOG_ARRIVAL_S]

    @property
    def first_s(self) -> Floats:
        return self.times[:, at.LOG_FIRST_S]

    @property
    def finish_s(self) -> Floats:
        return self.times[:, at.LOG_FINISH_S]

    @property
    def output_tokens(self) -> Ints:
        return self.counts[:, at.LOG_OUTPUT]


def logged_run(plan: Plan, seed: int = 1) -> tuple[Ledger, RequestLog]:
    """A run of a plan with one service, and the log of its requests."""
    times, counts = [np.zeros((0, at.LOG_TIMES))], [np.zeros((0, at.LOG_COUNTS), np.int64)]

    class Keeping(Latencies):
        def add(self, new_times: Floats, new_counts: Ints, rows: int) -> None:
            times.append(new_times[:rows].copy())
            counts.append(new_counts[:rows].copy())
            super().add(new_times, new_counts, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "Latencies", Keeping)
        ledger = simulate(plan, seed)
    return ledger, RequestLog(np.concatenate(times), np.concatenate(counts))
