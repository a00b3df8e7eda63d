"""What must not happen to a whole run: changes of names, orders, dates and watchers that it may not notice.

Random streams are keyed by seed, replication, purpose and the service's name. So a service keeps its requests when
anything else in the scenario changes, mixes share them, and renaming a service draws new ones: a renamed service is
compared on a trace, whose requests no name changes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made import CATALOGUE, chat, measure, pool, scenario, training
from relations import equal, flat, lines, mixed, ran
from sim.engine import simulate
from sim.scenario.specs import (
    JobStream,
    Measure,
    Mix,
    PlantSpec,
    Pool,
    Scenario,
    Service,
    TraceTraffic,
)
from sim.strategies import apply_mix

# --- halves, orders and names ---


def half(name: str, trace: Path) -> tuple[Pool, Service, JobStream]:
    """A pool with a service on a trace and a stream of jobs, all named after it."""
    service = chat(1.0, 3, name=f"chat-{name}", pool=name, traffic=TraceTraffic(path=trace, repeat=True))
    return pool(name), service, training(150.0, 4, name=f"train-{name}", pool=name)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Two minutes of requests of many lengths."""
    random = np.random.default_rng(5)
    arrivals = np.cumsum(random.exponential(0.4, 300))
    rows = [f"{at:.6f},{size},{length}" for at, size, length in
            zip(arrivals, random.integers(1, 4000, 300), random.integers(1, 600, 300), strict=True)]  # fmt: skip
    path = tmp_path / "requests.csv"
    path.write_text("\n".join(["arrival_s,input_tokens,output_tokens", *rows]) + "\n", encoding="utf-8")
    return path


def halves(trace: Path, *names: str) -> Scenario:
    parts = [half(name, trace) for name in names]
    return scenario(
        [service for _, service, _ in parts],
        [part for part, _, _ in parts],
        [stream for _, _, stream in parts],
        plant="chilled-water",
    )


def test_two_equal_halves_are_twice_one(trace: Path) -> None:
    (one, single), (two, double) = ran(halves(trace, "a")), ran(halves(trace, "a", "b"))
    for name in ("a", "b"):
        assert two.services[f"chat-{name}"] == one.services["chat-a"]
        assert two.jobs[f"train-{name}"] == one.jobs["train-a"]
        assert two.pools[name].accelerator_j == one.pools["a"].accelerator_j
    for key in ("cost_usd", "energy_kwh"):
        assert double[key] == pytest.approx({part: 2.0 * value for part, value in single[key].items()}, rel=1e-9)
    for key in ("peak_kw", "water_l", "carbon_kg"):
        assert double[key] == pytest.approx(2.0 * single[key], rel=1e-9)
    for key in ("pue", "useful_outputs_per_usd", "useful_outputs_per_kwh"):
        assert double[key] == pytest.approx(single[key], rel=1e-9)
    assert double["efficiency"] == pytest.approx(single["efficiency"], rel=1e-9)


def test_the_order_of_pools_services_and_jobs_in_the_file_changes_nothing(trace: Path) -> None:
    made = halves(trace, "a", "b")
    turned = replace(made, services=made.services[::-1], pools=made.pools[::-1], jobs=made.jobs[::-1])
    (one, first), (two, second) = ran(made), ran(turned)
    assert one.services == two.services
    assert one.jobs == two.jobs
    assert one.pools == two.pools
    assert second["cost_usd"] == pytest.approx(first["cost_usd"], rel=1e-12)
    assert second["energy_kwh"] == pytest.approx(first["energy_kwh"], rel=1e-12)


def test_another_name_of_a_replayed_service_its_pool_and_its_jobs_changes_nothing(trace: Path) -> None:
    (one, first), (two, second) = ran(halves(trace, "a")), ran(halves(trace, "zebra"))
    assert one.services["chat-a"] == two.services["chat-zebra"]
    assert one.jobs["train-a"] == two.jobs["train-zebra"]
    assert one.pools["a"] == two.pools["zebra"]
    for key in ("cost_usd", "efficiency", "energy_kwh", "peak_kw", "carbon_by_scope_kg"):
        assert first[key] == second[key]


def test_another_name_of_a_generated_service_draws_its_own_requests_and_leaves_the_others_theirs() -> None:
    pools = (pool(), pool("other"))
    neighbour = chat(3.0, 2, name="neighbour", pool="other")
    one, two = (ran(scenario([chat(3.0, 2, name=name), neighbour], pools))[0] for name in ("chat", "talk"))
    assert one.services["neighbour"] == two.services["neighbour"]
    assert one.services["chat"].e2e_s != two.services["talk"].e2e_s
    assert two.services["talk"].arrived == pytest.approx(one.services["chat"].arrived, abs=5.0 * 2700.0**0.5)


# --- measures and studies that change nothing ---


def test_a_retrofit_to_the_plant_that_is_there_changes_nothing_and_costs_nothing() -> None:
    same_plant = PlantSpec(type=CATALOGUE.plant("chilled-water"))
    made = scenario([chat()], measures=[measure("energy", "plant", plant=same_plant)], plant="chilled-water")
    (before, plain), (after, refitted) = ran(made, mix="baseline"), ran(made, mix="test")
    equal(before, after)
    assert lines(plain) == lines(refitted)
    assert any("changes nothing" in warning for warning in refitted["warnings"])


@pytest.mark.parametrize(
    "neutral",
    [
        measure("compute", "router", router="round-robin"),
        measure("energy", "clock_mhz", clock_mhz=1980.0),
        measure("vertical", "augment", samples=20_000.0),
    ],
    ids=lambda each: each.kind,
)
def test_measures_that_touch_no_machine_leave_the_run_alone(neutral: Measure) -> None:
    made = scenario([chat()], measures=[neutral])
    equal(ran(made, mix="baseline")[0], ran(made, mix="test")[0])


def test_another_mix_in_the_file_changes_no_number_of_the_mixes_there() -> None:
    made = mixed()
    extra = Mix(name="extra", measures=(measure("algorithm", "quantise", quantise="fp8"),))
    wider = replace(made, mixes=(extra, *made.mixes))
    for mix in ("baseline", "test"):
        (one, first), (two, second) = ran(made, mix=mix), ran(wider, mix=mix)
        equal(one, two)
        first["engine"]["wall_s"] = second["engine"]["wall_s"] = 0.0
        assert first == second


def test_a_plan_that_has_run_runs_again_as_if_it_had_not() -> None:
    """An autoscaler that remembers its last run for long would not let the next one shrink."""
    scaled = measure("compute", "autoscale", target_utilisation=0.015, scale_down_delay_s=600.0)
    plan = apply_mix(scenario([chat(3.0, 6, replicas_min=1)], measures=[scaled]), "test")
    one, two = (replace(simulate(plan, 1), wall_s=0.0) for _ in range(2))
    equal(one, two)
    assert one.meter.service_replicas["chat"].min() < one.meter.service_replicas["chat"].max()


def test_who_watches_the_progress_changes_nothing() -> None:
    plan = apply_mix(mixed(), "test")
    seen: list[float] = []
    equal(replace(simulate(plan, 1), wall_s=0.0), replace(simulate(plan, 1, progress=seen.append), wall_s=0.0))
    assert seen == sorted(seen)
    assert seen[-1] == 900.0


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = ran(mixed(horizon_s=600.0))[0].meter, ran(mixed(horizon_s=1200.0))[0].meter
    rows = len(short.stop_s)
    assert np.array_equal(short.it_w, long.it_w[:rows])
    assert np.array_equal(short.facility_w, long.facility_w[:rows])
    assert np.array_equal(short.service_running["chat"], long.service_running["chat"][:rows])


@pytest.mark.parametrize("hours", [1.1 / 6.0, 0.35, 1.1, 0.1 + 0.2])
def test_hours_that_miss_a_whole_minute_by_rounding_make_no_interval_of_that_length(hours: float) -> None:
    made = scenario([chat(1.0, 2)], horizon_s=hours * 3600.0, warmup_s=0.55 * 600.0 + 1e-12)
    meter = ran(made)[0].meter
    assert (meter.stop_s - meter.start_s).min() > 1.0
    assert meter.stop_s[-1] == hours * 3600.0
    assert made.warmup_s in meter.stop_s
    assert 1000.0 < meter.it_w.min() <= meter.it_w.max() < 4500.0


def test_a_plant_that_is_within_its_curves_raises_no_warning_by_its_first_answer() -> None:
    made = scenario([chat()], plant="chilled-water")
    assert not [text for text in ran(made)[1]["warnings"] if "edge of what its curves" in text]


def test_jobs_that_want_what_services_never_give_back_are_rejected_and_block_nobody() -> None:
    streams = [training(300.0, 6, name="large"), training(300.0, 4, name="small")]
    ledger, _ = ran(scenario([chat(1.0, 4, replicas_min=1)], jobs=streams))
    assert ledger.jobs["large"].rejected == ledger.jobs["large"].arrived == 3
    assert ledger.jobs["small"].completed > 0


# --- without the compiler ---

TINY = """
import json, sys
sys.path[:0] = {paths!r}
from made import chat, fixed_time, measure, pool, scenario, training
from sim.economics import appraise
from sim.engine import simulate
from sim.strategies import apply_mix
scaled = measure("compute", "autoscale", target_utilisation=0.02, scale_down_delay_s=30.0)
routed = measure("compute", "router", router="least-loaded")
made = scenario([chat(2.0, 3, replicas_min=1), fixed_time(1.0, 2)], [pool()], [training(60.0, 2)], [scaled, routed],
                "chilled-water", 200.0, warmup_s=20.0)
plan = apply_mix(made, "test")
result = appraise(plan, simulate(plan, 1), 1)
result["engine"]["wall_s"] = 0.0
print(json.dumps(result))
"""


def test_compiled_and_plain_kernels_give_one_result() -> None:
    code = TINY.format(paths=[str(Path(__file__).parents[1])])
    results = []
    for plain in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": plain}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        results.append(flat(json.loads(done.stdout)))
    assert results[0].keys() == results[1].keys()
    for path, value in results[0].items():
        expected = pytest.approx(results[1][path], rel=1e-12) if isinstance(value, float) else results[1][path]
        assert value == expected, path
