"""The whole result: its shape, its identities, and nulls where a figure does not exist."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod

import pytest

from handmade.runs import (
    HOUR_S,
    fixed_time_service,
    job_totals,
    jobs,
    ledger,
    measure,
    meter,
    scenario,
    service,
    service_totals,
)
from sim.economics import appraise
from sim.errors import InvariantError
from sim.record.ledger import Quantiles
from sim.strategies import apply_mix

LEAN = (
    measure("compute", "router", router="least-loaded"),
    measure("algorithm", "quantise", quantise="fp8"),
    measure("energy", "power_cap_w", power_cap_w=500.0),
    measure("vertical", "customise", method="lora"),
)
FAMILIES = ("compute", "algorithm", "efficiency", "vertical")
KEYS = {
    *("schema", "scenario", "mix", "seed", "horizon_s", "feasible", "warnings", "cost_usd", "usd_per_month"),
    *("efficiency", "energy_kwh", "peak_kw", "pue", "wue_l_per_kwh", "water_l", "carbon_kg", "carbon_by_scope_kg"),
    *("useful_outputs_per_usd", "useful_outputs_per_kwh", "services", "jobs", "engine", "provenance"),
}


def result(*measures: object, **changes: object) -> dict:  # type: ignore[type-arg]
    mix = "lean" if measures else "baseline"
    return json.loads(json.dumps(appraise(apply_mix(scenario(*measures), mix), ledger(**changes), 7)))  # type: ignore[arg-type, no-any-return]


def test_it_holds_every_key_and_no_number_that_is_not_one() -> None:
    whole = result(*LEAN)
    assert set(whole) >= KEYS
    assert (whole["schema"], whole["mix"], whole["seed"]) == ("dcsim.run/1", "lean", 7)
    json.dumps(whole, allow_nan=False)


def test_cost_is_the_sum_of_its_terms_and_of_its_lines() -> None:
    whole = result(*LEAN)
    cost = whole["cost_usd"]
    assert all(cost[family] > 0.0 for family in FAMILIES)
    assert cost["total"] == pytest.approx(sum(cost[family] for family in FAMILIES), rel=1e-12)
    assert cost["total"] == pytest.approx(sum(line["usd"] for line in whole["cost_lines"]), rel=1e-12)
    assert whole["usd_per_month"] == pytest.approx(cost["total"] * 730)


def test_efficiency_is_the_product_of_its_factors() -> None:
    whole = result(*LEAN)
    factors = [whole["efficiency"][family] for family in FAMILIES]
    assert whole["efficiency"]["total"] == pytest.approx(prod(factors), rel=1e-12)
    assert all(0.0 < factor < 1.0 for factor in factors)
    assert whole["reference_variants"]["chat"].count("/") == 1
    assert whole["efficiency_not_applicable"] == []


def test_energy_water_and_carbon_of_the_hour() -> None:
    whole = result()
    assert whole["energy_kwh"] == pytest.approx({"facility": 5.2, "it": 4.0, "cooling": 1.0, "losses": 0.2})
    assert (whole["peak_kw"], whole["pue"], whole["wue_l_per_kwh"]) == pytest.approx((5.2, 1.3, 0.9))
    scopes = whole["carbon_by_scope_kg"]
    assert scopes["scope1"] == 0.0
    assert whole["carbon_kg"] == scopes["scope1"] + scopes["scope2"] == pytest.approx(2.08)
    assert scopes["scope3_embodied"] == pytest.approx(3500 / (5 * 8760))


def test_a_service_that_holds_the_pool_alone_carries_the_whole_cost() -> None:
    whole = result()
    chat = whole["services"]["chat"]
    assert chat["cost_usd"] == pytest.approx(whole["cost_usd"]["total"])
    assert chat["usd_per_useful_output"] == pytest.approx(whole["cost_usd"]["total"] / 100)
    assert chat["usd_per_million_output_tokens"] == pytest.approx(whole["cost_usd"]["total"] / 0.02)
    assert chat["j_per_output_token"] == pytest.approx(5.2 * 3.6e6 / 20_000)
    assert whole["useful_outputs_per_usd"] == pytest.approx(100 / whole["cost_usd"]["total"])
    assert whole["useful_outputs_per_kwh"] == pytest.approx(100 / 5.2)


def test_rates_and_attainment_are_over_the_window_and_the_judged() -> None:
    totals = service_totals(arrived=120, rejected=5, in_flight=15, late=5, met=80)
    chat = result(services={"chat": totals})["services"]["chat"]
    assert (chat["throughput_per_s"], chat["goodput_per_s"]) == pytest.approx((100 / HOUR_S, 80 / HOUR_S))
    assert chat["output_tokens_per_s"] == pytest.approx(20_000 / HOUR_S)
    assert chat["slo_attainment"] == pytest.approx(80 / 110)


def test_nothing_served_gives_null_and_never_zero() -> None:
    nothing = service_totals(
        arrived=0, completed=0, met=0, ttft_met=0, tpot_met=0, e2e_met=0, input_tokens=0, output_tokens=0,
        outputs_in_window=0, mean_batch=None, ttft_s=Quantiles(), tpot_s=Quantiles(), e2e_s=Quantiles(),
    )  # fmt: skip
    whole = result(services={"chat": nothing})
    chat = whole["services"]["chat"]
    for key in ("slo_attainment", "usd_per_useful_output", "usd_per_million_output_tokens", "j_per_output_token"):
        assert chat[key] is None
    assert chat["ttft_s"] == dict.fromkeys(("mean", "p50", "p90", "p99", "max"))
    assert whole["efficiency_not_applicable"] == ["algorithm", "vertical"]
    assert whole["useful_outputs_per_usd"] == 0.0


def test_a_fixed_time_service_has_no_tokens_and_no_accuracy() -> None:
    plan = apply_mix(scenario(services=(fixed_time_service(),)), None)
    run = ledger(
        services={"queue": service_totals(output_tokens=0, outputs_in_window=100)}, meter=meter(services=("queue",))
    )
    whole = json.loads(json.dumps(appraise(plan, run, 1)))
    queue = whole["services"]["queue"]
    for key in ("output_tokens_per_s", "accuracy", "usd_per_million_output_tokens", "j_per_output_token", "leanness"):
        assert queue[key] is None
    assert queue["usd_per_useful_output"] == pytest.approx(whole["cost_usd"]["total"] / 100)
    assert whole["efficiency_not_applicable"] == ["algorithm", "vertical"]


def test_outputs_of_different_kinds_are_not_added() -> None:
    plan = apply_mix(scenario(services=(service(), fixed_time_service())), None)
    run = ledger(
        services={"chat": service_totals(), "queue": service_totals()}, meter=meter(services=("chat", "queue"))
    )
    whole = appraise(plan, run, 1)
    assert (whole["useful_outputs_per_usd"], whole["useful_outputs_per_kwh"]) == (None, None)


def test_an_infeasible_run_says_first_what_is_broken() -> None:
    slow = service_totals(ttft_met=50, ttft_s=Quantiles(mean=2.0, p50=2.0, p90=3.0, p99=4.0, max=5.0))
    whole = result(services={"chat": slow})
    assert whole["feasible"] is False
    assert whole["warnings"][0] == "chat: ttft p99 4 s > 2 s promised"


def test_lost_requests_and_lost_jobs_are_defects() -> None:
    with pytest.raises(InvariantError, match="requests of chat are not conserved"):
        result(services={"chat": service_totals(arrived=101)})
    plan = apply_mix(scenario(jobs=(jobs(),)), None)
    with pytest.raises(InvariantError, match="jobs of batch are not conserved"):
        appraise(plan, ledger(jobs={"batch": job_totals(arrived=11)}), 1)


def test_jobs_show_their_counts_and_their_share() -> None:
    plan = apply_mix(scenario(jobs=(jobs(),)), None)
    whole = json.loads(json.dumps(appraise(plan, ledger(jobs={"batch": job_totals()}), 1)))
    batch = whole["jobs"]["batch"]
    assert (batch["arrived"], batch["completed"], batch["utilisation"]) == (10, 10, 0.25)
    assert batch["cost_usd"] == pytest.approx(whole["cost_usd"]["total"] / 3)


def test_provenance_names_version_catalogue_and_assumptions_once() -> None:
    assumed = ["nodes.hgx-h100-8.capex_usd", "techniques.router.least-loaded.engineer_h"]
    given = replace(scenario(LEAN[0]), assumed=tuple(assumed))
    provenance = json.loads(json.dumps(appraise(apply_mix(given, "lean"), ledger(), 1)))["provenance"]
    assert set(provenance) == {"dcsim", "random_layout", "catalogue", "carbon_basis", "assumed"}
    assert provenance["assumed"] == assumed
    assert provenance["carbon_basis"] == "direct"
