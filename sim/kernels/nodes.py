"""Electrical power and temperature of nodes over one interval, from what their accelerators drew in it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled, inlined

Floats = NDArray[np.float64]

# state of a node, float64 (nodes, STATE); written here, read by the clock regulator and the meter
TEMPERATURE_C: Final = 0  # of its accelerators
IT_W: Final = 1  # at its power inlet, mean over the last interval
ACCELERATOR_W: Final = 2  # of all its accelerators, mean over the last interval
LEAKAGE_W: Final = 3  # of ACCELERATOR_W, by how much leakage differs from that of the machines that were measured
FAN_SPEED: Final = 4  # share of the fastest
STATE: Final = 5

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
LEAKAGE_AT_60_W: Final = 10  # of one accelerator
LEAKAGE_PER_K: Final = 11
MEASURED_INLET_C: Final = 12  # coolant of the machines whose power was measured
MEASURED_K_PER_W: Final = 13  # and their resistance
SHUTDOWN_C: Final = 14  # leakage grows no further: beyond it nothing runs
FIGURES: Final = 15

LEAKAGE_C: Final = 60.0
ROUNDS: Final = 4  # each shrinks the error of the fixed point by R k leakage, a tenth or less


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


@inlined
def leakage_w(figures: Floats, temperature_c: float) -> float:
    """Leakage of one accelerator: an exponential of its temperature, up to that at which it shuts down."""
    above_k = min(temperature_c, figures[SHUTDOWN_C]) - LEAKAGE_C
    return float(figures[LEAKAGE_AT_60_W] * np.exp(figures[LEAKAGE_PER_K] * above_k))


@compiled
def fan_setting(fan_c: Floats, fan_k_per_w: Floats, coolant_c: float, accelerator_w: float) -> float:
    """Row of the fan table, between rows a broken number, at which the settled temperature is the one it stands for.

    The temperature that a row stands for rises with the speed, the temperature that it settles at falls: one solution.
    """
    low, high = 0, fan_c.shape[0] - 1
    if fan_c[low] >= coolant_c + fan_k_per_w[low] * accelerator_w:
        return float(low)
    if fan_c[high] <= coolant_c + fan_k_per_w[high] * accelerator_w:
        return float(high)
    while high - low > 1:
        middle = (low + high) // 2
        if fan_c[middle] > coolant_c + fan_k_per_w[middle] * accelerator_w:
            high = middle
        else:
            low = middle
    below_k = coolant_c + fan_k_per_w[low] * accelerator_w - fan_c[low]
    above_k = fan_c[high] - coolant_c - fan_k_per_w[high] * accelerator_w
    return float(low + below_k / (below_k + above_k))


@compiled
def settle(
    seconds: float,
    coolant_c: Floats,
    accelerator_j: Floats,
    busy_share: Floats,
    present_share: Floats,
    figures: Floats,
    fan_c: Floats,
    fan_k_per_w: Floats,
    psu_load: Floats,
    psu_efficiency: Floats,
    state: Floats,
) -> None:
    """Power and temperature of all nodes of a pool after `seconds` at the mean power of that interval.

    Reads: per node the temperature of its coolant, the joules its accelerators took by their figures, the share of
    their time spent on work, and the share of the node that is ours (1 but for rented ones). Updates: `state`. The
    accelerators of a node are one RC element fed with their mean power: dT/dt = P/C - (T - T_coolant)/(R C), solved
    exactly over the interval. P holds the leakage at the mean temperature of the interval, less that at which the
    figures of power were measured. Where a fan table (temperature and resistance by speed, from the slowest to full)
    has rows, fans follow the temperature that the accelerators settle at, else their speed is the share of full heat;
    fan power is its cube. The power supply's efficiency follows its load.
    """
    count = figures[ACCELERATORS]
    resistance, slowest = figures[RESISTANCE_K_PER_W], figures[FAN_MIN_SHARE]
    decay = np.exp(-seconds / (resistance * figures[CAPACITY_J_PER_K]))
    rows = fan_c.shape[0]
    for n in range(state.shape[0]):
        measured_w = accelerator_j[n] / seconds
        if rows > 0:
            setting = fan_setting(fan_c, fan_k_per_w, coolant_c[n], (measured_w + state[n, LEAKAGE_W]) / count)
            row = min(int(setting), rows - 2)
            resistance = fan_k_per_w[row] + (fan_k_per_w[row + 1] - fan_k_per_w[row]) * (setting - row)
            state[n, FAN_SPEED] = slowest + (1.0 - slowest) * setting / (rows - 1)
            decay = np.exp(-seconds / (resistance * figures[CAPACITY_J_PER_K]))
        leakage = 0.0
        if figures[LEAKAGE_AT_60_W] > 0.0:
            held = resistance * figures[CAPACITY_J_PER_K] * (1.0 - decay) / seconds  # mean over the interval
            known = leakage_w(figures, figures[MEASURED_INLET_C] + figures[MEASURED_K_PER_W] * measured_w / count)
            for _ in range(ROUNDS):
                towards_c = coolant_c[n] + resistance * (measured_w + leakage) / count
                mean_c = towards_c + (state[n, TEMPERATURE_C] - towards_c) * held
                leakage = count * present_share[n] * (leakage_w(figures, mean_c) - known)
        accelerator_w = measured_w + leakage
        settled_c = coolant_c[n] + resistance * accelerator_w / count
        state[n, TEMPERATURE_C] = settled_c + (state[n, TEMPERATURE_C] - settled_c) * decay
        cpu_w = figures[CPU_IDLE_W] + (figures[CPU_MAX_W] - figures[CPU_IDLE_W]) * busy_share[n]
        around_w = (cpu_w + figures[OTHER_W]) * present_share[n]
        if rows == 0:
            state[n, FAN_SPEED] = min(max((accelerator_w + around_w) / figures[FULL_HEAT_W], slowest), 1.0)
        output_w = accelerator_w + around_w + figures[FAN_MAX_W] * state[n, FAN_SPEED] ** 3 * present_share[n]
        state[n, LEAKAGE_W] = leakage
        state[n, ACCELERATOR_W] = accelerator_w
        state[n, IT_W] = output_w / interpolated(psu_load, psu_efficiency, output_w / figures[RATED_W])


def warm_up() -> None:
    """Compiles the kernel by one node."""
    ones, state, figures, none = np.ones(1), np.zeros((1, STATE)), np.ones(FIGURES), np.zeros(0)
    psu_load, psu_efficiency = np.array([0.1, 1.0]), np.array([0.9, 0.9])
    settle(1.0, ones, ones, ones, ones, figures, none, none, psu_load, psu_efficiency, state)
