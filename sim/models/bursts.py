"""Jobs that keep the accelerator busy only part of the time: the rest waits on the host, on data, on the network.

A cap acts on the busy spells alone, so it binds although mean power lies below it, and slows the job by less than it
slows the spells. Waiting draws the active floor at the clock of the spells; it lasts as long under a cap as without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator
from sim.models.power import OVERLAP_EXPONENT, job_tables, static_power_w

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bursts:
    """A steady job: utilisations within busy spells at full clock, and the share of time that is busy there.

    u_compute is above 0.
    """

    u_memory: float
    u_compute: float
    busy_share: float = 1.0


def burst_tables(accelerator: Accelerator, job: Bursts, cap_w: float | None, clock_mhz: float | None) -> Array:
    """Speed, watts and best joules at each clock level, as `job_tables`: f8[levels, 3].

    Raises ScenarioError where the cap cannot be kept in a busy spell.
    """
    limit_w = cap_w if job.busy_share else None  # nothing to cap in a job that only waits
    spells = job_tables(accelerator, job.u_memory, job.u_compute, limit_w, clock_mhz)
    clock = _clock_at(spells[:, 0], job, accelerator)
    rest_w, rest = static_power_w(accelerator, clock), 1.0 - job.busy_share
    busy_s = job.busy_share / spells[:, 0]
    power = (busy_s * spells[:, 1] + rest * rest_w) / (busy_s + rest)
    lowest_w = float(static_power_w(accelerator, accelerator.clock.min_mhz))
    best_j = job.busy_share * spells[:, 2] + rest * lowest_w
    return np.column_stack((1.0 / (busy_s + rest), power, best_j))


def _clock_at(speed: Array, job: Bursts, accelerator: Accelerator) -> Array:
    """Clock at which spells run at a speed: the p-norm of compute and memory time, solved for the clock [MHz]."""
    p = OVERLAP_EXPONENT
    whole = (job.u_compute**p + job.u_memory**p) / speed**p
    return np.asarray(accelerator.clock.max_mhz * job.u_compute / (whole - job.u_memory**p) ** (1.0 / p))


def busy_share(accelerator: Accelerator, u_memory: float, u_compute: float, mean_w: float) -> float:
    """Share of time at full clock that is busy in a job that draws `mean_w` under the board's design power; 0 to 1."""
    speed, busy_w, _ = (float(value) for value in job_tables(accelerator, u_memory, u_compute, None, None)[-1])
    job = Bursts(u_memory, u_compute)
    rest_w = float(static_power_w(accelerator, _clock_at(np.array([speed]), job, accelerator))[0])
    if mean_w <= rest_w:
        return 0.0
    busy_j, rest_j = (busy_w - mean_w) / speed, mean_w - rest_w
    return 1.0 if busy_j <= 0.0 else rest_j / (busy_j + rest_j)
