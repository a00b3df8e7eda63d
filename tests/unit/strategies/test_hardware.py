"""Other nodes in place of a pool's: what they cost, what stays, and what does not fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handmade.runs import CATALOGUE, OWN, ledger, measure, pool, pool_totals, scenario, service
from sim.economics import appraise
from sim.errors import ScenarioError
from sim.scenario.specs import Acquire, Scenario
from sim.strategies import Plan, apply_mix
from sim.strategies.room import check_room

RENTED = Acquire(kind="rent", usd_per_accelerator_h=2.0)


def replaced(node: str = "hgx-b200-8", made: Scenario | None = None, **options: Any) -> Plan:
    exchange = measure("energy", "hardware", "h100", pool="h100", node=node, **options)
    return apply_mix(scenario(exchange) if made is None else _with(made, exchange), "lean")


def _with(made: Scenario, *measures: Any) -> Scenario:
    return replace(made, mixes=(made.mixes[0], replace(made.mixes[1], measures=measures)))


def test_new_nodes_cost_their_own_price_at_the_discount_of_the_old() -> None:
    after = replaced(made=scenario(pools=(pool(acquire=replace(OWN, capex_usd_per_node=0.9 * 285_000.0)),)))
    now = after.pools["h100"].pool
    assert (now.node.name, now.nodes, now.acquire.kind) == ("hgx-b200-8", 1, "own")
    assert now.acquire.capex_usd_per_node == pytest.approx(0.9 * 475_000.0)


def test_a_stated_price_is_taken_and_written_off_nodes_are_bought_anew() -> None:
    sunk = scenario(pools=(pool(acquire=replace(OWN, kind="sunk")),))
    now = replaced(made=sunk, capex_usd_per_node=400_000.0).pools["h100"].pool
    assert (now.acquire.kind, now.acquire.capex_usd_per_node) == ("own", 400_000.0)


def test_rent_follows_the_rent_of_the_accelerator() -> None:
    rented = scenario(pools=(pool(acquire=RENTED),))
    now = replaced(made=rented).pools["h100"].pool
    prices = [CATALOGUE.accelerator(name).usd_per_h for name in ("b200", "h100-sxm")]
    assert now.acquire.usd_per_accelerator_h == pytest.approx(2.0 * prices[0] / prices[1])  # type: ignore[operator]


def test_as_many_accelerators_stay_unless_said_otherwise() -> None:
    eight = scenario(pools=(pool(nodes=9),))
    assert replaced("gb200-nvl72", eight).pools["h100"].pool.nodes == 1
    assert replaced("hgx-b200-8", eight, nodes=4).pools["h100"].pool.nodes == 4
    with pytest.raises(ScenarioError, match="its 8 accelerators are no whole number of nodes of 72: write nodes"):
        replaced("gb200-nvl72")


def test_what_is_lost_on_the_old_nodes_is_charged_to_the_measure() -> None:
    (cost,) = replaced(stranded_share=0.25).upfront
    assert cost.family == "efficiency"
    assert cost.capital_usd == pytest.approx(0.25 * 280_000.0)
    assert replaced().upfront[0].capital_usd == 0.0


def test_the_same_nodes_change_nothing_and_cost_nothing() -> None:
    plan = replaced("hgx-h100-8")
    assert plan.pools["h100"] == apply_mix(scenario(), "baseline").pools["h100"]
    assert plan.upfront[0].engineer_h == plan.upfront[0].capital_usd == 0.0
    assert any("changes nothing" in warning for warning in plan.warnings)


def test_capital_and_embodied_carbon_are_those_of_the_new_nodes() -> None:
    old, new = (
        appraise(plan, ledger(pools={"h100": pool_totals()}), 1)
        for plan in (apply_mix(scenario(), "baseline"), replaced())
    )

    def capital(result: dict[str, object]) -> float:
        lines = result["cost_lines"]
        assert isinstance(lines, list)
        return float(sum(line["usd"] for line in lines if line["item"] == "capital"))

    assert capital(new) == pytest.approx(capital(old) * 475_000.0 / 285_000.0)
    embodied = [CATALOGUE.node(name).embodied_kg for name in ("hgx-h100-8", "hgx-b200-8")]
    totals = [result["carbon_by_scope_kg"]["scope3_embodied"] for result in (old, new)]  # type: ignore[index]
    assert totals[1] / totals[0] == pytest.approx(embodied[1] / embodied[0])  # type: ignore[operator]


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ("l4-8", "service 'chat': llama-3.1-70b bf16 needs 131 GiB; 4 l4 have 96 GiB"),
        ("generic-1", "service 'chat': a replica takes 4 accelerators of one node, generic-1 has 1"),
    ],
)
def test_a_service_that_cannot_stand_on_the_new_nodes_is_a_fault(node: str, text: str) -> None:
    with pytest.raises(ScenarioError, match=text):
        check_room(replaced(node))


def test_power_settings_come_after_the_nodes_that_they_are_for() -> None:
    capped = measure("energy", "power_cap_w", power_cap_w=400.0)
    exchange = measure("energy", "hardware", "h100", pool="h100", node="hgx-b200-8")
    with pytest.raises(ScenarioError, match="write hardware before them"):
        apply_mix(scenario(capped, exchange), "lean")
    assert apply_mix(scenario(exchange, capped), "lean").pools["h100"].power_cap_w == 400.0


def test_services_that_an_autoscaler_may_shrink_share_a_pool_beyond_their_maxima() -> None:
    scaled = measure("compute", "autoscale", target_utilisation=0.7)
    crowd = scenario(services=(service("a"), service("b")))
    check_room(apply_mix(_with(crowd, scaled), "lean"))
    with pytest.raises(ScenarioError, match="together hold 16 accelerators at least"):
        check_room(apply_mix(crowd, "baseline"))
