"""Demand charges of the window: on the highest 15-minute mean, and inside each period of a tariff that has one."""

from __future__ import annotations

from sim.economics.metering import Metered, highest_mean_kw
from sim.grid import seconds_in_months, spans
from sim.record.ledger import Ledger
from sim.scenario.grid_specs import TimeOfUse
from sim.scenario.specs import Scenario
from sim.units import H_PER_MONTH, S_PER_H

ITEM = "demand charge"


def demand_charges_usd(scenario: Scenario, ledger: Ledger, meter: Metered) -> dict[str, float]:
    """What peaks cost, by item of the bill: the one of all hours, then those of periods that state a charge.

    A period's charge is due for the part of the window that lies in its months.
    """
    tariff, (start_s, stop_s) = scenario.site.tariff, ledger.window_s
    whole_usd = demand_charge_usd(meter.peak_kw, tariff.demand_usd_per_kw_month, stop_s - start_s)
    found = {ITEM: whole_usd}
    if not isinstance(tariff.energy_usd_per_kwh, TimeOfUse):
        return found
    cut = spans(tariff.energy_usd_per_kwh, scenario.start, scenario.horizon_s)
    for period in tariff.energy_usd_per_kwh.periods:
        own = [
            (max(each.start_s, start_s), min(each.stop_s, stop_s))
            for each in cut
            if each.period is period and each.start_s < stop_s and each.stop_s > start_s
        ]
        if own and period.demand_usd_per_kw_month:
            peak_kw = highest_mean_kw(ledger.meter, own)
            due_s = seconds_in_months(period.months, tariff.energy_usd_per_kwh, scenario.start, start_s, stop_s)
            found[f"{ITEM}: {period.name}"] = demand_charge_usd(peak_kw, period.demand_usd_per_kw_month, due_s)
    return found


def demand_charge_usd(peak_kw: float, usd_per_kw_month: float, seconds: float) -> float:
    """A peak at the monthly price, for the part of a month of 730 h that is billed."""
    return peak_kw * usd_per_kw_month * seconds / S_PER_H / H_PER_MONTH
