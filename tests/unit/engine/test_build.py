"""What the engine reads off a plan before it runs."""

from __future__ import annotations

from made import chat, pool, scenario
from sim.engine.build import batch_within_promise, typical_context_tokens
from sim.models.serving import ServingTables, serving_tables
from sim.models.steady import steady_state
from sim.scenario.specs import Service, Slo
from sim.strategies import apply_mix
from sim.workload import Traffic, open_traffic


def tables_and_traffic() -> tuple[ServingTables, Traffic]:
    made = scenario([chat()])
    service, accelerator = made.services[0], pool().node.accelerator
    traffic = open_traffic(service, made.start, made.horizon_s, 0.0, 1, 0)
    variant = apply_mix(made, None).deployments["chat"].variant
    return serving_tables(variant, service.engine, accelerator, 1, typical_context_tokens(traffic)), traffic


def promising(tpot_p99_s: float | None) -> Service:
    return chat(slo=Slo(tpot_p99_s=tpot_p99_s))


def test_the_batch_within_the_promise_is_the_largest_that_keeps_it() -> None:
    tables, traffic = tables_and_traffic()

    def pace_s(batch: int) -> float:
        return steady_state(tables, batch, traffic.mean_input_tokens, traffic.mean_output_tokens).tpot_s

    promised_s = 0.5 * (pace_s(60) + pace_s(61))
    assert batch_within_promise(tables, promising(promised_s), traffic) == 60


def test_the_typical_context_counts_long_outputs_by_the_time_they_stay() -> None:
    _, traffic = tables_and_traffic()
    bias = 1.0 + traffic.cv_output_tokens**2
    assert traffic.cv_output_tokens > 0.0
    assert typical_context_tokens(traffic) == traffic.mean_input_tokens + traffic.mean_output_tokens * bias / 2.0


def test_without_a_promise_all_that_a_replica_holds_is_within_it() -> None:
    tables, traffic = tables_and_traffic()
    assert batch_within_promise(tables, promising(None), traffic) == tables.batch_max
    assert batch_within_promise(tables, promising(1e-9), traffic) == 1
