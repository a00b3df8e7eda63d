"""Max-min fair shares of several kinds of accelerators, aware of how fast each job is on each (Gavel, OSDI 2020).

Linear programme: x[job, kind] is the share of time that a job spends on a kind. Sum over kinds <= 1; sum over jobs of
size x share <= accelerators of the kind; the least of size x throughput / throughput under an equal split of the fleet
is as large as can be. A small weight on the mean keeps what is then left over from lying idle.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEAN_WEIGHT: Final = 1e-3  # of the mean against the least; small enough not to trade the one for the other


def max_min_shares(rates: Floats, sizes: Ints, fleet: Ints) -> Floats:
    """Shares f8[jobs, kinds] for rates f8[jobs, kinds] (0: cannot run there), and accelerators of jobs and kinds."""
    from scipy.optimize import linprog

    jobs, kinds = rates.shape
    if jobs == 0:
        return np.zeros((0, kinds))
    worth = rates / (rates @ (fleet / fleet.sum()))[:, None] * sizes[:, None]
    of_job = np.kron(np.eye(jobs), np.ones((1, kinds)))
    of_kind = np.kron(sizes[None, :], np.eye(kinds))
    rows = np.vstack((of_job, of_kind, -of_job * worth.ravel()))
    least = np.concatenate((np.zeros(jobs + kinds), np.ones(jobs)))
    found = linprog(
        np.append(-MEAN_WEIGHT * worth.ravel() / jobs, -1.0),
        A_ub=np.column_stack((rows, least)),
        b_ub=np.concatenate((np.ones(jobs), fleet, np.zeros(jobs))),
        bounds=[(0.0, 1.0 if rate > 0.0 else 0.0) for rate in rates.ravel()] + [(0.0, None)],
        method="highs",
    )
    assert found.x is not None  # all shares 0 keep every limit
    return np.array(found.x[:-1], np.float64).reshape(jobs, kinds)
