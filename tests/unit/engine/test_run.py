"""Whole runs of hand-made scenarios: laws that hold on every run, and what each process is there for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pytest
from simpy import Environment
from simpy.events import ProcessGenerator

import sim.engine.run as simulation
import sim.engine.scale_replicas as scaling
from made import chat, fixed_time, measure, pool, scenario
from sim.catalog.entries import Thermal
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.specs import JobStream, Pool, Scenario, TrainJobs, WeatherSource
from sim.strategies import apply_mix
from twins.queues import kiefer_wolfowitz

SCALED = measure("compute", "autoscale", target_utilisation=0.02, scale_down_delay_s=30.0)


def ran(made: Scenario, seed: int = 1) -> Ledger:
    """The last mix of a scenario, run."""
    return simulate(apply_mix(made, made.mixes[-1].name), seed)


def training(every_s: float, accelerators: int = 8) -> JobStream:
    """A small training job again and again."""
    model = chat().model
    work = TrainJobs(model=model, tokens=2.0e6, precision="bf16", accelerators=accelerators, every_s=every_s)
    return JobStream(name="train", pool="h100", policy="fifo", work=work)


def hot(made: Pool, factor: float) -> Pool:
    """A pool whose accelerators shed their heat so many times worse."""
    accelerator = made.node.accelerator

    def worse(thermal: Thermal) -> Thermal:
        return replace(thermal, resistance_k_per_w=factor * thermal.resistance_k_per_w)

    changed = replace(
        accelerator, thermal_air=worse(accelerator.thermal_air), thermal_liquid=worse(accelerator.thermal_liquid)
    )
    return replace(made, node=replace(made.node, accelerator=changed))


CASES: dict[str, Callable[[], Scenario]] = {
    "services": lambda: scenario([chat()]),
    "warm-up": lambda: scenario([chat()], warmup_s=333.0),
    "least-loaded": lambda: scenario([chat()], measures=[measure("compute", "router", router="least-loaded")]),
    "autoscaled": lambda: scenario([chat(replicas_min=1, replicas_max=6)], measures=[SCALED]),
    "shared": lambda: scenario([chat(replicas_min=1)], jobs=[training(200.0, 4)], measures=[SCALED]),
    "jobs": lambda: scenario(jobs=[training(100.0)]),
    "fixed-time": lambda: scenario([fixed_time(3.0, 4)]),
    "idle": scenario,
    "rented": lambda: scenario([chat(replicas_min=1)], [pool(kind="rent")], measures=[SCALED]),
    "overloaded": lambda: scenario([chat(60.0, 1)]),
}


@pytest.mark.parametrize("case", CASES)
def test_conservation_holds_on_every_run(case: str) -> None:
    made = CASES[case]()
    ledger = ran(made)
    meter, window_s = ledger.meter, made.horizon_s - made.warmup_s
    assert ledger.window_s == (made.warmup_s, made.horizon_s)
    assert np.array_equal(meter.stop_s[:-1], meter.start_s[1:])
    assert meter.stop_s[-1] == made.horizon_s
    assert np.allclose(meter.facility_w, meter.it_w + meter.cooling_w + meter.losses_w, rtol=1e-12)
    inside = meter.start_s >= made.warmup_s
    metered_j = float((meter.it_w * (meter.stop_s - meter.start_s))[inside].sum())
    assert metered_j == pytest.approx(sum(p.it_j for p in ledger.pools.values()), rel=1e-9)
    for service in ledger.services.values():
        assert service.arrived == service.completed + service.rejected + service.in_flight
        assert service.met <= min(service.ttft_met, service.tpot_met, service.e2e_met) <= service.completed
        assert service.busy_accelerator_s <= service.held_accelerator_s * (1 + 1e-12)
    for jobs in ledger.jobs.values():
        assert jobs.arrived == jobs.completed + jobs.running + jobs.queued + jobs.rejected
        assert jobs.kept_accelerator_s <= jobs.accelerator_s * (1 + 1e-12)
    for name, totals in ledger.pools.items():
        node = next(p.node for p in made.pools if p.name == name)
        most_j = node.accelerator.tdp_w * totals.accelerator_s
        assert totals.counted_accelerator_s <= totals.allocated_accelerator_s * (1 + 1e-12)
        assert totals.allocated_accelerator_s <= totals.accelerator_s * (1 + 1e-12)
        assert totals.accelerator_s == pytest.approx(window_s * node.accelerators)
        assert totals.idle_accelerator_j + totals.best_clock_j <= totals.accelerator_j * (1 + 1e-9)
        assert totals.accelerator_j <= min(totals.it_j, most_j)
        on = sum(p.acquire.kind != "rent" for p in made.pools)
        assert totals.accelerator_j >= on * node.accelerator.idle_w * totals.accelerator_s * (1 - 1e-9)
    held_j = sum(s.accelerator_j for s in ledger.services.values()) + sum(j.accelerator_j for j in ledger.jobs.values())
    assert held_j <= sum(p.accelerator_j for p in ledger.pools.values()) * (1 + 1e-9)


@pytest.mark.parametrize("case", ["shared", "autoscaled", "fixed-time"])
def test_the_same_seed_gives_the_same_ledger(case: str) -> None:
    first, second = (asdict(replace(ran(CASES[case]()), wall_s=0.0)) for _ in range(2))
    np.testing.assert_equal(first, second)


def test_another_seed_gives_another_ledger() -> None:
    made = CASES["services"]()
    assert ran(made, 1).services["chat"].ttft_s != ran(made, 2).services["chat"].ttft_s


def test_fixed_time_service_waits_are_those_of_kiefer_wolfowitz() -> None:
    made = scenario(
        [fixed_time(3.0, 4)], horizon_s=2000.0, measures=[measure("compute", "router", router="least-loaded")]
    )
    plan = apply_mix(made, "test")
    from sim.workload import open_traffic

    traffic = open_traffic(made.services[0], made.start, made.horizon_s, 0.0, 1, 0)
    chunk = traffic.next_chunk()
    assert chunk is not None
    starts = kiefer_wolfowitz(chunk.arrival_s.tolist(), chunk.service_s.tolist(), 4)
    ends = np.array(starts) + chunk.service_s
    done = ends <= made.horizon_s
    desk = simulate(plan, 1).services["desk"]
    assert desk.completed == np.count_nonzero(done)
    assert desk.e2e_s.mean == pytest.approx(float((ends - chunk.arrival_s)[done].mean()), rel=1e-12)
    assert desk.e2e_s.max == pytest.approx(float((ends - chunk.arrival_s)[done].max()), rel=1e-12)


def test_worse_heat_transfer_under_load_lowers_the_clock_and_the_tokens_per_second() -> None:
    loaded = chat(300.0, 8)
    cool = ran(scenario([loaded], [pool()], horizon_s=1800.0))
    warm = ran(scenario([loaded], [hot(pool(), 2.0)], horizon_s=1800.0))
    assert cool.pools["h100"].throttled_node_s == 0.0
    assert warm.pools["h100"].throttled_node_s > 600.0
    assert warm.services["chat"].outputs_in_window < 0.99 * cool.services["chat"].outputs_in_window
    target_c = pool().node.accelerator.thermal_air.target_c
    assert abs(float(warm.meter.hottest_c[-5:].max()) - target_c) < 3.0, "the regulator settles at its target"


def without(monkeypatch: pytest.MonkeyPatch, process: str) -> None:
    """Switches one process off: it ends as soon as it starts."""

    def nothing(env: Environment, *_: object) -> ProcessGenerator:
        yield env.timeout(0)

    monkeypatch.setattr(simulation, process, nothing)


def test_without_the_clock_regulator_nothing_stops_the_heat(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scenario([chat(300.0, 8)], [hot(pool(), 2.0)], horizon_s=1800.0)
    regulated = ran(made)
    without(monkeypatch, "regulate_clocks")
    loose = ran(made)
    assert loose.pools["h100"].throttled_node_s == 0.0
    assert loose.pools["h100"].hottest_c > regulated.pools["h100"].hottest_c + 5.0


def test_without_the_plant_process_cooling_does_not_follow_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scenario([chat(40.0, 8)], measures=[])
    running = ran(made)
    without(monkeypatch, "run_plant")
    stuck = ran(made)
    assert np.ptp(running.meter.cooling_w) > 0.0
    assert np.ptp(stuck.meter.cooling_w) == 0.0


def test_without_the_autoscaler_all_replicas_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    made = CASES["autoscaled"]()
    scaled = ran(made)
    without(monkeypatch, "scale_replicas")
    fixed = ran(made)
    assert scaled.services["chat"].replicas_mean < 4.0
    assert fixed.services["chat"].replicas_mean == pytest.approx(6.0)
    assert scaled.pools["h100"].it_j < fixed.pools["h100"].it_j


def test_without_replica_starts_the_fleet_only_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    restless = measure("compute", "autoscale", target_utilisation=0.005, scale_down_delay_s=15.0)
    made = scenario([chat(replicas_min=1, replicas_max=6)], measures=[restless], horizon_s=1800.0)
    growing = np.diff(ran(made).meter.service_replicas["chat"])

    def nothing(env: Environment, *_: object) -> ProcessGenerator:
        yield env.timeout(0)

    monkeypatch.setattr(scaling, "start_replica", nothing)
    shrinking = np.diff(ran(made).meter.service_replicas["chat"])
    assert (growing > 0).any()
    assert not (shrinking > 0).any()


def test_without_the_meter_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "read_meter")
    assert len(ran(CASES["services"]()).meter.start_s) == 0


def test_replicas_take_their_time_to_start() -> None:
    made = scenario([chat(30.0, replicas_min=1, replicas_max=6)], horizon_s=1200.0, measures=[SCALED], warmup_s=0.0)
    ledger = ran(made)
    replicas = ledger.meter.service_replicas["chat"]
    assert replicas.min() >= 1.0
    assert replicas.max() <= 6.0
    assert ledger.services["chat"].held_accelerator_s >= float((replicas * 60.0).sum()) * 0.9


def test_jobs_take_accelerators_that_the_autoscaler_gives_back() -> None:
    ledger = ran(CASES["shared"]())
    assert ledger.jobs["train"].completed > 0
    assert ledger.services["chat"].completed > 0


def test_a_request_beyond_the_whole_cache_is_rejected_and_counted() -> None:
    short = chat(2.0, 2)
    weights_and_overhead = 2.0 * short.model.parameters + short.engine.overhead_bytes
    memory = pool().node.accelerator.memory_bytes
    tiny = replace(short.engine, memory_share=(weights_and_overhead + 131_072 * 1000) / memory)
    made = scenario([replace(short, engine=tiny)])
    totals = ran(made).services["chat"]
    assert totals.rejected > 0
    assert totals.arrived == totals.completed + totals.rejected + totals.in_flight


def test_only_answers_of_the_run_itself_count_as_answers_from_the_edge() -> None:
    made = scenario([chat()], plant="chilled-water", horizon_s=600.0)
    frozen = replace(made, site=replace(made.site, weather=WeatherSource(dry_bulb_c=-40.0, relative_humidity=0.5)))
    (told,) = (text for text in ran(frozen).warnings if "edge" in text)
    assert "10 times in 10 meter intervals" in told
