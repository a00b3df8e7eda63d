"""A leaner form of the model takes over while load, price or heat is high, and never breaks the floor of its field."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made import CATALOGUE, at_site, chat, hot, measure, pool, scenario
from sim.economics import appraise
from sim.engine import simulate
from sim.engine.adapt_variant import FORMS, Guard, Pace, groups, with_leaner
from sim.kernels import serving_layout as at
from sim.record.ledger import Ledger
from sim.scenario.specs import PoissonTraffic, Profile, Scenario, SeriesFile, Tariff
from sim.strategies import apply_mix

LOW, NEVER = 0.005, 1e9
PLAIN_TEXT = CATALOGUE.field("nlp")


def adapting(when: dict[str, float], to: dict[str, object] | None = None, **options: Any) -> Any:
    leaner = {"quantise": "int4"} if to is None else to
    return measure("algorithm", "adapt", to=leaner, when=when, **{"period_s": 10.0, "switch_s": 5.0, **options})


def made(*measures: Any, floor: float = 0.6, horizon_s: float = 600.0, **changes: Any) -> Scenario:
    """One replica of an 8B model, busy but not overloaded."""
    service = chat(rate_per_s=3.0, replicas=1, field=replace(PLAIN_TEXT, floor=floor))
    return scenario([service], measures=measures, horizon_s=horizon_s, **changes)


def ran(asked: Scenario, mix: str = "test") -> Ledger:
    return simulate(apply_mix(asked, mix), 1)


def result(asked: Scenario, mix: str = "test") -> Any:
    plan = apply_mix(asked, mix)
    return appraise(plan, simulate(plan, 1), 1)


def test_a_threshold_that_is_never_reached_changes_nothing_to_the_last_bit() -> None:
    asked = made(adapting({"load": NEVER}, period_s=60.0))  # the meter's interval: no other instants than without
    with_it, without = ran(asked), ran(asked, "baseline")
    assert with_it.services["chat"].adapted is not None
    assert with_it.services["chat"].adapted.switches == 0
    totals = replace(with_it.services["chat"], adapted=None)
    assert totals == without.services["chat"]
    assert with_it.pools == without.pools
    for name, column in asdict(with_it.meter).items():
        np.testing.assert_equal(column, asdict(without.meter)[name])


@pytest.mark.parametrize("when", [{"price_usd_per_kwh": 0.09}, {"temperature_c": 80.0}])
def test_price_and_heat_are_watched_without_a_trace(when: dict[str, float]) -> None:
    with_it, without = ran(made(adapting(when, period_s=7.0))), ran(made(), "baseline")
    assert replace(with_it.services["chat"], adapted=None) == without.services["chat"]
    assert with_it.pools == without.pools


def test_the_leaner_form_is_faster_while_it_serves() -> None:
    adapted, plain = ran(made(adapting({"load": LOW}, back=-1.0))), ran(made(), "baseline")
    assert adapted.services["chat"].adapted is not None
    assert adapted.services["chat"].adapted.lean_s > 500.0
    assert adapted.services["chat"].tpot_s.p50 < 0.8 * plain.services["chat"].tpot_s.p50  # type: ignore[operator]


def test_accuracy_is_that_of_the_outputs_of_each_form() -> None:
    service = result(made(adapting({"load": LOW}, back=-1.0)))["services"]["chat"]
    share = service["adaptation"]["output_share"]
    assert 0.9 < share < 1.0
    assert service["adaptation"]["variant"] == "llama-3.1-8b/int4"
    assert service["accuracy"] == pytest.approx(0.667 * (1.0 - share * 0.02))
    assert service["accuracy_sd"] == pytest.approx(share * 0.667 * 0.007)
    assert service["accuracy_over_target"] == pytest.approx(service["accuracy"] / PLAIN_TEXT.target)


def test_efficiency_and_vertical_gain_take_the_accuracy_that_was_served() -> None:
    asked = made(adapting({"load": LOW}, back=-1.0))
    mixed, plain = result(asked), result(asked, "baseline")
    assert mixed["efficiency"]["vertical"] == pytest.approx(mixed["services"]["chat"]["accuracy"] / PLAIN_TEXT.target)
    assert mixed["efficiency"]["vertical"] < plain["efficiency"]["vertical"]
    assert mixed["efficiency"]["algorithm"] > plain["efficiency"]["algorithm"]


def test_a_switch_stands_replicas_still() -> None:
    quick, slow = (ran(made(adapting({"load": LOW}, back=-1.0, switch_s=switch_s))) for switch_s in (0.0, 30.0))
    assert slow.services["chat"].ttft_s.max > quick.services["chat"].ttft_s.max + 20.0  # type: ignore[operator]
    assert quick.services["chat"].ttft_s.max < 5.0  # type: ignore[operator]


def test_a_quarter_of_the_replicas_switches_at_a_time() -> None:
    assert [group.tolist() for group in groups(np.arange(10))] == [[0, 1, 2], [3, 4, 5], [6, 7], [8, 9]]
    assert [group.tolist() for group in groups(np.arange(2))] == [[0], [1]]
    assert groups(np.arange(0)) == []


def test_a_router_that_sees_the_queue_goes_round_replicas_that_switch() -> None:
    def slowest(router: str) -> float:
        service = chat(rate_per_s=6.0, replicas=4)
        measures = [measure("compute", "router", router=router), adapting({"price_usd_per_kwh": 0.05}, switch_s=20.0)]
        found = ran(scenario([service], measures=measures)).services["chat"].ttft_s.p99
        assert found is not None
        return found

    assert slowest("least-loaded") < 1.0 < slowest("round-robin")


def test_nothing_is_lost_at_a_switch() -> None:
    for switch_s in (0.0, 7.0):
        ledger = ran(made(adapting({"load": 0.01}, back=0.005, switch_s=switch_s)))
        totals = ledger.services["chat"]
        assert totals.adapted is not None
        assert totals.adapted.switches > 2
        assert totals.arrived == totals.completed + totals.rejected + totals.in_flight
        assert totals.preemptions == 0


def test_it_follows_the_price() -> None:
    always, never = (ran(made(adapting({"price_usd_per_kwh": above}))) for above in (0.05, 0.09))  # the price is .08
    assert always.services["chat"].adapted is not None
    assert never.services["chat"].adapted is not None
    assert always.services["chat"].adapted.lean_s == pytest.approx(590.0)
    assert never.services["chat"].adapted.lean_s == 0.0


def test_it_comes_and_goes_with_a_price_that_does(tmp_path: Path) -> None:
    hours = [f"2023-07-01T{hour:02d}:00:00+00:00,{price}" for hour, price in enumerate((50, 200, 110, 50, 200))]
    (tmp_path / "price.csv").write_text("\n".join(("time,usd", *hours)), "utf-8")
    series = SeriesFile(path=tmp_path / "price.csv", time_column="time", value_column="usd", timezone="UTC", scale=1e-3)
    asked = made(adapting({"price_usd_per_kwh": 0.15}, back=0.1, period_s=60.0), horizon_s=4 * 3600.0)
    adapted = ran(at_site(asked, tariff=Tariff(energy_usd_per_kwh=series))).services["chat"].adapted
    assert adapted is not None
    assert adapted.switches == 2  # at .11 it stays lean, since that lies between the two thresholds
    assert adapted.lean_s == pytest.approx(2 * 3600.0, abs=120.0)


def test_it_follows_the_heat_of_its_pool() -> None:
    asked = made(adapting({"temperature_c": 38.0}), pools=[hot(pool(), 2.0)])
    cool = made(adapting({"temperature_c": 38.0}), pools=[hot(pool(), 0.5)])
    assert ran(asked).services["chat"].adapted.switches > 0  # type: ignore[union-attr]
    assert ran(cool).services["chat"].adapted.switches == 0  # type: ignore[union-attr]


def test_replicas_that_start_meanwhile_serve_the_leaner_form() -> None:
    """The price has the leaner form all day, and the fleet follows the load."""
    scaled = measure("compute", "autoscale", target_utilisation=0.02, scale_down_delay_s=30.0)
    service = chat(rate_per_s=12.0, replicas_min=1, replicas_max=6)
    plain = scenario([service], measures=[scaled])
    leaner = scenario([service], measures=[scaled, adapting({"price_usd_per_kwh": 0.05}, switch_s=0.0)])
    fp = scenario([service], measures=[scaled, measure("algorithm", "quantise", quantise="int4")])
    slow, adapted, narrow = (ran(each).services["chat"] for each in (plain, leaner, fp))
    assert adapted.tpot_s.p90 is not None
    assert adapted.tpot_s.p90 == pytest.approx(narrow.tpot_s.p90, rel=0.1)
    assert adapted.tpot_s.p90 < 0.8 * slow.tpot_s.p90  # type: ignore[operator]


def test_zeros_in_a_pattern_can_come_and_go() -> None:
    ledger = ran(made(adapting({"load": LOW}, {"prune": {"pattern": "2:4"}}, back=-1.0)))
    assert ledger.services["chat"].adapted.lean_s > 500.0  # type: ignore[union-attr]


@pytest.mark.parametrize("floor", [0.6535, 0.655, 0.66, 0.666, 0.667, 0.7])
@pytest.mark.parametrize("warmup_s", [0.0, 250.0])
def test_the_guard_keeps_the_floor(floor: float, warmup_s: float) -> None:
    asked = made(adapting({"load": 0.01}, back=-1.0, switch_s=1.0), floor=floor, warmup_s=warmup_s, horizon_s=3000.0)
    service = result(asked)["services"]["chat"]
    plain = 0.667
    assert service["accuracy"] >= min(floor, plain)


@pytest.mark.parametrize("floor", [0.656, 0.662])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_guard_keeps_the_floor_while_the_load_rises(floor: float, seed: int) -> None:
    """The rate grows manyfold over the morning, and the price would have the leaner form all day."""
    asked = made(
        adapting({"price_usd_per_kwh": 0.05}, switch_s=2.0), floor=floor, horizon_s=10 * 3600.0, warmup_s=900.0
    )
    plain = asked.services[0].traffic
    assert isinstance(plain, PoissonTraffic)
    traffic = replace(plain, rate_per_s=0.5, profile=Profile(peak_to_mean=1.9, peak_hour=10.0))
    asked = replace(asked, services=(replace(asked.services[0], traffic=traffic),))
    plan = apply_mix(asked, "test")
    service: Any = appraise(plan, simulate(plan, seed), seed)["services"]
    assert service["chat"]["accuracy"] >= floor
    assert service["chat"]["adaptation"]["output_share"] > 0.0


def test_the_guard_returns_for_good_and_says_so() -> None:
    asked = made(adapting({"load": LOW}, back=-1.0), floor=0.6668, horizon_s=40_000.0)
    found = result(asked)
    adaptation = found["services"]["chat"]["adaptation"]
    assert adaptation["switches"] == 2
    assert 0.0 < adaptation["returned_s"] < 40_000.0
    assert found["services"]["chat"]["accuracy"] >= 0.6668
    assert any("gave llama-3.1-8b/int4 up for good" in text for text in found["warnings"])


def test_the_guard_weighs_the_outputs_of_both_forms() -> None:
    guard = Guard(floor=0.66, planned=0.67, leaner=0.65)
    assert guard.allows(100, 100.0)
    assert not guard.allows(100, 101.0)
    assert not guard.allows(0, 0.0)  # before the measured window
    assert replace(guard, leaner=0.66).allows(0, 1.0)


def test_the_pace_is_the_highest_between_two_looks() -> None:
    pace = Pace()
    for now, outputs in ((10.0, 100), (20.0, 400), (20.0, 400), (30.0, 450)):
        pace.look(now, outputs)
    assert pace.most_per_s == 30.0


def test_forms_stand_in_one_table_with_the_room_of_the_smaller() -> None:
    def rates(step_s: float, batch_max: int, capacity: int) -> at.Rates:
        decode = np.full((2, batch_max + 1, 6), step_s)
        watts = np.array([[100.0, 50.0], [200.0, 50.0]])
        return at.Rates(decode, np.full((2, 8), step_s), watts, 1.0, batch_max, capacity, 512, at.RECOMPUTE, 0.0)

    both = with_leaner(rates(2.0, 8, 1000), rates(1.0, 16, 900), 10.0)
    assert (both.batch_max, both.kv_capacity) == (8, 900)
    assert both.decode.shape == (2 * FORMS, 9, 6)
    assert both.decode[:, 3, at.STEP_S].tolist() == [2.0, 2.0, 1.0, 1.0, 12.0, 12.0]
    assert both.decode[4:, 3, at.STEP_J].tolist() == [2.0 + 1000.0, 2.0 + 2000.0]
    assert both.decode[4:, 3, at.STEP_BEST_J].tolist() == [2.0, 2.0]
