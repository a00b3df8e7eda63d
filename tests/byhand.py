"""Runs of shipped scenarios, and what their meters and prices come to when worked out by hand.

Everything here is written out a second time in plain Python, in other forms than the program's own where there are
any; nothing of `sim.economics` is used but the result that is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.catalog import Catalogue
from sim.economics import appraise
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario import load
from sim.scenario.specs import Pool
from sim.strategies import Plan, apply_mix

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = Catalogue.built_in()
EQUAL = 1e-9
YEAR_H, MONTH_H = 8760.0, 730.0
FAMILIES = ("compute", "algorithm", "efficiency", "vertical")
PARTS = ("it", "cooling", "losses")
CHARGES = (
    "economics.staff_usd_per_y=150000",
    "site.carbon.usd_per_tonne=65",
    "site.water_usd_per_m3=4",
    "site.tariff.demand_usd_per_kw_month=9",
)
CASES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "chatbot at noon, all measures": (
        "chatbot",
        ("horizon_h=2", "start=2023-07-05T12:00:00-06:00", *CHARGES),
        "all-four",
    ),
    "chatbot at night, another plant": ("chatbot", ("horizon_h=2", *CHARGES), "cooler"),
    "shared with jobs, after a warm-up": ("serve-and-train", ("horizon_h=9.1", *CHARGES), "scaled-fp8"),
    "rented without energy": (
        "chatbot",
        ("horizon_h=0.51", "pools.rented.acquire.rent.includes=[facility]", "warmup_h=0.2", *CHARGES),
        "scaled",
    ),
}


@dataclass(frozen=True)
class Case:
    """One run, and what it says of itself."""

    plan: Plan
    ledger: Ledger
    result: dict[str, Any]

    @property
    def hours(self) -> float:
        start_s, stop_s = self.ledger.window_s
        return (stop_s - start_s) / 3600.0

    @property
    def rows(self) -> list[tuple[int, float]]:
        """Rows of the meter inside the window, with their seconds."""
        meter, (start_s, stop_s) = self.ledger.meter, self.ledger.window_s
        inside = [i for i, begin in enumerate(meter.start_s) if start_s <= begin < stop_s]
        return [(i, float(meter.stop_s[i] - meter.start_s[i])) for i in inside]

    def pool(self, name: str) -> Pool:
        return self.plan.pools[name].pool


@cache
def case(name: str) -> Case:
    scenario, settings, mix = CASES[name]
    plan = apply_mix(load(ROOT / "scenarios" / f"{scenario}.yaml", list(settings)), mix)
    ledger = simulate(plan, 1)
    return Case(plan, ledger, appraise(plan, ledger, 1))


every_case = pytest.mark.parametrize("run", [pytest.param(name, id=name) for name in CASES])


def same(found: Any, expected: Any) -> None:
    assert found == pytest.approx(expected, rel=EQUAL, abs=0.0 if expected else 1e-12)


def kwh(run: Case, part: str) -> float:
    column = getattr(run.ledger.meter, f"{part}_w")
    return sum(float(column[i]) * seconds for i, seconds in run.rows) / 3.6e6


def shares_of(run: Case, pool: str) -> list[float]:
    """The pool's share of the IT power in each row of the window."""
    columns = run.ledger.meter.pool_it_w
    return [float(columns[pool][i]) / sum(float(each[i]) for each in columns.values()) for i, _ in run.rows]


def pool_sum(run: Case, pool: str, column: Any, weight: Any = None) -> float:
    """Sum over the window of share x column x seconds (x weight)."""
    weights = [1.0] * len(column) if weight is None else weight
    parts = zip(run.rows, shares_of(run, pool), strict=True)
    return sum(share * float(column[i]) * seconds * float(weights[i]) for (i, seconds), share in parts)


def highest_quarter_of_an_hour_kw(run: Case) -> float:
    """Every window of 15 minutes that begins or ends where the power changes, one after another."""
    meter, (start_s, stop_s) = run.ledger.meter, run.ledger.window_s
    rows = [(float(meter.start_s[i]), float(meter.stop_s[i]), float(meter.facility_w[i])) for i, _ in run.rows]
    span_s = min(900.0, stop_s - start_s)
    edges = [edge for begin, end, _ in rows for edge in (begin, end)]
    begins = [begin for edge in edges for begin in (edge, edge - span_s) if start_s <= begin <= stop_s - span_s]

    def mean_w(begin_s: float) -> float:
        end_s = begin_s + span_s
        return sum(max(min(end, end_s) - max(begin, begin_s), 0.0) * watts for begin, end, watts in rows) / span_s

    return max(mean_w(begin) for begin in begins) / 1000.0


def per_year(capital_usd: float, rate: float, life_y: float) -> float:
    """The payment that repays a capital: it is worth the capital if each year's is discounted by the years until it."""
    whole = int(life_y)
    assert whole == life_y
    return capital_usd / sum((1.0 + rate) ** -year for year in range(1, whole + 1))


def hourly(run: Case, name: str) -> dict[str, float]:
    """USD per hour of the whole pool by item."""
    pool, economics = run.pool(name), run.plan.scenario.economics
    house_usd = pool.nodes * pool.node.rated_w / 1000.0 * economics.facility_usd_per_kw
    facility = per_year(house_usd, economics.discount_rate, economics.facility_life_y) / YEAR_H
    if pool.acquire.kind == "rent":
        included = "facility" in pool.acquire.includes
        rent = pool.acquire.usd_per_accelerator_h * pool.nodes * pool.node.accelerators
        return {"rent": rent, "facility": 0.0 if included else facility}
    assert pool.acquire.kind == "own"
    capital_usd = pool.nodes * pool.acquire.capex_usd_per_node
    return {
        "capital": per_year(capital_usd, economics.discount_rate, pool.acquire.life_y) / YEAR_H,
        "maintenance": 0.03 * capital_usd / YEAR_H,
        "facility": facility,
    }


def accelerator_hour_usd(run: Case, name: str) -> float:
    return sum(hourly(run, name).values()) / (run.pool(name).nodes * run.pool(name).node.accelerators)
