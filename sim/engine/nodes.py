"""The nodes of one pool: who holds their accelerators, what they draw, how hot they are, how fast they may run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import NodeType, Thermal
from sim.engine.placement import chosen
from sim.engine.racks import Recirculation
from sim.engine.replicas import NOWHERE
from sim.engine.rest import Rest
from sim.facility import Facility
from sim.kernels import nodes as at
from sim.kernels.nodes import settle
from sim.models.power import clock_grid_mhz
from sim.strategies.plan import PoolPlan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FAN_ROWS = 64  # of the table of fan speeds: between two, temperature and resistance are taken as straight
FLOW_EXPONENT = -0.8  # of the resistance to the air, with its flow
DIRECT_CURRENT = {1.0: 1.0}  # the plant converts: the nodes' own supplies rest


@dataclass(slots=True)
class NodeUse:
    """What services and jobs did with the accelerators of each node over an interval."""

    held_s: Floats  # accelerator-seconds
    busy_s: Floats  # of those, at work
    drawn_s: Floats  # of those, what drawn_j accounts for; in the others they idle
    drawn_j: Floats

    @classmethod
    def none(cls, nodes: int) -> NodeUse:
        """Nothing yet."""
        return cls(*(np.zeros(nodes) for _ in range(4)))


class Nodes:
    """Equal nodes of one pool; power and temperature are as of the last `settle`."""

    def __init__(self, plan: PoolPlan, facility: Facility, supply_c: float) -> None:
        self.plan = plan
        node, count = plan.pool.node, plan.pool.nodes
        self.accelerators = plan.pool.accelerators
        self.ours_when_idle = plan.pool.acquire.kind != "rent"  # rented accelerators go back when nobody holds them
        self.inlet_rise_c = facility.inlet_rise_c
        self.thermal: Thermal = node.accelerator.thermal_liquid if facility.liquid else node.accelerator.thermal_air
        self.free = np.full(count, node.accelerators, np.int64)
        racks = None if facility.liquid else plan.pool.racks  # water does not come round
        full_w = full_power_w(plan, facility.fan_share)
        self.racks = None if racks is None else Recirculation(racks, count, full_w)
        self.off = np.zeros(count, np.bool_)  # shut down by heat
        self._closed = np.zeros(count, np.int64)  # accelerators of those that nobody holds
        self.rest = Rest(count, plan.sleep)
        self.tdp_w = node.accelerator.tdp_w
        self.top_level = len(clock_grid_mhz(node.accelerator)) - 1
        self.level = np.full(count, self.top_level, np.int64)
        self.ceiling = self.top_level  # highest level that the power of the pool allows; heat lowers nodes further
        self.state = np.zeros((count, at.STATE))
        self.state[:, at.TEMPERATURE_C] = supply_c + self.inlet_rise_c
        self._figures = node_figures(node, self.thermal, facility.fan_share)
        self._fan_c, self._fan_k_per_w = fan_table(node, self.thermal, facility.liquid)
        supplies = DIRECT_CURRENT if facility.direct_current else node.psu
        self._psu_load = np.array(sorted(supplies), dtype=np.float64)
        self._psu_efficiency = np.array([supplies[load] for load in sorted(supplies)])
        self.it_j = 0.0
        self.accelerator_j = 0.0  # by their figures of power: what leakage differs by is in it_j alone
        self.unheld_j = 0.0  # of accelerators that nobody held
        self.asleep_s = 0.0  # accelerator-seconds times the share of idle power that sleep saved
        self.throttled_s = 0.0  # by heat
        self.shutdowns = 0
        self.off_s = 0.0  # node-seconds shut down by heat
        self.limited_s = 0.0  # by the power of the pool
        self.hottest_c = -np.inf

    def hold(self, accelerators: int, now: float) -> int:
        """Takes accelerators of the node that the placement chooses; its number, or NOWHERE.

        Where no node that is awake has room, one that is waking or asleep is taken, which then wakes.
        """
        node = chosen(self.plan.placement, self.free, accelerators)
        if node != NOWHERE:
            self.free[node] -= accelerators
            return node
        return self.rest.hold(accelerators, now)

    def give_back(self, node: int, accelerators: int) -> None:
        """Frees accelerators of a node."""
        awake_or_not = self.rest.parked if self.rest.away[node] else self.free
        room = self._closed if self.off[node] else awake_or_not
        room[node] += accelerators

    def shut_down(self, nodes: Ints) -> None:
        """Nodes that nothing runs on draw nothing, and nobody finds their accelerators."""
        self.off[nodes] = True
        self.rest.draw[nodes] = 0.0
        self._closed[nodes], self.free[nodes] = self.free[nodes], 0
        self.shutdowns += len(nodes)

    def start_up(self, nodes: Ints) -> None:
        """Nodes that have cooled down are there again."""
        self.off[nodes] = False
        self.rest.draw[nodes] = 1.0
        self.free[nodes], self._closed[nodes] = self._closed[nodes], 0

    @property
    def unheld(self) -> int:
        """Accelerators that nobody holds, on nodes awake or not."""
        return int(self.free.sum() + self.rest.parked.sum() + self._closed.sum())

    @property
    def present_share(self) -> float:
        """Share of the idle power of all nodes that those draw which are ours now and awake."""
        return float(self.rest.draw.mean()) if self.ours_when_idle else 1.0 - self.unheld / self.accelerators

    def settle(self, seconds: float, supply_c: float, use: NodeUse) -> None:
        """Power and temperature after `seconds`; accelerators that `use` has no joules of idle where they are ours."""
        node = self.plan.pool.node
        all_s = node.accelerators * seconds
        ours_s = np.full(len(self.free), all_s) if self.ours_when_idle else use.held_s
        draw = self.rest.draw
        idle_j = node.accelerator.idle_w * np.maximum(ours_s - use.drawn_s, 0.0) * draw
        taken_j = use.drawn_j + idle_j
        inlets_c = self.inlets_c(supply_c)
        settle(
            seconds,
            inlets_c,
            taken_j,
            np.minimum(use.busy_s / all_s, 1.0),
            np.minimum(ours_s / all_s, 1.0) * draw,
            self._figures,
            self._fan_c,
            self._fan_k_per_w,
            self._psu_load,
            self._psu_efficiency,
            self.state,
        )
        if self.racks is not None:
            self.racks.count(seconds, inlets_c, self.temperatures_c)
        self.unheld_j += float(idle_j.sum())
        self.accelerator_j += float(taken_j.sum())
        self.it_j += self.it_w * seconds
        self.asleep_s += float((ours_s * (1.0 - draw)).sum())
        self.off_s += seconds * int(np.count_nonzero(self.off))
        self.throttled_s += self.throttled * seconds
        self.limited_s += len(self.level) * seconds * (self.ceiling < self.top_level)
        self.hottest_c = max(self.hottest_c, self.temperature_c)

    def inlets_c(self, supply_c: float) -> Floats:
        """Coolant at the accelerators of each node, when the plant supplies `supply_c`."""
        if self.racks is not None:
            return supply_c + self.racks.rises_k(self.state[:, at.IT_W])
        return np.full(len(self.free), supply_c + self.inlet_rise_c)

    def forget_hottest(self) -> None:
        """Maxima, and the means of racks, begin anew."""
        self.hottest_c = self.temperature_c
        if self.racks is not None:
            self.racks.forget()

    def may_overheat(self, supply_c: float) -> bool:
        """Whether full power could bring the accelerators to their target temperature, or clocks are lowered now."""
        accelerator, resistance = self.plan.pool.node.accelerator, self.thermal.resistance_k_per_w
        if len(self._fan_k_per_w):
            resistance = float(self._fan_k_per_w[0])
        full_w = self.tdp_w
        if accelerator.leakage is not None:
            full_w += at.leakage_w(self._figures, self.thermal.target_c)
        rise_k = self.inlet_rise_c if self.racks is None else self.racks.highest_rise_k
        full_power_c = supply_c + rise_k + resistance * full_w
        return full_power_c > self.thermal.target_c or self.throttled > 0 or bool(self.off.any())

    @property
    def throttled(self) -> int:
        """Nodes whose clock is lowered for their temperature."""
        return int(np.count_nonzero(self.level < self.ceiling))

    @property
    def it_w(self) -> float:
        """Watts at the nodes' power inlets, mean over the last interval."""
        return float(self.state[:, at.IT_W].sum())

    @property
    def temperature_c(self) -> float:
        """Of the hottest accelerators."""
        return float(self.state[:, at.TEMPERATURE_C].max())

    @property
    def temperatures_c(self) -> Floats:
        """Of each node's accelerators."""
        return self.state[:, at.TEMPERATURE_C]


def full_power_w(plan: PoolPlan, fan_share: float) -> float:
    """Watts of one node with everything at its most; what the hall is sized for."""
    node = plan.pool.node
    accelerator_w = node.accelerators * node.accelerator.tdp_w
    return _input_w(node, accelerator_w + node.cpu_max_w + node.other_w + node.fan_max_w * fan_share)


def idle_power_w(plan: PoolPlan, fan_share: float) -> float:
    """Watts of one node that is awake and does nothing."""
    node = plan.pool.node
    fan_w = node.fan_max_w * fan_share * node.fan_min_share**3
    return _input_w(node, node.accelerators * node.accelerator.idle_w + node.cpu_idle_w + node.other_w + fan_w)


def _input_w(node: NodeType, output_w: float) -> float:
    """Watts that the power supplies of a node take for what they give."""
    efficiency = np.interp(output_w / node.rated_w, sorted(node.psu), [node.psu[load] for load in sorted(node.psu)])
    return float(output_w / efficiency)


def node_figures(node: NodeType, thermal: Thermal, fan_share: float) -> Floats:
    """The node figures of the heat kernel."""
    figures = np.zeros(at.FIGURES)
    figures[at.ACCELERATORS] = node.accelerators
    figures[at.CPU_IDLE_W] = node.cpu_idle_w
    figures[at.CPU_MAX_W] = node.cpu_max_w
    figures[at.OTHER_W] = node.other_w
    figures[at.FAN_MAX_W] = node.fan_max_w * fan_share
    figures[at.FAN_MIN_SHARE] = node.fan_min_share
    figures[at.FULL_HEAT_W] = node.accelerators * node.accelerator.tdp_w + node.cpu_max_w + node.other_w
    figures[at.RATED_W] = node.rated_w
    figures[at.RESISTANCE_K_PER_W] = thermal.resistance_k_per_w
    figures[at.CAPACITY_J_PER_K] = thermal.capacity_j_per_k
    figures[at.SHUTDOWN_C] = thermal.shutdown_c
    leakage = node.accelerator.leakage
    if leakage is not None:
        figures[at.LEAKAGE_AT_60_W] = leakage.w_at_60c
        figures[at.LEAKAGE_PER_K] = leakage.per_k
        figures[at.MEASURED_INLET_C] = leakage.inlet_c
        figures[at.MEASURED_K_PER_W] = node.accelerator.thermal_air.resistance_k_per_w
    return figures


def fan_table(node: NodeType, thermal: Thermal, liquid: bool) -> tuple[Floats, Floats]:
    """Temperature that a fan speed stands for and resistance at it, from the slowest to full; empty without a curve.

    Cold plates do not feel the fans, which then follow the heat that they carry.
    """
    curve = node.fan_curve
    if curve is None or liquid:
        return np.zeros(0), np.zeros(0)
    speed = np.linspace(node.fan_min_share, 1.0, FAN_ROWS + 1)
    with_flow = curve.flow_share * speed**FLOW_EXPONENT
    return (
        np.linspace(curve.slow_c, curve.full_c, FAN_ROWS + 1),
        thermal.resistance_k_per_w * (1.0 - curve.flow_share + with_flow),
    )
