"""Electrical power and temperature of nodes over one interval, from what their accelerators drew in it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled

Floats = NDArray[np.float64]

# state of a node, float64 (nodes, STATE); written here, read by the clock regulator and the meter
TEMPERATURE_C: Final = 0  # of its accelerators
IT_W: Final = 1  # at its power inlet, mean over the last interval
ACCELERATOR_W: Final = 2  # of all its accelerators, mean over the last interval
STATE: Final = 3

# figures of a node type, float64 (FIGURES,)
ACCELERATORS: Final = 0
CPU_IDLE_W: Final = 1
CPU_MAX_W: Final = 2
OTHER_W: Final = 3
FAN_MAX_W: Final = 4
FAN_MIN_SHARE: Final = 5
FULL_HEAT_W: Final = 6  # heat at which the fans run at full speed
RATED_W: Final = 7  # of the power supplies
RESISTANCE_K_PER_W: Final = 8
CAPACITY_J_PER_K: Final = 9
FIGURES: Final = 10


@compiled
def interpolated(xs: Floats, ys: Floats, x: float) -> float:
    """Piecewise-linear through (xs, ys), constant beyond both ends."""
    if x <= xs[0]:
        return float(ys[0])
    for i in range(1, xs.shape[0]):
        if x <= xs[i]:
            share = (x - xs[i - 1]) / (xs[i] - xs[i - 1])
            return float(ys[i - 1] + share * (ys[i] - ys[i - 1]))
    return float(ys[-1])


@compiled
def settle(
    seconds: float,
    coolant_c: float,
    accelerator_j: Floats,
    busy_share: Floats,
    present_share: Floats,
    figures: Floats,
    psu_load: Floats,
    psu_efficiency: Floats,
    state: Floats,
) -> None:
    """Power and temperature of all nodes of a pool after `seconds` at the mean power of that interval.

    Reads: per node the joules its accelerators took, the share of their time spent on work, and the share of the node
    that is ours (1 but for rented ones). Updates: `state`. The accelerators of a node are one RC element fed with
    their mean power: dT/dt = P/C - (T - T_coolant)/(R C), solved exactly over the interval. Fan speed follows the
    heat linearly, fan power its cube; the power supply's efficiency follows its load.
    """
    count = figures[ACCELERATORS]
    tau_s = figures[RESISTANCE_K_PER_W] * figures[CAPACITY_J_PER_K]
    decay = np.exp(-seconds / tau_s)
    for n in range(state.shape[0]):
        accelerator_w = accelerator_j[n] / seconds
        settled_c = coolant_c + figures[RESISTANCE_K_PER_W] * accelerator_w / count
        state[n, TEMPERATURE_C] = settled_c + (state[n, TEMPERATURE_C] - settled_c) * decay
        cpu_w = figures[CPU_IDLE_W] + (figures[CPU_MAX_W] - figures[CPU_IDLE_W]) * busy_share[n]
        around_w = (cpu_w + figures[OTHER_W]) * present_share[n]
        speed = min(max((accelerator_w + around_w) / figures[FULL_HEAT_W], figures[FAN_MIN_SHARE]), 1.0)
        output_w = accelerator_w + around_w + figures[FAN_MAX_W] * speed**3 * present_share[n]
        state[n, ACCELERATOR_W] = accelerator_w
        state[n, IT_W] = output_w / interpolated(psu_load, psu_efficiency, output_w / figures[RATED_W])


def warm_up() -> None:
    """Compiles the kernel by one node."""
    ones, state, figures = np.ones(1), np.zeros((1, STATE)), np.ones(FIGURES)
    settle(1.0, 20.0, ones, ones, ones, figures, np.array([0.1, 1.0]), np.array([0.9, 0.9]), state)
