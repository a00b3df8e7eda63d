"""Everything that is paid over the window as a list of lines: who pays (family), what for, and for which pool.

C_compute: owning or renting, housing, powering, cooling, watering, staffing the fleet. C_algorithm, C_efficiency and
C_vertical: what the measures of that family cost up front, recovered over their life. See docs/cost-and-efficiency.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum, isclose

from sim.economics.capital import HourlyPrice, hourly_price, yearly_capital_usd
from sim.economics.demand import demand_charges_usd
from sim.economics.metering import Metered, PoolBill
from sim.economics.storage import battery_use, wear_usd
from sim.errors import InvariantError
from sim.record.ledger import Ledger
from sim.strategies.plan import Family, Plan, PoolPlan, UpFront
from sim.units import H_PER_YEAR, KG_PER_TONNE, L_PER_M3, S_PER_H, W_PER_KW

FAMILIES: tuple[Family, ...] = ("compute", "algorithm", "efficiency", "vertical")
ENERGY, FACILITY = "energy", "facility"  # what a rent may include


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One item of the bill over the window. Without a pool it belongs to all, or to the one service named."""

    family: Family
    item: str
    usd: float
    pool: str | None = None
    service: str | None = None


def cost_lines(plan: Plan, ledger: Ledger, meter: Metered) -> tuple[CostLine, ...]:
    """The whole bill of a run."""
    hours = meter.window_s / S_PER_H
    prices = {name: hourly_price(each.pool, plan.scenario.economics) for name, each in plan.pools.items()}
    demand_usd = demand_charges_usd(plan.scenario, ledger, meter)
    lines: list[CostLine] = []
    for name, each in plan.pools.items():
        allocated_h = ledger.pools[name].allocated_accelerator_s / S_PER_H
        lines += accelerator_lines(each, prices[name], hours, allocated_h)
        lines += utility_lines(each, meter, plan, demand_usd)
    staff_usd = plan.scenario.economics.staff_usd_per_y * hours / H_PER_YEAR
    lines.append(CostLine(family="compute", item="staff", usd=staff_usd))
    for upfront in plan.upfront:
        lines += upfront_lines(upfront, plan, prices, hours)
    used = battery_use(plan, ledger)
    if used is not None:
        usd = wear_usd(used, plan, hours)
        lines.append(CostLine(family="efficiency", item="battery: wear", usd=usd))
    return tuple(lines)


def accelerator_lines(each: PoolPlan, price: HourlyPrice, hours: float, allocated_h: float) -> Iterator[CostLine]:
    """What a pool costs standing there: rent for allocated accelerator-hours, all else for every hour of the window."""
    present_h = each.pool.accelerators * hours
    components = {
        "rent": price.rent * (allocated_h if each.pool.acquire.kind == "rent" else present_h),
        "capital": price.capital * present_h,
        "maintenance": price.maintenance * present_h,
        "facility": price.facility * present_h,
    }
    for item, usd in components.items():
        yield CostLine(family="compute", item=item, usd=usd, pool=each.pool.name)


def utility_lines(each: PoolPlan, meter: Metered, plan: Plan, demand_usd: Mapping[str, float]) -> Iterator[CostLine]:
    """A pool's electricity, demand charges, carbon price and water; none of what its rent includes."""
    site, includes = plan.scenario.site, each.pool.acquire.includes
    bill, name = meter.pools[each.pool.name], each.pool.name
    if ENERGY not in includes:
        for part, usd in bill.energy_usd.items():
            yield CostLine(family="compute", item=f"energy: {part}", usd=usd, pool=name)
        for item, usd in demand_usd.items():
            yield CostLine(family="compute", item=item, usd=usd * energy_share(bill, meter), pool=name)
        carbon_usd = bill.carbon_kg / KG_PER_TONNE * site.carbon.usd_per_tonne
        yield CostLine(family="compute", item="carbon price", usd=carbon_usd, pool=name)
    if FACILITY not in includes:
        water_usd = bill.water_l / L_PER_M3 * site.water_usd_per_m3
        yield CostLine(family="compute", item="water", usd=water_usd, pool=name)


def energy_share(bill: PoolBill, meter: Metered) -> float:
    """A pool's share of the energy at the meter; without energy there is no peak to share either."""
    return bill.facility_kwh / meter.facility_kwh if meter.facility_kwh > 0.0 else 0.0


def upfront_lines(upfront: UpFront, plan: Plan, prices: Mapping[str, HourlyPrice], hours: float) -> Iterator[CostLine]:
    """One measure's up-front cost by kind of spending, recovered over its life and charged for the window."""
    economics = plan.scenario.economics
    life_y = economics.measure_life_y if upfront.life_y is None else upfront.life_y
    for kind, capital_usd in spent_usd(upfront, plan, prices).items():
        usd = yearly_capital_usd(capital_usd, economics.discount_rate, life_y) * hours / H_PER_YEAR
        item = f"{upfront.measure}: {kind}"
        yield CostLine(family=upfront.family, item=item, usd=usd, service=upfront.service)


def spent_usd(upfront: UpFront, plan: Plan, prices: Mapping[str, HourlyPrice]) -> dict[str, float]:
    """What one measure costs before the first request, by kind of spending [USD]."""
    hourly = prices[upfront.pool].all_in if upfront.pool is not None else 0.0
    return {
        "engineers": upfront.engineer_h * plan.scenario.economics.engineer_usd_per_h,
        "accelerators": upfront.accelerator_h * hourly,
        "data": upfront.data_usd,
        "capital": upfront.capital_usd + upfront.capital_usd_per_kw * housed_w(plan) / W_PER_KW,
    }


def housed_w(plan: Plan) -> float:
    """Provisioned IT power that stands in the scenario's own building [W]: all but rents that include a facility."""
    return sum(
        each.pool.nodes * each.pool.node.rated_w
        for each in plan.pools.values()
        if FACILITY not in each.pool.acquire.includes
    )


def total_cost(terms: Mapping[Family, float]) -> float:
    """Total cost C [USD] = C_compute + C_algorithm + C_efficiency + C_vertical."""
    return fsum(terms[family] for family in FAMILIES)


def cost_terms(lines: Iterable[CostLine]) -> dict[Family, float]:
    """The four terms of the cost [USD]; raises InvariantError where they do not sum to the lines."""
    paid = tuple(lines)
    terms: dict[Family, float] = {each: fsum(line.usd for line in paid if line.family == each) for each in FAMILIES}
    whole = fsum(line.usd for line in paid)
    if not isclose(total_cost(terms), whole, rel_tol=1e-9, abs_tol=1e-9):
        raise InvariantError(f"the four terms of the cost sum to {total_cost(terms)!r} USD, its lines to {whole!r}")
    return terms
