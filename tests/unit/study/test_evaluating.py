"""An evaluation adds up: steps to the whole, prices to runs under these prices, break-evens to equal costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.errors import UsageError
from sim.report.charts.evaluation import bars, paybacks, scaling_title, sizes
from sim.report.evaluation import answer, tables
from sim.report.plots import plot
from sim.scenario import load
from sim.scenario.specs import Scenario
from sim.study.evaluating import Evaluation, evaluate
from sim.study.evaluating.folder import read_evaluation, write_evaluation
from sim.study.evaluating.prices import changed, monthly
from sim.study.evaluating.scaling import Scaled, larger_load
from sim.study.point import simulated

TEXT = """\
schema: 1
name: judged
horizon_h: 0.5
seed: 5
site: {plant: colocation, tariff: {energy_usd_per_kwh: 0.1}}
pools:
  - {name: fleet, node: hgx-h100-8, nodes: 1, acquire: rent}
services:
  - name: chat
    field: nlp
    model: llama-3.1-8b
    pool: fleet
    replicas: {min: 1, max: 8}
    traffic:
      poisson: {rate_per_s: 2}
      input_tokens: {lognormal: {mean: 300, cv: 1}}
      output_tokens: {lognormal: {mean: 100, cv: 0.7}}
    slo: {ttft_p99_s: 2, tpot_p99_s: 0.1}
mixes:
  baseline: {}
  lean:
    compute: {autoscale: {target_utilisation: 0.2}}
    algorithm: {quantise: fp8}
    energy: {power_cap_w: 400}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path = tmp_path_factory.mktemp("judged") / "s.yaml"
    path.write_text(TEXT)
    return load(path)


@pytest.fixture(scope="module")
def found(scenario: Scenario) -> Evaluation:
    return evaluate(scenario, "lean", scales=(1, 4), replications=2, workers=1)


def test_the_effects_are_those_of_the_two_runs(scenario: Scenario, found: Evaluation) -> None:
    cost = found.effects["usd_per_month"]
    assert cost.difference.mean == pytest.approx(cost.mix - cost.baseline)
    assert cost.mix < cost.baseline
    assert found.baseline_feasible


def test_every_measure_is_one_step_and_the_last_is_the_whole_mix(scenario: Scenario, found: Evaluation) -> None:
    assert len(found.steps) == 3
    assert len({step.measure for step in found.steps}) == 3
    whole = simulated(scenario, "lean", scenario.seed)
    assert found.steps[-1].usd_per_month == pytest.approx(monthly(whole), rel=1e-12)


def test_steps_add_up_to_the_difference(scenario: Scenario, found: Evaluation) -> None:
    saved = sum(step.saving_usd_per_month - step.recovered_usd_per_month for step in found.steps)
    assert saved == pytest.approx(-found.difference_usd_per_month, rel=1e-9)


def test_a_measure_has_paid_back_when_its_savings_are_what_it_cost(found: Evaluation) -> None:
    paying = [step for step in found.steps if step.break_even_months is not None]
    assert paying
    for step in paying:
        assert step.break_even_months is not None
        assert step.break_even_months * step.saving_usd_per_month == pytest.approx(step.upfront_usd)
        volume = step.break_even_requests_per_month
        assert volume is not None
        assert step.pays == (volume < step.requests_per_month)
    assert all(step.saving_usd_per_month <= 0.0 for step in found.steps if step.break_even_months is None)


def test_up_front_costs_weigh_less_at_a_larger_load(found: Evaluation) -> None:
    small, large = found.loads
    assert small.saving_share is not None
    assert large.saving_share is not None
    assert large.saving_share > small.saving_share


def test_a_load_of_one_is_the_scenario(scenario: Scenario) -> None:
    assert larger_load(scenario, 1) == scenario
    larger = larger_load(scenario, 3)
    assert larger.pools[0].nodes == 3
    assert larger.services[0].replicas_max == 24


def test_larger_models_cost_more_and_those_that_do_not_fit_say_so(found: Evaluation) -> None:
    known = {row.scale: row for row in found.models}
    small, large = known["llama-3.1-8b"], known["llama-3.1-70b"]
    assert small.baseline_usd is not None
    assert large.baseline_usd is not None
    assert large.baseline_usd > small.baseline_usd
    assert all(row.size <= 50.0 for row in found.models)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("energy price", "site.tariff.energy_usd_per_kwh=0.15"),
        ("engineer's hour", "economics.engineer_usd_per_h=180"),
        ("discount rate", "economics.discount_rate=0.12"),
        ("life of measures", "economics.measure_life_y=4.5"),
    ],
)
def test_a_changed_price_is_the_run_under_that_price(name: str, setting: str, scenario: Scenario) -> None:
    run = simulated(scenario, "lean", scenario.seed)
    again = simulated(load(scenario.source, [setting]), "lean", scenario.seed)
    assert monthly(changed(run, name, 1.5)) == pytest.approx(monthly(again), rel=1e-9)
    assert monthly(changed(run, name, 1.0)) == pytest.approx(monthly(run), rel=1e-12)


def test_swings_are_sorted_and_turn_only_where_the_sign_does(found: Evaluation) -> None:
    widths = [swing.width_usd for swing in found.swings]
    assert widths == sorted(widths, reverse=True)
    for swing in found.swings:
        assert swing.turns == (min(swing.low_usd, swing.high_usd) < 0.0 < max(swing.low_usd, swing.high_usd))


def test_at_its_break_even_a_rent_costs_what_it_costs_now(scenario: Scenario, found: Evaluation) -> None:
    now = next(way for way in found.ways if way.way == "as it is")
    reserved = next(way for way in found.ways if way.way == "reserved")
    rent = reserved.break_even_usd_per_accelerator_h
    assert rent is not None
    acquired = f"pools.fleet.acquire={{reserved: {{usd_per_accelerator_h: {rent!r}, includes: [energy, facility]}}}}"
    again = simulated(load(scenario.source, [acquired]), "lean", scenario.seed)
    assert monthly(again) == pytest.approx(now.usd_per_month, rel=1e-9)


def test_the_folder_holds_what_the_charts_draw(found: Evaluation, tmp_path: Path) -> None:
    write_evaluation(tmp_path / "out", found)
    content = read_evaluation(tmp_path / "out")
    assert [size.mix_usd for size in sizes(content)] == [row.mix_usd for row in found.loads]
    assert [bar.low_usd for bar in bars(content)] == [swing.low_usd for swing in found.swings]
    at_once = [each for each in paybacks(content) if each.month == 0]
    assert [each.balance_usd for each in at_once] == [-step.upfront_usd for step in found.steps]
    for kind in ("scaling", "payback", "sensitivity"):
        plot(tmp_path / "out", kind, out=tmp_path / f"{kind}.png")
        assert (tmp_path / f"{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_without_an_evaluation_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no evaluation"):
        read_evaluation(tmp_path)


def test_the_answer_says_what_is_saved(found: Evaluation) -> None:
    assert " less than no measure: " in answer(found)[0]
    assert next(table.title for table in tables(found)) == "What it does"


def test_what_costs_more_is_not_told_as_a_saving(found: Evaluation) -> None:
    dearer = Scaled(scale="1x load", size=1.0, why_not=None, baseline_usd=2.0, mix_usd=3.0)
    rows = next(
        each.rows for each in tables(replace(found, loads=[dearer])) if each.title.startswith("At larger loads")
    )
    assert "+50.0%" in rows[0]
    assert scaling_title("lean", -0.5, 0.25, "4x") == (
        "lean costs 50.0 % more at the scenario's load, 25.0 % less at 4x"
    )


def test_a_mix_without_measures_has_nothing_to_evaluate(scenario: Scenario) -> None:
    with pytest.raises(UsageError, match="no measures"):
        evaluate(scenario, "baseline")
