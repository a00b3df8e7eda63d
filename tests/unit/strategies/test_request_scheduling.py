"""What routers, admission, batch limits and decision times do to whole runs, and that they do nothing where neutral."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from made import CATALOGUE, chat, fixed_time, measure, pool, scenario
from sim.economics import appraise
from sim.engine import simulate
from sim.engine.build import build_world
from sim.engine.token_service import TokenService
from sim.errors import ScenarioError
from sim.record.ledger import Ledger, ServiceTotals
from sim.scenario.specs import Measure, PoissonTraffic, Scenario, Service, Slo
from sim.strategies import apply_mix

# affinity is one of them where there are groups
ROUTERS = ("round-robin", "least-loaded", "power-of-two", "consolidate")


def compute(kind: str, **options: Any) -> Measure:
    return measure("compute", kind, **options)


def routed(router: str) -> Measure:
    return compute("router", router=router)


def made_of(service: Service, *measures: Measure, **changes: Any) -> Scenario:
    return scenario([service], [pool(nodes=-(-service.replicas_max // 8))], measures=measures, **changes)


def ran(service: Service, *measures: Measure, **changes: Any) -> Ledger:
    made = made_of(service, *measures, **changes)
    return simulate(apply_mix(made, made.mixes[-1].name), 1)


def totals(service: Service, *measures: Measure, **changes: Any) -> ServiceTotals:
    return ran(service, *measures, **changes).services[service.name]


def bits(ledger: Ledger) -> dict[str, Any]:
    return asdict(replace(ledger, wall_s=0.0, warnings=()))


# --- neutral ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize(
    ("kind", "options"),
    [("admit", {"queue_max": 10_000}), ("batch_max", {"batch_max": 100_000}), ("decision_ms", {"decision_ms": 0.0})],
)
def test_a_measure_that_does_not_bind_changes_no_bit(router: str, kind: str, options: dict[str, object]) -> None:
    service = chat(20.0, 3)
    with_it = bits(ran(service, routed(router), compute(kind, **options)))
    np.testing.assert_equal(with_it, bits(ran(service, routed(router))))


@pytest.mark.parametrize("kind", [{"admit": {"queue_max": 10_000}}, {"decision_ms": {"decision_ms": 0.0}}])
def test_a_measure_that_does_not_bind_changes_no_bit_of_a_fixed_time_service(kind: dict[str, dict[str, Any]]) -> None:
    ((name, options),) = kind.items()
    service = fixed_time(3.0, 4)
    np.testing.assert_equal(bits(ran(service, compute(name, **options))), bits(ran(service)))


@pytest.mark.parametrize("service", [chat(4.0, 1), fixed_time(0.5, 1)], ids=["tokens", "fixed time"])
def test_with_one_replica_all_routers_are_one(service: Service) -> None:
    first, *others = (bits(ran(service, routed(router))) for router in ROUTERS)
    for other in others:
        np.testing.assert_equal(other, first)


# --- conservation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", [chat(80.0, 3), fixed_time(6.0, 4)], ids=["tokens", "fixed time"])
@pytest.mark.parametrize("router", ROUTERS)
def test_every_request_is_accounted_for_under_overload(router: str, service: Service) -> None:
    measures = [routed(router), compute("admit", queue_max=3), compute("decision_ms", decision_ms=2500.0)]
    found = totals(service, *measures, warmup_s=100.0, horizon_s=400.0)
    assert found.arrived == found.completed + found.rejected + found.in_flight
    assert found.arrived == totals(service, warmup_s=100.0, horizon_s=400.0).arrived
    assert found.rejected > 0


@pytest.mark.parametrize("router", ["power-of-two", "consolidate"])
def test_routers_work_beside_an_autoscaler(router: str) -> None:
    service = chat(20.0, replicas_min=1, replicas_max=6)
    scaled = compute("autoscale", target_utilisation=0.02, scale_down_delay_s=30.0)
    found = totals(service, scaled, routed(router))
    assert found.arrived == found.completed + found.in_flight
    assert 1.0 < found.replicas_mean < 6.0


# --- consolidate -----------------------------------------------------------------------------------------------------


def test_consolidating_serves_the_same_on_fewer_replicas_with_less_energy_within_the_promise() -> None:
    service = chat(8.0, 8)
    spread, packed = (totals(service, routed(router)) for router in ("least-loaded", "consolidate"))
    assert packed.arrived == spread.arrived
    assert packed.completed == pytest.approx(spread.completed, rel=2e-3)
    assert packed.tpot_met == packed.completed
    assert packed.busy_accelerator_s < 0.3 * spread.busy_accelerator_s
    assert packed.accelerator_j < 0.8 * spread.accelerator_j


@pytest.mark.parametrize("promised_s", [0.025, 0.05, 0.1])
def test_consolidating_keeps_the_promise_at_its_99th_percentile(promised_s: float) -> None:
    found = totals(replace(chat(60.0, 8), slo=Slo(ttft_p99_s=2.0, tpot_p99_s=promised_s)), routed("consolidate"))
    assert found.met >= 0.99 * found.completed
    assert found.busy_accelerator_s < 0.7 * found.held_accelerator_s


def test_consolidating_leaves_the_last_replicas_without_any_work() -> None:
    made = made_of(chat(8.0, 8), routed("consolidate"))
    world = build_world(apply_mix(made, "test"), 1, 0).world
    world.advance(600.0)
    busy_s = world.services["chat"].busy_s
    assert busy_s[0] > 500.0
    assert np.all(np.diff(busy_s) <= 0.0)
    assert busy_s[-1] == 0.0


# --- prefixes --------------------------------------------------------------------------------------------------------


def grouped(groups: int | None, rate_per_s: float = 60.0, replicas: int = 8, **changes: Any) -> Service:
    """Chats whose prompts share three quarters of their tokens with those of their group."""
    service = chat(rate_per_s, replicas, prefix_hit_share=0.75)
    assert isinstance(service.traffic, PoissonTraffic)
    return replace(service, traffic=replace(service.traffic, prefix_groups=groups), **changes)


def hit_share(service: Service, router: str) -> tuple[float, float]:
    """Share of requests that found their prefix, and groups that a replica holds / groups."""
    world = build_world(apply_mix(made_of(service, routed(router)), "test"), 1, 0).world
    world.advance(900.0)
    run = world.services["chat"]
    assert isinstance(run, TokenService)
    assert isinstance(service.traffic, PoissonTraffic)
    groups = service.traffic.prefix_groups
    assert groups is not None
    return run.prefix_hits / run.seen, run.prefixes_max / groups


def test_replicas_that_see_all_groups_hit_as_often_as_they_hold_one() -> None:
    share, held = hit_share(grouped(2000), "round-robin")
    assert 0.05 < held < 0.5
    assert share == pytest.approx(held, rel=0.1)  # LRU under independent, equally likely groups


def test_affinity_divides_the_groups_among_the_replicas() -> None:
    service = grouped(1500)
    in_turn, held = hit_share(service, "round-robin")
    at_home, _ = hit_share(service, "prefix-affinity")
    assert 8.0 * held > 1.0, "together they hold all groups"
    first = 1500 / (60.0 * 900.0)  # the first request of each group finds nothing
    assert at_home == pytest.approx(1.0 - first, abs=0.03)
    assert at_home > 3.0 * in_turn


def test_affinity_brings_first_tokens_sooner_for_fewer_joules() -> None:
    service = grouped(1500, 160.0)
    spread, at_home = (totals(service, routed(router)) for router in ("least-loaded", "prefix-affinity"))
    assert at_home.ttft_s.mean is not None
    assert spread.ttft_s.mean is not None
    assert at_home.ttft_s.mean < spread.ttft_s.mean
    assert at_home.prefix_hits > 0.95 * at_home.completed > 3.0 * spread.prefix_hits
    assert at_home.accelerator_j / at_home.outputs_in_window < 0.99 * spread.accelerator_j / spread.outputs_in_window


def test_an_overloaded_home_sends_its_group_elsewhere() -> None:
    found = totals(replace(grouped(1, 200.0), slo=Slo(tpot_p99_s=0.03)), routed("prefix-affinity"))
    assert found.busy_accelerator_s > 0.9 * found.held_accelerator_s


def test_groups_without_a_common_prefix_change_no_bit() -> None:
    plain = chat(30.0, 3)
    assert isinstance(plain.traffic, PoissonTraffic)
    same = replace(plain, traffic=replace(plain.traffic, prefix_groups=50))
    np.testing.assert_equal(bits(ran(same)), bits(ran(plain)))


def test_one_group_with_room_is_as_if_all_prompts_began_alike() -> None:
    one = replace(grouped(1, 10.0, 1), prefix_cache_share=0.01)
    share, _ = hit_share(one, "round-robin")
    assert share == pytest.approx(1.0, abs=2e-4)
    shared, alike = totals(one), totals(grouped(None, 10.0, 1))
    assert shared.busy_accelerator_s == pytest.approx(alike.busy_accelerator_s, rel=1e-3)


@pytest.mark.parametrize("cached", [0.0, 0.3])
def test_the_model_behind_a_cascade_knows_the_groups_too(cached: float) -> None:
    service = replace(grouped(10, 10.0, 2), model=CATALOGUE.model("llama-3.1-70b"), tensor_parallel=2)
    cascade: dict[str, Any] = {"cascade": {"to": "llama-3.1-8b", "keep_share": 0.5, "replicas": 2}}
    remembered = [measure("vertical", "specialise", cache={"hit_share": cached})] if cached else []
    made = scenario(
        [service], measures=[routed("prefix-affinity"), *remembered, measure("vertical", "specialise", **cascade)]
    )
    world = build_world(apply_mix(made, "test"), 1, 0).world
    for now in range(60, 901, 60):
        world.advance(float(now))
    for run in world.services.values():
        assert isinstance(run, TokenService)
        assert run.seen > 1000
        assert run.prefix_hits > 0.7 * run.seen


def test_affinity_needs_groups() -> None:
    with pytest.raises(ScenarioError, match="has no prefix_groups"):
        apply_mix(made_of(chat(), routed("prefix-affinity")), "test")


def test_too_many_groups_are_refused() -> None:
    with pytest.raises(ScenarioError, match="pairs of both are followed"):
        ran(grouped(10_000_000))


# --- admission -------------------------------------------------------------------------------------------------------


def test_admission_keeps_the_wait_of_an_overloaded_service_short_and_its_throughput() -> None:
    service = chat(60.0, 1)
    open_door, guarded = totals(service), totals(service, compute("admit", queue_max=20))
    assert open_door.ttft_s.p99 is not None
    assert guarded.ttft_s.p99 is not None
    assert guarded.ttft_s.p99 < 0.05 * open_door.ttft_s.p99
    assert guarded.outputs_in_window == pytest.approx(open_door.outputs_in_window, rel=0.02)
    assert guarded.rejected > 0


def test_rejected_requests_count_against_the_promises() -> None:
    service = chat(60.0, 1, slo=Slo(ttft_p99_s=30.0))
    made = made_of(service, compute("admit", queue_max=5))
    plan = apply_mix(made, "test")
    ledger = simulate(plan, 1)
    found = ledger.services["chat"]
    assert found.ttft_met == found.completed
    result: Any = appraise(plan, ledger, 1)
    share = found.completed / (found.completed + found.rejected)
    assert result["services"]["chat"]["slo_attainment"] == pytest.approx(share, abs=0.02)
    assert result["services"]["chat"]["rejected"] == found.rejected
    assert not result["feasible"]


# --- batch limits ----------------------------------------------------------------------------------------------------


def test_fewer_sequences_at_once_get_their_tokens_sooner_and_cost_more_joules() -> None:
    service = chat(25.0, 1)
    free, limited = totals(service), totals(service, compute("batch_max", batch_max=16))
    assert free.mean_batch is not None
    assert limited.mean_batch is not None
    assert limited.mean_batch <= 16.0 < free.mean_batch
    assert limited.tpot_s.mean is not None
    assert free.tpot_s.mean is not None
    assert limited.tpot_s.mean < free.tpot_s.mean
    assert limited.accelerator_j / limited.outputs_in_window > free.accelerator_j / free.outputs_in_window


def test_the_limit_of_the_promise_keeps_the_pace_of_an_overloaded_replica() -> None:
    service = chat(80.0, 1, slo=Slo(tpot_p99_s=0.03))
    free, limited = totals(service), totals(service, compute("batch_max", batch_max="promise"))
    assert free.tpot_s.p50 is not None
    assert limited.tpot_s.p50 is not None
    assert free.tpot_s.p50 > 0.03
    assert limited.tpot_s.p50 == pytest.approx(0.03, rel=0.15)


def test_a_limit_by_the_promise_needs_one_and_a_batch() -> None:
    for service in (replace(chat(), slo=Slo()), fixed_time(1.0, 2)):
        with pytest.raises(ScenarioError, match="acts on nothing"):
            apply_mix(made_of(service, compute("batch_max", batch_max="promise")), "test")


# --- decision time ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision_ms", [5.0, 250.0])
def test_first_tokens_come_later_by_the_time_of_the_decision(decision_ms: float) -> None:
    service = chat(0.05, 1)
    at_once, decided = (
        totals(service, *measures, horizon_s=4000.0)
        for measures in ([], [compute("decision_ms", decision_ms=decision_ms)])
    )
    assert at_once.ttft_s.mean is not None
    assert decided.ttft_s.mean is not None
    later_s = decided.ttft_s.mean - at_once.ttft_s.mean
    assert later_s == pytest.approx(1e-3 * decision_ms, rel=0.02)
    assert decided.tpot_s.mean == pytest.approx(at_once.tpot_s.mean, rel=0.02)


def test_requests_still_with_the_scheduler_at_the_end_are_in_flight_and_late_where_they_are() -> None:
    service = replace(fixed_time(50.0, 100), slo=Slo(e2e_p99_s=3.0))
    found = totals(service, compute("decision_ms", decision_ms=4000.0), horizon_s=100.0)
    assert found.in_flight == pytest.approx(50.0 * 5.0, rel=0.2)
    assert found.late == pytest.approx(50.0 * 2.0, rel=0.2)


# --- other measures --------------------------------------------------------------------------------------------------


def test_a_distilled_service_keeps_how_it_is_scheduled() -> None:
    service = chat(model=CATALOGUE.model("llama-3.1-70b"), tensor_parallel=2)
    scheduling = [
        routed("power-of-two"), compute("admit", queue_max=7), compute("batch_max", batch_max=9),
        compute("decision_ms", decision_ms=3.0), measure("algorithm", "distil", distil="llama-3.1-8b"),
    ]  # fmt: skip
    kept = apply_mix(made_of(service, *scheduling), "test").deployments["chat"]
    assert (kept.router, kept.queue_max, kept.batch_limit, kept.decision_s) == ("power-of-two", 7, 9, 0.003)
