"""Power and temperature of one node in plain Python, solved by bisection where the kernel takes rounds and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import exp

from sim.catalog.entries import FanCurve, Leakage, NodeType, Thermal


@dataclass(frozen=True)
class NodeNow:
    """A node after an interval."""

    temperature_c: float
    it_w: float
    accelerator_w: float
    leakage_w: float
    fan_speed: float


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses 0; the nearer end where it does not."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if function(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)


def leaked_w(leakage: Leakage, temperature_c: float, shutdown_c: float) -> float:
    """Of one accelerator."""
    return leakage.w_at_60c * exp(leakage.per_k * (min(temperature_c, shutdown_c) - 60.0))


def fan_speed(curve: FanCurve, slowest: float, resistance: float, coolant_c: float, watts: float) -> float:
    """Speed at which the settled temperature is the one that the curve has for it."""

    def missing(speed: float) -> float:
        stands_for_c = curve.slow_c + (curve.full_c - curve.slow_c) * (speed - slowest) / (1.0 - slowest)
        return coolant_c + flow_resistance(curve, resistance, speed) * watts - stands_for_c

    return root(missing, slowest, 1.0)


def flow_resistance(curve: FanCurve, resistance: float, speed: float) -> float:
    """Of the heat sink at a fan speed [K/W]."""
    return resistance * (1.0 - curve.flow_share + curve.flow_share * float(speed**-0.8))


def efficiency(psu: Mapping[float, float], load: float) -> float:
    """Of the power supply, in a straight line between the points of its table."""
    points = sorted(psu.items())
    if load <= points[0][0]:
        return points[0][1]
    for (low, at_low), (high, at_high) in pairwise(points):
        if load <= high:
            return at_low + (at_high - at_low) * (load - low) / (high - low)
    return points[-1][1]


def settled(
    node: NodeType,
    thermal: Thermal,
    before: NodeNow,
    seconds: float,
    coolant_c: float,
    joules: float,
    busy: float = 1.0,
    present: float = 1.0,
) -> NodeNow:
    """The node after `seconds` in which its accelerators took `joules` by their figures."""
    count, watts = node.accelerators, joules / seconds
    resistance, speed = thermal.resistance_k_per_w, None
    if node.fan_curve is not None:
        each_w = (watts + before.leakage_w) / count
        speed = fan_speed(node.fan_curve, node.fan_min_share, resistance, coolant_c, each_w)
        resistance = flow_resistance(node.fan_curve, resistance, speed)
    tau_s = resistance * thermal.capacity_j_per_k
    decay = exp(-seconds / tau_s)
    leakage = _leakage_beyond_w(node, thermal, before, (seconds, tau_s, resistance), coolant_c, watts, present)
    settled_c = coolant_c + resistance * (watts + leakage) / count
    around_w = present * (node.cpu_idle_w + busy * (node.cpu_max_w - node.cpu_idle_w) + node.other_w)
    if speed is None:
        full_w = count * node.accelerator.tdp_w + node.cpu_max_w + node.other_w
        speed = min(max((watts + leakage + around_w) / full_w, node.fan_min_share), 1.0)
    output_w = watts + leakage + around_w + present * node.fan_max_w * speed**3
    return NodeNow(
        settled_c + (before.temperature_c - settled_c) * decay,
        output_w / efficiency(node.psu, output_w / node.rated_w),
        watts + leakage,
        leakage,
        speed,
    )


def _leakage_beyond_w(
    node: NodeType,
    thermal: Thermal,
    before: NodeNow,
    times: tuple[float, float, float],
    coolant_c: float,
    watts: float,
    present: float,
) -> float:
    """Leakage of all accelerators at the mean temperature of the interval, less that of the measured machines."""
    leakage, count, (seconds, tau_s, resistance) = node.accelerator.leakage, node.accelerators, times
    if leakage is None:
        return 0.0
    measured_c = leakage.inlet_c + node.accelerator.thermal_air.resistance_k_per_w * watts / count
    known_w = leaked_w(leakage, measured_c, thermal.shutdown_c)
    held = tau_s * (1.0 - exp(-seconds / tau_s)) / seconds

    def missing(beyond_w: float) -> float:
        settled_c = coolant_c + resistance * (watts + beyond_w) / count
        mean_c = settled_c + (before.temperature_c - settled_c) * held
        return count * present * (leaked_w(leakage, mean_c, thermal.shutdown_c) - known_w) - beyond_w

    return root(missing, -watts - 1e4, 1e5)
