"""The site's battery: what it takes or gives in each interval of the meter, what it holds, and what it loses.

A battery that follows prices or carbon knows the hours of its local day at midnight, as a day-ahead market publishes
them, and of the building's power only what has been. It never feeds the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta

import numpy as np

from sim.grid.dispatch import CHARGE, DISCHARGE, day_wishes
from sim.protocols import Signal
from sim.strategies.plan import Plan
from sim.units import G_PER_KG, KG_PER_TONNE, S_PER_H

STEP_S = 900.0  # prices change on the quarter of an hour at the soonest
DAY_S = 24.0 * S_PER_H


@dataclass(frozen=True, slots=True)
class Flow:
    """Means over an interval at the building's side of the inverter [W]."""

    power_w: float  # into the battery; below 0: out of it
    loss_w: float  # of either way, as heat


class Storage:
    """A battery through a run; it begins at its lowest charge, so that nothing comes for free."""

    def __init__(self, plan: Plan, price: Signal, carbon: Signal) -> None:
        """`price` and `carbon` are those of the run."""
        self.battery = plan.battery
        self.stored_j = self.lowest_j
        self._weights = _followed(plan, price, carbon)
        self._wear = self.battery.wear_usd_per_kwh if self.battery.dispatch == "price" else 0.0
        site = plan.scenario.site
        ceiling_w = self.battery.target_w if self.battery.target_w is not None else site.power_limit_w
        self._ceiling_w = np.inf if ceiling_w is None else ceiling_w
        local = plan.scenario.start.astimezone(UTC) + timedelta(hours=site.utc_offset_h)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self._midnight_s = (midnight - local).total_seconds()
        self._horizon_s = plan.scenario.horizon_s
        self._day_s, self._day_stop_s, self._wishes = 0.0, 0.0, np.zeros(0, dtype=np.int64)
        self._load_j = 0.0

    @property
    def lowest_j(self) -> float:
        """What it never gives."""
        return (1.0 - self.battery.depth) * self.battery.capacity_j

    def settle(self, start_s: float, stop_s: float, load_w: float) -> Flow:
        """One interval under the building's mean power `load_w`; changes what is stored."""
        if self.battery.capacity_j == 0.0:
            return Flow(0.0, 0.0)
        seconds = stop_s - start_s
        wanted_w = self._wanted_w(start_s, load_w)
        self._load_j += load_w * seconds
        battery = self.battery
        if wanted_w > 0.0:
            room_w = (battery.capacity_j - self.stored_j) / battery.charge_efficiency / seconds
            taken_w = max(min(wanted_w, battery.power_w, self._ceiling_w - load_w, room_w), 0.0)
            self.stored_j = min(self.stored_j + taken_w * seconds * battery.charge_efficiency, battery.capacity_j)
            return Flow(taken_w, taken_w * (1.0 - battery.charge_efficiency))
        left_w = (self.stored_j - self.lowest_j) * battery.discharge_efficiency / seconds
        given_w = max(min(-wanted_w, battery.power_w, load_w, left_w), 0.0)
        self.stored_j = max(self.stored_j - given_w * seconds / battery.discharge_efficiency, self.lowest_j)
        return Flow(-given_w, given_w / battery.discharge_efficiency - given_w)

    def _wanted_w(self, start_s: float, load_w: float) -> float:
        """Power that the dispatch rule asks for, whatever the battery can."""
        if self.battery.dispatch == "peak":
            return float(self._ceiling_w) - load_w
        if start_s >= self._day_stop_s:
            self._plan_day(start_s, load_w)
        wish = self._wishes[min(int((start_s - self._day_s) / STEP_S), len(self._wishes) - 1)]
        return {CHARGE: self.battery.power_w, DISCHARGE: -self.battery.power_w}.get(int(wish), 0.0)

    def _plan_day(self, start_s: float, load_w: float) -> None:
        """Wishes from now to the next local midnight, for the mean power of the building so far."""
        days = np.floor((start_s - self._midnight_s) / DAY_S + 1e-9) + 1.0
        self._day_s = start_s
        self._day_stop_s = min(self._midnight_s + days * DAY_S, self._horizon_s)
        starts_s = np.arange(start_s, self._day_stop_s, STEP_S)
        values = np.array([self._mean(each_s, min(each_s + STEP_S, self._day_stop_s)) for each_s in starts_s])
        mean_w = self._load_j / start_s if start_s > 0.0 else load_w
        self._wishes = day_wishes(values, STEP_S, self.battery, mean_w, self._wear)

    def _mean(self, start_s: float, stop_s: float) -> float:
        """Mean of what it follows; rounded, so that equal hours are equal."""
        total = sum(weight * signal.integral(start_s, stop_s) for signal, weight in self._weights)
        return float(np.round(total / (stop_s - start_s), 12))


def _followed(plan: Plan, price: Signal, carbon: Signal) -> tuple[tuple[Signal, float], ...]:
    """What the battery follows, each with its weight: price with that of carbon in it, or carbon."""
    if plan.battery.dispatch == "carbon":
        return ((carbon, 1.0),)
    return ((price, 1.0), (carbon, plan.scenario.site.carbon.usd_per_tonne / G_PER_KG / KG_PER_TONNE))
