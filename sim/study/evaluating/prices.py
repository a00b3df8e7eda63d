"""What prices do to the answer: which of them could turn it, and whether to own, rent, reserve or buy by the token.

The runs of the baseline and the mix are appraised again under other prices; nothing is simulated again but ways to come
by a pool that draw other power when idle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import fsum
from typing import Final

from sim.economics import appraise
from sim.scenario.specs import Acquire, Economics, Pool, Scenario
from sim.study.breaking_even import root
from sim.study.evaluating.cases import MONTHLY, Case
from sim.study.point import Run, simulated

# Each input with the share by which it may be lower or higher. Assumed: the spread between sources of prices that are
# published, a half for prices and wages that differ from site to site.
SPREADS: Final[Mapping[str, float]] = {
    "energy price": 0.5,
    "price of nodes": 0.25,
    "rent": 0.4,
    "facility per kW": 0.3,
    "engineer's hour": 0.5,
    "discount rate": 0.5,
    "life of measures": 0.5,
    "carbon price": 1.0,
    "water price": 0.5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """Cost of the mix less the baseline's [USD per month] with one input lower and higher by `share`."""

    input: str
    share: float
    low_usd: float
    high_usd: float
    turns: bool  # whether the cheaper of the two changes

    @property
    def width_usd(self) -> float:
        """How far the difference moves."""
        return abs(self.high_usd - self.low_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """All pools with services come by in one way, under the mix; `break_even_usd_per_accelerator_h`: where it costs
    what the scenario's own way costs (rents only)."""

    way: str
    usd_per_month: float | None
    usd_per_million_output_tokens: float | None
    price: str
    break_even_usd_per_accelerator_h: float | None
    why_not: str | None = None


def sensitivity(baseline: Run, mix: Run) -> tuple[float, list[Swing]]:
    """The difference in USD per month as it is, and its swings, the widest first, without those of no effect."""
    now = monthly(mix) - monthly(baseline)
    swings = []
    for name, share in SPREADS.items():
        low, high = (
            monthly(changed(mix, name, factor)) - monthly(changed(baseline, name, factor))
            for factor in (1.0 - share, 1.0 + share)
        )
        if low != high:
            turns = min(low, high) < 0.0 < max(low, high)
            swings.append(Swing(input=name, share=share, low_usd=low, high_usd=high, turns=turns))
    return now, sorted(swings, key=lambda each: -each.width_usd)


def changed(run: Run, name: str, factor: float) -> Run:
    """The run with one input times a factor, appraised again."""
    plan, ledger = run.plan, run.ledger
    scenario = plan.scenario
    economics, site = _economics(scenario.economics, name, factor), scenario.site
    pools = {key: replace(each, pool=_pool(each.pool, name, factor)) for key, each in plan.pools.items()}
    if name == "energy price":
        meter = ledger.meter
        ledger = replace(ledger, meter=replace(meter, price_usd_per_kwh=meter.price_usd_per_kwh * factor))
    if name == "carbon price":
        site = replace(site, carbon=replace(site.carbon, usd_per_tonne=site.carbon.usd_per_tonne * factor))
    if name == "water price":
        site = replace(site, water_usd_per_m3=site.water_usd_per_m3 * factor)
    priced = replace(plan, scenario=replace(scenario, economics=economics, site=site), pools=pools)
    return Run(priced, ledger, appraise(priced, ledger, scenario.seed, run.lean), run.lean)


def _economics(economics: Economics, name: str, factor: float) -> Economics:
    fields = {
        "facility per kW": "facility_usd_per_kw",
        "engineer's hour": "engineer_usd_per_h",
        "discount rate": "discount_rate",
        "life of measures": "measure_life_y",
    }
    if name not in fields:
        return economics
    field = fields[name]
    scaled: Economics = replace(economics, **{field: getattr(economics, field) * factor})
    return scaled


def _pool(pool: Pool, name: str, factor: float) -> Pool:
    acquire = pool.acquire
    if name == "price of nodes":
        return replace(pool, acquire=replace(acquire, capex_usd_per_node=acquire.capex_usd_per_node * factor))
    if name == "rent":
        return replace(pool, acquire=replace(acquire, usd_per_accelerator_h=acquire.usd_per_accelerator_h * factor))
    return pool


def monthly(run: Run) -> float:
    """Cost of a run scaled to a month [USD]."""
    value = run.summary[MONTHLY]
    assert isinstance(value, float)
    return value


# --- own, rent, reserve, or buy by the token ---


def ways(case: Case, mix: Run, seed: int) -> list[Way]:
    """The mix as it is, owned, rented on demand, and reserved at the rent of a term; tokens bought at equal cost.

    Rents include energy and the facility, as clouds sell them. A term's price is not in the catalogue: it is what would
    cost as much as the scenario's own way.
    """
    found = [_as_it_is(mix)]
    for kind in ("own", "rent", "reserved"):
        acquired = _pools(case.scenario, kind)
        if isinstance(acquired, str):
            found.append(_not_possible(kind, acquired))
            continue
        run = simulated(replace(case.alone, pools=acquired), case.name, seed)
        found.append(_way(kind, run, monthly(mix)))
    return found


def _pools(scenario: Scenario, kind: str) -> tuple[Pool, ...] | str:
    """Every pool with a service come by in one way at the catalogue's price, or what price is missing."""
    served = {service.pool for service in scenario.services}
    pools = []
    for pool in scenario.pools:
        node, rent = pool.node, pool.node.accelerator.usd_per_h
        if pool.name not in served or pool.acquire.kind == kind:
            pools.append(pool)
        elif kind == "own":
            if node.capex_usd is None:
                return f"the catalogue knows no price of {node.name}"
            pools.append(
                replace(pool, acquire=Acquire(kind="own", capex_usd_per_node=node.capex_usd, life_y=node.life_y))
            )
        else:
            if rent is None:
                return f"the catalogue knows no rent of {node.accelerator.name}"
            includes = frozenset({"energy", "facility"})
            hired = Acquire(kind="rent", usd_per_accelerator_h=rent, includes=includes, life_y=node.life_y)
            pools.append(replace(pool, acquire=replace(hired, kind="reserved") if kind == "reserved" else hired))
    return tuple(pools)


def _as_it_is(mix: Run) -> Way:
    kinds = dict.fromkeys(each.pool.acquire.kind for each in mix.plan.pools.values())
    return Way(
        way="as it is",
        usd_per_month=monthly(mix),
        usd_per_million_output_tokens=per_million_tokens(mix),
        price=", ".join(kinds),
        break_even_usd_per_accelerator_h=None,
    )


def _not_possible(kind: str, why: str) -> Way:
    return Way(
        way=kind,
        usd_per_month=None,
        usd_per_million_output_tokens=None,
        price="",
        break_even_usd_per_accelerator_h=None,
        why_not=why,
    )


def _way(kind: str, run: Run, target_usd: float) -> Way:
    rents = [each.pool.acquire.usd_per_accelerator_h for each in run.plan.pools.values()]
    capex = [each.pool.acquire.capex_usd_per_node for each in run.plan.pools.values()]
    price = f"{max(capex):,.0f} USD a node" if kind == "own" else f"{max(rents):.2f} USD/h an accelerator"
    even = None
    if kind != "own":
        even = root(lambda rent: monthly(_at_rent(run, rent)) - target_usd, max(rents), target_usd)
    return Way(
        way=kind,
        usd_per_month=monthly(run),
        usd_per_million_output_tokens=per_million_tokens(run),
        price=price,
        break_even_usd_per_accelerator_h=even,
    )


def _at_rent(run: Run, usd_per_accelerator_h: float) -> Run:
    """The run with every rented pool at one rent."""
    pools = {
        name: replace(
            each,
            pool=replace(each.pool, acquire=replace(each.pool.acquire, usd_per_accelerator_h=usd_per_accelerator_h)),
        )
        for name, each in run.plan.pools.items()
    }
    plan = replace(run.plan, pools=pools)
    return Run(plan, run.ledger, appraise(plan, run.ledger, plan.scenario.seed, run.lean), run.lean)


def per_million_tokens(run: Run) -> float | None:
    """Cost of all token services over their output tokens: the price at which buying them costs the same."""
    services = [each for each in _services(run.summary) if each["usd_per_million_output_tokens"] is not None]
    tokens = fsum(each["output_tokens_per_s"] for each in services)
    if not tokens:
        return None
    weighted = (each["usd_per_million_output_tokens"] * each["output_tokens_per_s"] for each in services)
    return fsum(weighted) / tokens


def _services(summary: Mapping[str, object]) -> Iterator[Mapping[str, float]]:
    found = summary["services"]
    assert isinstance(found, Mapping)
    yield from found.values()
