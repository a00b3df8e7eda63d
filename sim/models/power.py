"""Watts of one busy accelerator from its clock and what it achieves, and the same for steady jobs.

P = idle + (floor - idle) f/f_max + memory_w u_memory + compute_w u_compute (V(f)/V(f_max))^2 - split_w (1 - 1/N)

u_memory: achieved bytes/s over peak; u_compute: achieved FLOP/s over the peak at f_max (so it falls with the clock by
itself). Joules are therefore additive: static watts times seconds, plus a charge per byte, plus a charge per FLOP.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator
from sim.errors import ScenarioError

Array = NDArray[np.float64]
OVERLAP_EXPONENT = 4.0  # p of the p-norm between compute and memory time; assumed: between no overlap and full overlap
PEAK_EXPONENT = (
    20.0  # assumed: saturated boards hold 95-98 % of design power on average (measured serving on H100, B200)
)


def clock_grid_mhz(accelerator: Accelerator) -> Array:
    """Core clocks that can be set, rising; the last is the highest [MHz], f8[levels]."""
    clock = accelerator.clock
    steps = round((clock.max_mhz - clock.min_mhz) / clock.step_mhz)
    grid = clock.max_mhz - clock.step_mhz * np.arange(steps, -1.0, -1.0)
    grid[0] = clock.min_mhz
    return grid


def top_level(accelerator: Accelerator, clock_mhz: float | None) -> int:
    """Index of the highest grid clock that is not above the clock knob; the last level without a knob.

    Raises ScenarioError where the knob lies outside the accelerator's range.
    """
    grid = clock_grid_mhz(accelerator)
    if clock_mhz is None:
        return len(grid) - 1
    if not grid[0] <= clock_mhz <= grid[-1]:
        raise ScenarioError(
            f"clock of {clock_mhz:g} MHz is outside what {accelerator.name} offers: {grid[0]:g} to {grid[-1]:g} MHz"
        )
    return int(np.searchsorted(grid, clock_mhz, side="right")) - 1


def voltage_share(accelerator: Accelerator, clock_mhz: Array | float) -> Array:
    """Core voltage as a share of that at the highest clock: flat up to the knee, then linear."""
    clock = accelerator.clock
    knots = ([clock.knee_mhz, clock.max_mhz], [clock.knee_voltage, 1.0])
    return np.asarray(np.interp(clock_mhz, *knots), dtype=np.float64)


def static_power_w(accelerator: Accelerator, clock_mhz: Array | float, tensor_parallel: Array | int = 1) -> Array:
    """Watts of a busy accelerator that moves no bytes and computes nothing; never below idle."""
    curve, idle = accelerator.power, accelerator.idle_w
    floor = idle + (curve.floor_w - idle) * np.asarray(clock_mhz) / accelerator.clock.max_mhz
    return np.maximum(floor - curve.split_w * (1.0 - 1.0 / np.asarray(tensor_parallel)), idle)


def busy_power_w(
    accelerator: Accelerator,
    clock_mhz: Array | float,
    u_memory: Array | float,
    u_compute: Array | float,
    tensor_parallel: int = 1,
) -> Array:
    """Watts of one busy accelerator; arguments broadcast. Not yet limited by any cap."""
    curve = accelerator.power
    static = static_power_w(accelerator, clock_mhz, tensor_parallel)
    voltage = voltage_share(accelerator, clock_mhz)
    return static + curve.memory_w * np.asarray(u_memory) + curve.compute_w * np.asarray(u_compute) * voltage**2


def power_limit_w(accelerator: Accelerator, cap_w: float | None) -> float:
    """What the firmware holds: the cap, and never more than the board's design power."""
    return accelerator.tdp_w if cap_w is None else min(cap_w, accelerator.tdp_w)


class Settled(NamedTuple):
    """Where a clock settles under a limit."""

    level: NDArray[np.intp]  # level at which each level really runs, int[levels, ...]
    duty: Array  # share of the time at work, f8[levels, ...]; below 1 where even the lowest clock draws too much


def settled(power_w: Array, limit_w: float, top: int, accelerator: Accelerator, doing: str) -> Settled:
    """The highest level at or below each that keeps the limit and the clock knob `top`.

    power_w: f8[levels, ...], not falling with the level. Where even the lowest clock draws more than the limit, the
    firmware thins the work: at work for a share of the time, idle for the rest, so that the mean is the limit.
    Raises ScenarioError where the limit is not above idle power.
    """
    idle_w = accelerator.idle_w
    if limit_w <= idle_w:
        raise ScenarioError(
            f"a power cap of {limit_w:g} W cannot be kept by {accelerator.name} {doing}: it draws {idle_w:g} W when "
            f"idle; set the cap above that"
        )
    allowed = np.count_nonzero(power_w <= limit_w, axis=0) - 1
    levels = np.arange(power_w.shape[0]).reshape(-1, *([1] * (power_w.ndim - 1)))
    level = np.minimum(np.minimum(levels, top), np.maximum(allowed, 0))
    duty = np.where(allowed < 0, np.minimum((limit_w - idle_w) / np.maximum(power_w[0] - idle_w, 1e-9), 1.0), 1.0)
    return Settled(np.asarray(level, dtype=np.intp), np.broadcast_to(duty, power_w.shape))


def softened(power_w: Array, limit_w: float) -> Array:
    """Factor on mean power of serving work near a limit: peaks within an iteration touch it before the mean does."""
    return np.asarray((1.0 + (power_w / limit_w) ** PEAK_EXPONENT) ** (-1.0 / PEAK_EXPONENT), dtype=np.float64)


def job_tables(
    accelerator: Accelerator, u_memory: float, u_compute: float, cap_w: float | None, clock_mhz: float | None
) -> Array:
    """Speed and watts of a steady job at each clock level: f8[levels, 3].

    Columns: speed relative to the full clock; watts per accelerator; joules of one full-clock second of work at the
    most energy-efficient clock. u_memory and u_compute are what the job achieves at full clock. Time follows the
    p-norm of compute time (grows as 1/f) and memory time (does not); a job that shows neither runs at one speed.
    """
    clock = clock_grid_mhz(accelerator)
    speed = _job_speed(clock / clock[-1], u_memory, u_compute)
    power = busy_power_w(accelerator, clock, u_memory * speed, u_compute * speed)
    best_j = float(np.min(power / speed))
    limit_w = power_limit_w(accelerator, cap_w)
    level, duty = settled(power, limit_w, top_level(accelerator, clock_mhz), accelerator, "with this job")
    drawn = accelerator.idle_w + duty * (power[level] - accelerator.idle_w)
    return np.column_stack((speed[level] * duty, drawn, np.full(len(clock), best_j)))


def _job_speed(clock_share: Array, u_memory: float, u_compute: float) -> Array:
    """Speed at shares of the full clock, 1 at the full clock."""
    if u_compute == 0.0:
        return np.ones_like(clock_share)
    p = OVERLAP_EXPONENT
    time = ((u_compute / clock_share) ** p + u_memory**p) ** (1.0 / p)
    return np.asarray(time[-1] / time, dtype=np.float64)
