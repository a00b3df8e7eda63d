"""The ready scenarios give the answers that their heads state: over an hour or two, over the whole day when slow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim import run
from sim.scenario import load

FOLDER = Path(__file__).parents[2] / "scenarios"
BUSY_HOURS = ("start=2023-03-08T10:00:00+01:00", "horizon_h=2")


def answers(name: str, *settings: str, mixes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The result of each mix of a scenario, or of those named."""
    scenario = load(FOLDER / f"{name}.yaml", settings)
    return {mix.name: run(scenario, mix=mix.name).summary for mix in scenario.mixes if not mixes or mix.name in mixes}


def usd(result: dict[str, Any]) -> float:
    return float(result["cost_usd"]["total"])


def per_output(result: dict[str, Any]) -> dict[str, float]:
    return {name: each["usd_per_useful_output"] for name, each in result["services"].items()}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_scenario_states_its_question_its_answer_and_its_run_time(path: Path) -> None:
    head = path.read_text().partition("schema: 1")[0]
    assert load(path).name == path.stem
    assert all(f"\n# {word}" in head for word in ("Question ", "Expect ", "Run time "))


@pytest.mark.parametrize(
    "field", ["image-recognition", "nlp", "speech", "finance", "finance-scoring", "medical", "education"]
)
def test_a_field_has_a_scenario(field: str) -> None:
    assert any(field in {each.field.name for each in load(path).services} for path in FOLDER.glob("*.yaml"))


def test_images_int8_saves_nothing_on_a_fixed_fleet_and_scaling_does() -> None:
    found = answers("image-recognition", "horizon_h=1")
    assert all(each["feasible"] for each in found.values())
    assert usd(found["leaner"]) > usd(found["baseline"]) > 1.5 * usd(found["scaled"])
    accuracy = {name: each["services"]["photos"]["accuracy"] for name, each in found.items()}
    assert 0.75 < accuracy["leaner"] < accuracy["baseline"] < accuracy["all-three"] < accuracy["trained"] < 0.8
    assert found["trained"]["net_benefit_usd"] > found["baseline"]["net_benefit_usd"]


def test_helpdesk_a_small_model_first_saves_three_accelerators_of_eight_and_some_points() -> None:
    found = answers("helpdesk", "start=2023-07-05T13:00:00-06:00", "horizon_h=1")
    desk = {name: each["services"]["desk"] for name, each in found.items()}
    assert found["small-first"]["cost_usd"]["compute"] == pytest.approx(5 / 8 * usd(found["baseline"]))
    assert desk["small-first"]["accuracy"] == pytest.approx(desk["baseline"]["accuracy"] - 0.044, abs=0.002)
    assert desk["small-first"]["arrived"] == desk["baseline"]["arrived"]
    assert desk["small-first"]["ttft_s"]["p99"] > 5 * desk["baseline"]["ttft_s"]["p99"]
    assert desk["remembered"]["e2e_s"]["p50"] < desk["baseline"]["e2e_s"]["p50"]
    assert usd(found["remembered"]) > usd(found["baseline"])


def test_speech_sized_for_the_busy_hour_costs_least_on_the_middle_accelerator() -> None:
    (found,) = answers("speech", "horizon_h=1", mixes=("baseline",)).values()
    cost = per_output(found)
    assert cost["on-l40s"] < cost["on-l4"] < cost["on-h200"]


def test_finance_passages_bring_more_than_adapters_for_less() -> None:
    found = answers("finance", *BUSY_HOURS)
    analyst = {name: each["services"]["analyst"] for name, each in found.items()}
    vertical = {name: each["cost_usd"]["vertical"] for name, each in found.items()}
    assert all(each["feasible"] for each in found.values())
    assert vertical["told"] < vertical["tuned"] < vertical["tuned-and-told"]
    assert analyst["baseline"]["accuracy"] < analyst["tuned"]["accuracy"] < analyst["told"]["accuracy"]
    assert analyst["told"]["ttft_s"]["p50"] > analyst["baseline"]["ttft_s"]["p50"] + 0.1  # the passages are looked up
    assert found["leaner-and-told"]["peak_kw"] < found["told"]["peak_kw"]


def test_medicine_fits_its_room_with_fp8_or_another_plant_alone() -> None:
    found = answers("medical", *BUSY_HOURS)
    assert {name for name, each in found.items() if each["feasible"]} == {"leaner", "cooler", "leaner-and-told"}
    assert all("kW > limit 20 kW" in found[name]["warnings"][0] for name in ("baseline", "told", "tuned"))
    assert usd(found["leaner"]) < usd(found["cooler"])
    assert found["leaner-and-told"]["net_benefit_usd"] == max(each["net_benefit_usd"] for each in found.values())


def test_education_longer_prompts_cost_less_than_examples() -> None:
    found = answers("education", "start=2023-03-08T14:00:00-05:00", "horizon_h=2")
    vertical = {name: each["cost_usd"]["vertical"] for name, each in found.items()}
    accuracy = {name: each["services"]["tutor"]["accuracy"] for name, each in found.items()}
    assert usd(found["scaled"]) < usd(found["prompted"])
    assert 10 * vertical["prompted"] < vertical["trained"]
    assert accuracy["remembered"] < accuracy["scaled"] < accuracy["prompted"] < accuracy["trained"]


def test_one_server_each_family_moves_its_own_factor() -> None:
    found = answers("one-server", "horizon_h=4")
    factor = {name: each["efficiency"] for name, each in found.items()}
    assert factor["one"]["compute"] > factor["baseline"]["compute"]
    assert factor["two"]["algorithm"] == 1.0 > factor["one"]["algorithm"]
    assert factor["three"]["efficiency"] > factor["two"]["efficiency"]
    assert factor["four"]["vertical"] == 1.0 > factor["three"]["vertical"]
    assert factor["four"]["total"] < 0.5814 / 2  # what is asserted of such a project


def test_recommendation_the_newest_accelerator_is_not_the_best_per_dollar() -> None:
    (found,) = answers("recommendation").values()
    cost = per_output(found)
    assert found["feasible"]
    assert min(cost, key=lambda name: cost[name]) == "on-v100"
    assert cost["on-b200"] == pytest.approx(1.27 * cost["on-v100"], rel=0.15)
    assert cost["on-l4"] > cost["on-h100"]


@pytest.mark.slow
class TestTheWholeDay:
    def test_images(self) -> None:
        found = answers("image-recognition")
        expected = {"baseline": 67.2, "scaled": 29.0, "leaner": 77.4, "trained": 109.5, "all-three": 78.0}
        assert {name: usd(each) for name, each in found.items()} == pytest.approx(expected, rel=0.05)

    def test_speech(self) -> None:
        found = answers("speech")
        busy, lean = per_output(found["baseline"]), per_output(found["scaled-and-leaner"])
        assert busy == pytest.approx({"on-l4": 2.6e-4, "on-l40s": 1.6e-4, "on-h200": 3.1e-4}, rel=0.05)
        assert lean == pytest.approx({"on-l4": 1.2e-4, "on-l40s": 1.26e-4, "on-h200": 2.8e-4}, rel=0.07)
        assert not found["scaled"]["feasible"]
        assert found["scaled-and-leaner"]["feasible"]

    def test_finance(self) -> None:
        found = answers("finance")
        told, plain = found["told"], found["baseline"]
        assert told["cost_usd"]["vertical"] == pytest.approx(27.6, rel=0.02)
        assert found["leaner-and-told"]["peak_kw"] == pytest.approx(16.4, rel=0.05)
        assert told["services"]["analyst"]["accuracy"] == pytest.approx(0.681, abs=0.001)
        assert all(each["net_benefit_usd"] > plain["net_benefit_usd"] for each in found.values() if each is not plain)

    def test_medicine(self) -> None:
        found = answers("medical")
        assert {name for name, each in found.items() if each["feasible"]} == {"leaner", "cooler", "leaner-and-told"}
        assert found["baseline"]["peak_kw"] == pytest.approx(22.0, rel=0.05)
        assert usd(found["leaner"]) == pytest.approx(433, rel=0.02)

    def test_education(self) -> None:
        found = answers("education")
        expected = {"baseline": 140.5, "scaled": 69.2, "prompted": 90.8, "trained": 145.1, "remembered": 80.1}
        assert {name: usd(each) for name, each in found.items()} == pytest.approx(expected, rel=0.03)
        benefit = {name: each["net_benefit_usd"] for name, each in found.items()}
        assert benefit["remembered"] < benefit["scaled"] < benefit["trained"] < benefit["prompted"]

    def test_helpdesk(self) -> None:
        found = answers("helpdesk")
        assert usd(found["small-first"]) == pytest.approx(390, rel=0.02)
        assert found["small-first"]["feasible"]
        benefit = {name: each["net_benefit_usd"] for name, each in found.items()}
        assert max(benefit, key=lambda name: benefit[name]) == "small-first"

    def test_one_server(self) -> None:
        found = answers("one-server")
        assert found["baseline"]["efficiency"]["total"] == pytest.approx(0.09, abs=0.01)
        assert found["four"]["efficiency"]["total"] == pytest.approx(0.21, abs=0.01)
        ended = {name: each["jobs"]["training"]["completed"] for name, each in found.items()}
        assert ended["baseline"] < 25 < ended["three"] <= ended["one"]
