"""When shifted jobs may start: at the cheapest or cleanest hours for their run time, within the delay they are allowed.

Prices and carbon of the coming hours count as known, as a day-ahead market publishes them. What is minimised is the
integral of the signal over the run time that the scheduler may know of, at the constant power of a job; ties and flat
signals start at once. A job that can end within the scenario is not shifted beyond it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.protocols import Signal
from sim.strategies.plan import Shift
from sim.workload import JobTable

Floats = NDArray[np.float64]
STEP_S = 900.0  # prices change on the quarter of an hour at the soonest
SAME = 1e-9  # of the largest cost: less is rounding


def release_s(table: JobTable, shift: Shift, signal: Signal, horizon_s: float) -> Floats:
    """When each job of a stream may start [s], not before it is submitted."""
    grid_s = np.arange(0.0, horizon_s + STEP_S, STEP_S)
    steps = [signal.integral(start_s, start_s + STEP_S) for start_s in grid_s[:-1]]
    sums = np.concatenate(([0.0], np.cumsum(steps)))
    return np.array(
        [
            _best_start_s(submit_s, run_s, min(submit_s + shift.max_delay_s, horizon_s - run_s), grid_s, sums)
            for submit_s, run_s in zip(table.submit_s, table.estimate_s, strict=True)
        ],
        dtype=np.float64,
    )


def _best_start_s(submit_s: float, run_s: float, latest_s: float, grid_s: Floats, sums: Floats) -> float:
    """The earliest of the cheapest starts; the cost is piecewise linear, so it lies at the end of a span or a step."""
    if latest_s <= submit_s:
        return submit_s
    begins, ends = (
        grid_s[slice(*np.searchsorted(grid_s, (submit_s + after_s, latest_s + after_s)))] for after_s in (0.0, run_s)
    )
    starts_s = np.sort(np.concatenate(([submit_s, latest_s], begins, np.maximum(ends - run_s, submit_s))))
    costs = np.interp(starts_s + run_s, grid_s, sums) - np.interp(starts_s, grid_s, sums)
    good = costs <= costs.min() + SAME * np.abs(costs).max()
    return float(starts_s[np.argmax(good)])
