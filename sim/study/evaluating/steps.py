"""One measure after another, in the order that saves most at each step; when each has paid for itself.

A measure's up-front cost is set against what it saves a month in operation, all measures before it in place. It breaks
even after up-front / saving months, and at the volume where the saving on the requests equals its recovered cost. Below
that volume it does not pay, as far as savings grow with the requests (on owned accelerators they need not).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum

from sim.economics import hourly_price
from sim.economics.costs import spent_usd, upfront_lines
from sim.scenario.specs import Measure, Scenario
from sim.strategies import apply_mix
from sim.strategies.plan import Plan
from sim.study.choosing.naming import combination_names
from sim.study.evaluating.cases import MONTHLY, Case, Found
from sim.units import H_PER_MONTH, S_PER_H

Runs = Callable[[Sequence[Case]], Mapping[str, Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One measure more. Figures of the whole are with all measures up to this one."""

    measure: str
    usd_per_month: float
    feasible: bool
    saving_usd_per_month: float  # of operation: its own up-front cost is not in it
    upfront_usd: float
    recovered_usd_per_month: float  # up-front cost over its life
    break_even_months: float | None  # None: it never pays back
    break_even_requests_per_month: float | None
    requests_per_month: float
    effects: Mapping[str, float] = field(default_factory=dict)  # what it changed: E, energy, latency, accuracy

    @property
    def pays(self) -> bool:
        """Whether it saves more a month than its recovered cost."""
        return self.saving_usd_per_month > self.recovered_usd_per_month


EFFECTS = ("efficiency.total", "energy_kwh.facility", "accuracy", "slo_attainment", "peak_kw", "carbon_kg")


def stepwise(scenario: Scenario, measures: Sequence[Measure], runs: Runs) -> list[Step]:
    """Every measure of a mix in its best order, by the cost per month that follows."""
    base = Case("nothing", scenario, ())
    before, chosen = runs([base])[base.name], list[int]()
    steps: list[Step] = []
    while len(chosen) < len(measures):
        options = {
            index: Case(f"step {len(chosen)}: {index}", scenario, _ordered(measures, [*chosen, index]))
            for index in range(len(measures))
            if index not in chosen
        }
        found = runs(list(options.values()))
        able = {index: found[case.name] for index, case in options.items() if found[case.name].why_not is None}
        if not able:
            return steps
        best = min(able, key=lambda index: (not able[index].feasible, able[index].mean(MONTHLY) or 0.0))
        chosen.append(best)
        steps.append(_step(options[best], measures[best], before, able[best]))
        before = able[best]
    return steps


def _ordered(measures: Sequence[Measure], chosen: Sequence[int]) -> tuple[Measure, ...]:
    """The chosen measures in the order of the mix, which their effects may depend on."""
    return tuple(measures[index] for index in sorted(chosen))


def _step(case: Case, measure: Measure, before: Found, after: Found) -> Step:
    scenario = case.scenario
    spent, recovered = own_upfront(case, measure)
    monthly_before, monthly = before.mean(MONTHLY) or 0.0, after.mean(MONTHLY) or 0.0
    saving = monthly_before - (monthly - recovered)
    hours = (scenario.horizon_s - scenario.warmup_s) / S_PER_H
    requests = after.requests * H_PER_MONTH / hours
    pays_back = saving > 0.0
    changes = {
        name: value - base
        for name in EFFECTS
        if (value := after.mean(name)) is not None and (base := before.mean(name)) is not None
    }
    return Step(
        measure=combination_names([(measure,)])[0],
        usd_per_month=monthly,
        feasible=after.feasible,
        saving_usd_per_month=saving,
        upfront_usd=spent,
        recovered_usd_per_month=recovered,
        break_even_months=spent / saving if pays_back else None,
        break_even_requests_per_month=recovered * requests / saving if pays_back else None,
        requests_per_month=requests,
        effects=changes,
    )


def own_upfront(case: Case, measure: Measure) -> tuple[float, float]:
    """What one measure of a case costs up front, and a month of its recovery [USD]: with it less without it."""
    rest = tuple(each for each in case.measures if each != measure)
    with_it, without = (upfront_usd(_plan(each)) for each in (case, replace(case, measures=rest)))
    return with_it[0] - without[0], with_it[1] - without[1]


def upfront_usd(plan: Plan) -> tuple[float, float]:
    """Up-front cost of all measures of a plan, and a month of its recovery [USD]."""
    prices = {name: hourly_price(each.pool, plan.scenario.economics) for name, each in plan.pools.items()}
    spent = fsum(usd for each in plan.upfront for usd in spent_usd(each, plan, prices).values())
    recovered = fsum(line.usd for each in plan.upfront for line in upfront_lines(each, plan, prices, H_PER_MONTH))
    return spent, recovered


def _plan(case: Case) -> Plan:
    return apply_mix(case.alone, case.name)
