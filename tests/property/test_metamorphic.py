"""What must happen to a whole run when its input changes in a known way (same seed).

Random streams are keyed by seed, replication, purpose and the service's name. So a service keeps its requests when
anything else in the scenario changes, mixes share them, and renaming a service draws new ones: a renamed service is
compared on a trace, whose requests no name changes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made import CATALOGUE, at_site, chat, fixed_time, hot, measure, pool, scenario, training
from sim.economics import appraise
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.specs import (
    Acquire,
    Carbon,
    JobStream,
    Measure,
    Mix,
    PlantSpec,
    Pool,
    Scenario,
    SeriesFile,
    Service,
    Tariff,
    TraceTraffic,
    WeatherSource,
)
from sim.strategies import apply_mix

AUTOSCALE = measure("compute", "autoscale", target_utilisation=0.05, scale_down_delay_s=30.0)
OTHER = pool("l40s", "l40s-8")
Figures = dict[str, Any]


def ran(made: Scenario, seed: int = 1, mix: str | None = None) -> tuple[Ledger, Figures]:
    """The named mix, or the last one, run and appraised."""
    plan = apply_mix(made, mix or made.mixes[-1].name)
    ledger = simulate(plan, seed)
    result: Figures = json.loads(json.dumps(appraise(plan, ledger, seed), allow_nan=False))
    return replace(ledger, wall_s=0.0, warnings=()), result


def lines(result: Figures, *, but_for: Sequence[str] = ()) -> dict[tuple[str, ...], float]:
    """USD by pool and item of the bill."""
    found: dict[tuple[str, ...], float] = {}
    for line in result["cost_lines"]:
        if not line["item"].startswith(tuple(but_for)):
            key = (line["pool"] or "", line["service"] or "", line["item"])
            found[key] = found.get(key, 0.0) + line["usd"]
    return found


def physics(result: Figures) -> Figures:
    """All figures of a result that no price and no name of a mix is in."""
    kept = {
        key: result[key] for key in ("energy_kwh", "peak_kw", "pue", "wue_l_per_kwh", "water_l", "jobs", "services")
    }
    whole = flat({**kept, "carbon_kg": result["carbon_kg"], "efficiency": result["efficiency"]})
    return {path: value for path, value in whole.items() if "usd" not in path}


def flat(figures: Any, path: str = "") -> Figures:
    """All leaves by their path."""
    if isinstance(figures, dict | list):
        items = figures.items() if isinstance(figures, dict) else enumerate(figures)
        return {key: leaf for name, each in items for key, leaf in flat(each, f"{path}.{name}").items()}
    return {path: figures}


def equal(one: Ledger, other: Ledger) -> None:
    """Every total and every column, bit for bit."""
    np.testing.assert_equal(asdict(one), asdict(other))


def mixed(**changes: Any) -> Scenario:
    """A service that scales, a desk and jobs on two pools, rented and owned."""
    services = (chat(6.0, 4, replicas_min=1), fixed_time(2.0, 3, pool="l40s"))
    pools = (pool(), replace(OTHER, acquire=Acquire(kind="rent", usd_per_accelerator_h=1.1)))
    made = scenario(services, pools, [training(200.0, 4)], [AUTOSCALE], "chilled-water", **changes)
    tariff, carbon = Tariff(energy_usd_per_kwh=0.08), Carbon(g_per_kwh=380.0, usd_per_tonne=40.0)
    return at_site(made, tariff=tariff, carbon=carbon)


@cache
def reference() -> tuple[Ledger, Figures]:
    return ran(mixed())


# --- prices and carbon: nothing but the lines that hold them ---


@pytest.mark.parametrize("k", [0.0, 0.5, 3.0])
def test_energy_prices_times_k_scale_energy_lines_alone(k: float) -> None:
    (before, plain), (after, scaled) = reference(), ran(at_site(mixed(), tariff=Tariff(energy_usd_per_kwh=0.08 * k)))
    equal(
        replace(before, meter=replace(before.meter, price_usd_per_kwh=before.meter.price_usd_per_kwh * 0.0)),
        replace(after, meter=replace(after.meter, price_usd_per_kwh=after.meter.price_usd_per_kwh * 0.0)),
    )
    assert physics(plain) == physics(scaled)
    assert lines(plain, but_for=["energy"]) == lines(scaled, but_for=["energy"])
    found, expected = lines(scaled), lines(plain)
    for key in (key for key in expected if key[2].startswith("energy")):
        assert found.get(key, 0.0) == pytest.approx(k * expected[key], rel=1e-12)


def test_carbon_times_k_scales_carbon_and_its_price_alone() -> None:
    (_, plain), (_, scaled) = reference(), ran(at_site(mixed(), carbon=Carbon(g_per_kwh=760.0, usd_per_tonne=40.0)))
    assert scaled["carbon_kg"] == pytest.approx(2.0 * plain["carbon_kg"], rel=1e-12)
    assert {**physics(plain), ".carbon_kg": None} == {**physics(scaled), ".carbon_kg": None}
    assert lines(plain, but_for=["carbon"]) == lines(scaled, but_for=["carbon"])
    for key in (key for key in lines(plain) if key[2] == "carbon price"):
        assert lines(scaled)[key] == pytest.approx(2.0 * lines(plain)[key], rel=1e-12)


def test_all_prices_times_k_change_the_currency_alone() -> None:
    made, k = mixed(), 7.0
    economics = made.economics
    dearer = replace(
        made,
        economics=replace(
            economics,
            facility_usd_per_kw=k * economics.facility_usd_per_kw,
            engineer_usd_per_h=k * economics.engineer_usd_per_h,
        ),
        pools=(
            replace(made.pools[0], acquire=replace(made.pools[0].acquire, capex_usd_per_node=k * 280_000.0)),
            replace(made.pools[1], acquire=replace(made.pools[1].acquire, usd_per_accelerator_h=k * 1.1)),
        ),
    )
    dearer = at_site(
        dearer,
        tariff=Tariff(energy_usd_per_kwh=k * 0.08),
        carbon=Carbon(g_per_kwh=380.0, usd_per_tonne=k * 40.0),
        water_usd_per_m3=k * 3.0,
    )
    (_, plain), (_, scaled) = reference(), ran(dearer)
    assert scaled["cost_usd"]["total"] == pytest.approx(k * plain["cost_usd"]["total"], rel=1e-12)
    assert lines(scaled) == pytest.approx({key: k * usd for key, usd in lines(plain).items()}, rel=1e-12)
    assert scaled["efficiency"] == pytest.approx(plain["efficiency"], rel=1e-12)


def test_a_sunk_pool_differs_from_an_owned_one_in_capital_lines_alone() -> None:
    capital = ("capital", "facility")
    results = {}
    for kind in ("own", "sunk"):
        results[kind] = ran(scenario([chat()], [pool(kind=kind)], [training()]))
    equal(results["own"][0], results["sunk"][0])
    own, sunk = results["own"][1], results["sunk"][1]
    assert lines(own, but_for=capital) == lines(sunk)
    assert set(lines(own)) - set(lines(sunk)) == {("h100", "", item) for item in capital}
    assert physics(own) == physics(sunk)


def test_a_rented_pool_that_nobody_holds_draws_nothing_and_costs_no_rent() -> None:
    rented = pool("spare", kind="rent", usd_per_accelerator_h=3.0, includes=frozenset({"facility"}))
    ledger, result = ran(scenario([chat()], [pool(), rented]))
    alone, _ = ran(scenario([chat()], [pool()]))
    assert ledger.pools["spare"].it_j == ledger.pools["spare"].allocated_accelerator_s == 0.0
    assert [key for key in lines(result) if key[0] == "spare"] == []
    assert ledger.pools["h100"] == alone.pools["h100"]


def test_rented_accelerators_draw_by_the_time_they_are_held_and_none_is_idle_in_it() -> None:
    """Jobs that begin and end inside the intervals of the meter."""
    ledger, _ = ran(scenario([], [pool(kind="rent")], [training(200.0)]))
    totals, jobs = ledger.pools["h100"], ledger.jobs["train"]
    assert totals.idle_accelerator_j == 0.0
    assert totals.accelerator_j == pytest.approx(jobs.accelerator_j, rel=1e-12)
    node = pool().node
    around_j = (node.cpu_max_w + node.other_w) * jobs.accelerator_s / node.accelerators
    assert totals.it_j > totals.accelerator_j + around_j


def hourly(path: Path, first: str, values: Sequence[float]) -> SeriesFile:
    """A file of hourly values from an hour of a day of July on."""
    day, hour = first.split("T")
    rows = [f"2023-07-{day}T{int(hour) + i:02d}:00:00Z,{value}" for i, value in enumerate(values)]
    path.write_text("\n".join(["at,value", *rows]) + "\n", encoding="utf-8")
    return SeriesFile(path=path, time_column="at", value_column="value", timezone="UTC", scale=1.0)


def test_a_file_of_one_price_and_one_intensity_is_that_price_and_that_intensity(tmp_path: Path) -> None:
    tariff = Tariff(energy_usd_per_kwh=hourly(tmp_path / "price.csv", "01T00", [0.08] * 3))
    carbon = Carbon(g_per_kwh=hourly(tmp_path / "carbon.csv", "01T00", [380.0] * 3), usd_per_tonne=40.0)
    (one, plain), (two, filed) = reference(), ran(at_site(mixed(), tariff=tariff, carbon=carbon))
    assert one.services == two.services
    assert filed["cost_usd"] == pytest.approx(plain["cost_usd"], rel=1e-12)
    assert filed["carbon_kg"] == pytest.approx(plain["carbon_kg"], rel=1e-12)


def test_the_same_day_at_another_date_with_its_prices_changes_nothing(tmp_path: Path) -> None:
    """Constant weather and flat traffic; what varies is the price, hour by hour, and it moves along."""
    made, found = mixed(horizon_s=7200.0), []
    for days in (0, 4):
        name = f"{1 + days:02d}T00"
        price, intensity = ([0.05, 0.21, 0.02], [100.0, 700.0, 300.0])
        moved = at_site(
            replace(made, start=made.start + timedelta(days=days)),
            tariff=Tariff(energy_usd_per_kwh=hourly(tmp_path / f"price-{days}.csv", name, price)),
            carbon=Carbon(g_per_kwh=hourly(tmp_path / f"carbon-{days}.csv", name, intensity), usd_per_tonne=40.0),
        )
        found.append(ran(moved))
    (one, first), (two, second) = found
    equal(one, two)
    assert first["cost_usd"] == second["cost_usd"]
    assert first["carbon_kg"] == second["carbon_kg"]
    for column, values in ((one.meter.price_usd_per_kwh, (0.05, 0.21)), (one.meter.carbon_g_per_kwh, (100.0, 700.0))):
        assert np.array_equal(column, np.where(one.meter.start_s < 3600.0, *values))


# --- work and machines ---


def test_nothing_to_do_takes_idle_energy_alone() -> None:
    node = pool().node
    for made in (scenario(), scenario([chat(0.0, 4)]), scenario([fixed_time(0.0, 4)]), scenario([chat(0.0, 1)])):
        ledger, result = ran(made)
        totals = ledger.pools["h100"]
        replicas = made.services[0].replicas_max if made.services else 0
        idle_j = node.accelerators * node.accelerator.idle_w * 900.0
        lingering_j = (node.accelerator.power.floor_w - node.accelerator.idle_w) * node.accelerator.power.linger_s
        assert totals.accelerator_j == pytest.approx(idle_j + replicas * lingering_j, rel=1e-9)
        assert totals.idle_accelerator_j == pytest.approx(totals.accelerator_j, rel=1e-12)
        assert totals.counted_accelerator_s == totals.best_clock_j == 0.0
        assert result["efficiency"]["compute"] == 0.0
        assert "efficiency" in result["efficiency_not_applicable"]


def test_more_idle_power_takes_that_much_more_for_each_idle_second() -> None:
    def ran_at(idle_w: float) -> Ledger:
        made = pool()
        accelerator = replace(made.node.accelerator, idle_w=idle_w)
        return ran(scenario([], [replace(made, node=replace(made.node, accelerator=accelerator))], [training()]))[0]

    cool, warm = ran_at(75.0), ran_at(95.0)
    idle_s = 7200.0 - cool.pools["h100"].allocated_accelerator_s
    more_j = warm.pools["h100"].idle_accelerator_j - cool.pools["h100"].idle_accelerator_j
    assert more_j == pytest.approx(20.0 * idle_s, rel=1e-9)


@pytest.mark.parametrize("cap_w", [700.0, 5000.0])
def test_a_cap_above_design_power_is_none(cap_w: float) -> None:
    made = replace(mixed(), mixes=(Mix(name="test"),))
    capped = replace(made, mixes=(Mix(name="test", measures=(measure("energy", "power_cap_w", power_cap_w=cap_w),)),))
    equal(ran(made)[0], ran(capped)[0])


def test_a_lower_cap_never_draws_more_and_never_answers_sooner() -> None:
    runs = [
        ran(scenario([chat(40.0, 4)], measures=[measure("energy", "power_cap_w", power_cap_w=cap_w)]))[0]
        for cap_w in (700.0, 600.0, 500.0, 400.0)
    ]
    for higher, lower in pairwise(runs):
        before, after = higher.services["chat"], lower.services["chat"]
        assert lower.meter.pool_it_w["h100"].max() <= higher.meter.pool_it_w["h100"].max()
        for quantity in ("ttft_s", "tpot_s", "e2e_s"):
            assert getattr(after, quantity).mean >= getattr(before, quantity).mean
        assert after.accelerator_j / after.outputs_in_window <= before.accelerator_j / before.outputs_in_window


def test_a_lower_cap_holds_jobs_below_it_and_slows_them() -> None:
    runs = {
        cap_w: ran(scenario(jobs=[training()], measures=[measure("energy", "power_cap_w", power_cap_w=cap_w)]))[0].jobs
        for cap_w in (700.0, 500.0, 420.0)
    }
    turnarounds = [jobs["train"].turnaround_s.mean or 0.0 for jobs in runs.values()]
    assert turnarounds == sorted(turnarounds)
    assert turnarounds[0] < turnarounds[-1]
    for cap_w, jobs in runs.items():
        assert jobs["train"].accelerator_j <= cap_w * jobs["train"].accelerator_s * (1 + 1e-12)


def test_quantising_answers_sooner_with_fewer_joules_and_no_more_accuracy() -> None:
    (plain, before), (narrow, after) = (
        ran(scenario([chat(20.0, 4)], measures=measures))
        for measures in ([], [measure("algorithm", "quantise", quantise="fp8")])
    )
    one, other = plain.services["chat"], narrow.services["chat"]
    assert (one.arrived, one.rejected) == (other.arrived, other.rejected)
    for quantity in ("ttft_s", "tpot_s", "e2e_s"):
        assert getattr(other, quantity).mean < getattr(one, quantity).mean
    assert narrow.pools["h100"].accelerator_j < plain.pools["h100"].accelerator_j
    assert after["services"]["chat"]["accuracy"] <= before["services"]["chat"]["accuracy"]
    assert after["efficiency"]["algorithm"] > before["efficiency"]["algorithm"]


def test_worse_heat_transfer_under_load_lowers_tokens_per_second() -> None:
    loaded = chat(300.0, 8)
    cool, warm = (ran(scenario([loaded], [hot(pool(), factor)], horizon_s=600.0))[1] for factor in (1.0, 2.0))
    tokens = [each["services"]["chat"]["output_tokens_per_s"] for each in (cool, warm)]
    assert tokens[1] < 0.99 * tokens[0]


@pytest.mark.parametrize("plant", ["chilled-water", "direct-liquid", "direct-liquid-dry", "colocation"])
def test_warmer_outdoor_air_never_lowers_facility_energy(plant: str) -> None:
    made = scenario([chat(20.0)], plant=plant, horizon_s=300.0)
    kwh = []
    for dry_bulb_c in range(-20, 45, 4):
        weather = WeatherSource(dry_bulb_c=float(dry_bulb_c), relative_humidity=0.5)
        kwh.append(ran(at_site(made, weather=weather))[1]["energy_kwh"]["facility"])
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(kwh))


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
    plan = apply_mix(mixed(), "test")
    one, two = (replace(simulate(plan, 1), wall_s=0.0) for _ in range(2))
    equal(one, two)


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
