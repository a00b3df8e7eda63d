"""What the battery did over the window, checked against its own law, and what wearing it out sooner costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from sim.economics.capital import yearly_capital_usd
from sim.errors import InvariantError
from sim.record.ledger import Ledger
from sim.strategies.plan import Plan
from sim.units import H_PER_YEAR, J_PER_KWH

CLOSURE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryUse:
    """The battery over the window; charged = discharged + loss + stored_change."""

    charged_kwh: float  # taken, at the building's side
    discharged_kwh: float  # given, likewise
    loss_kwh: float
    stored_change_kwh: float
    cycles: float  # full ones of the usable capacity
    lowest_charge: float  # of the capacity, 0..1
    highest_charge: float


def battery_use(plan: Plan, ledger: Ledger) -> BatteryUse | None:
    """None without a battery; raises InvariantError where energy is lost or the charge leaves 0..1."""
    battery, meter, (start_s, stop_s) = plan.battery, ledger.meter, ledger.window_s
    if battery.capacity_j == 0.0:
        return None
    first, stop = np.searchsorted(meter.stop_s, (start_s, stop_s), side="right")
    joules = (meter.battery_w * (meter.stop_s - meter.start_s))[first:stop]
    lowest_j = (1.0 - battery.depth) * battery.capacity_j
    before_j = float(meter.stored_j[first - 1]) if first else lowest_j
    stored_j = np.append(before_j, meter.stored_j[first:stop])
    charged_j, discharged_j = float(joules[joules > 0.0].sum()), -float(joules[joules < 0.0].sum())
    out_j = discharged_j / battery.discharge_efficiency
    loss_j = charged_j * (1.0 - battery.charge_efficiency) + (out_j - discharged_j)
    change_j = float(stored_j[-1]) - before_j
    missing_j = charged_j - discharged_j - loss_j - change_j
    if abs(missing_j) > CLOSURE * max(charged_j, out_j, battery.capacity_j):
        raise InvariantError(f"battery: charged less discharged, lost and stored is {missing_j!r} J, not 0")
    share = stored_j / battery.capacity_j
    if share.min() < 0.0 or share.max() > 1.0:
        raise InvariantError(f"battery: charge between {share.min()!r} and {share.max()!r} of its capacity")
    return BatteryUse(
        charged_kwh=charged_j / J_PER_KWH,
        discharged_kwh=discharged_j / J_PER_KWH,
        loss_kwh=loss_j / J_PER_KWH,
        stored_change_kwh=change_j / J_PER_KWH,
        cycles=out_j / battery.usable_j,
        lowest_charge=float(share.min()),
        highest_charge=float(share.max()),
    )


def battery_result(plan: Plan, ledger: Ledger) -> dict[str, float] | None:
    """What the result says of the battery; None without one."""
    used = battery_use(plan, ledger)
    return None if used is None else asdict(used)


def wear_usd(used: BatteryUse, plan: Plan, hours: float) -> float:
    """What cycles add to the capital of the window: they shorten the life that the calendar would allow."""
    battery, rate = plan.battery, plan.scenario.economics.discount_rate
    cycles_per_y = used.cycles * H_PER_YEAR / hours
    if cycles_per_y * battery.life_y <= battery.cycles:
        return 0.0
    worn, aged = (
        yearly_capital_usd(battery.capital_usd, rate, life_y)
        for life_y in (battery.cycles / cycles_per_y, battery.life_y)
    )
    return (worn - aged) * hours / H_PER_YEAR
