"""Whole runs with drafted tokens and with prefix-cache hits against the closed form that estimates are made of."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from made import chat, measure, scenario
from sim.engine import simulate
from sim.models.estimate import Replica, estimated
from sim.models.layout import Layout
from sim.record.ledger import ServiceTotals
from sim.scenario.specs import Distribution, PoissonTraffic, Scenario
from sim.strategies import Plan, apply_mix

PROMPT, OUTPUT, BATCH = 608, 150, 64  # the prompt: whole blocks of the KV cache
WINDOW_S = 340.0


def saturated(*drafting: object, hit_share: float = 0.0) -> Scenario:
    """One replica with more requests than it can serve, BATCH at a time."""
    traffic = PoissonTraffic(
        rate_per_s=400.0,
        input_tokens=Distribution(kind="constant", mean=PROMPT),
        output_tokens=Distribution(kind="exponential", mean=OUTPUT),
    )
    service = chat(1.0, 1, traffic=traffic, prefix_hit_share=hit_share)
    full = replace(service, engine=replace(service.engine, batch_max=BATCH))
    measures = [measure("algorithm", "speculate", **options) for options in drafting if isinstance(options, dict)]
    return scenario([full], measures=measures, horizon_s=WINDOW_S + 60.0, warmup_s=60.0)


def planned(made: Scenario) -> Plan:
    return apply_mix(made, made.mixes[-1].name if made.mixes else None)


def totals(made: Scenario) -> ServiceTotals:
    return simulate(planned(made), 1).services["chat"]


def estimated_tokens_per_s(made: Scenario) -> float:
    service = made.services[0]
    replica = Replica(
        variant=planned(made).deployments["chat"].variant,
        accelerator=made.pools[0].node.accelerator,
        engine=service.engine,
        layout=Layout(),
        input_tokens=PROMPT,
        output_tokens=OUTPUT,
        output_cv=1.0,
        prefix_hit_share=service.prefix_hit_share,
    )
    found = estimated(replica, [BATCH])[0].output_tokens_per_s
    assert found is not None
    return found


@pytest.mark.parametrize(
    "made",
    [saturated({"method": "eagle-3"}), saturated({"draft_tokens": 5, "acceptance": 0.5}), saturated(hit_share=0.5)],
    ids=["eagle-3", "own draft", "prefix hits"],
)
def test_a_full_replica_makes_as_many_tokens_as_its_estimate_says(made: Scenario) -> None:
    assert totals(made).outputs_in_window / WINDOW_S == pytest.approx(estimated_tokens_per_s(made), rel=0.02)


def test_drafts_and_hits_make_more_of_the_same_replica() -> None:
    plain = totals(saturated()).outputs_in_window
    assert totals(saturated({"method": "eagle-3"})).outputs_in_window > 1.1 * plain
    assert totals(saturated(hit_share=0.5)).outputs_in_window > 1.1 * plain


def test_no_drafted_token_and_no_hit_change_nothing_to_the_last_bit() -> None:
    plain = asdict(totals(saturated()))
    assert asdict(totals(saturated({"draft_tokens": 0, "acceptance": 0.9}))) == plain
    assert asdict(totals(saturated(hit_share=0.01))) == plain  # less than a block


def test_drafts_leave_accuracy_alone_and_cost_their_training() -> None:
    plain, drafting = (planned(saturated(*measures)) for measures in ((), ({"method": "eagle-3"},)))
    before, after = plain.deployments["chat"], drafting.deployments["chat"]
    assert (after.accuracy, after.accuracy_sd) == (before.accuracy, before.accuracy_sd)
    assert after.variant.name.endswith("/eagle-3")
    (cost,) = drafting.upfront
    assert cost.accelerator_h > 0.0
    assert cost.engineer_h > 0.0


def test_a_measure_that_drafts_nothing_costs_nothing_and_says_so() -> None:
    plan = planned(saturated({"draft_tokens": 0}))
    (cost,) = plan.upfront
    assert (cost.accelerator_h, cost.engineer_h, cost.data_usd) == (0.0, 0.0, 0.0)
    assert any("changes nothing" in text for text in plan.warnings)
