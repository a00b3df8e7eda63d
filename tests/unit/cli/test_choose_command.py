"""`dcsim choose` as a user calls it: the answer, its folder, its exit codes, the same bytes twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sim

OPTIONS = """
choose:
  options:
    compute: [null, {router: least-loaded}]
    energy: [null, {power_cap_w: 300}, {power_cap_w: 1}, {plant: direct-liquid}]
    vertical: [null, {customise: lora}]
"""
Choose = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def choose(dcsim: Callable[..., Any], folder: Path) -> Choose:
    """Chooses among a few combinations in this process, and gives exit code and object."""
    path = folder / "s.yaml"
    path.write_text(path.read_text() + OPTIONS)

    def call(*arguments: object) -> tuple[int, dict[str, Any]]:
        answer = dcsim("choose", "s.yaml", "--workers", 1, "--replications", 2, "--json", *arguments)
        return answer.status, json.loads(answer.out)

    return call


def test_every_combination_is_a_candidate_and_the_best_is_explained(choose: Choose) -> None:
    status, found = choose("--objective", "energy")
    assert (status, found["schema"], found["feasible"]) == (0, "dcsim.choose/1", True)
    assert len(found["candidates"]) == 2 * 4 * 2
    assert found["chosen"] in found["front"]
    assert found["candidates"][0] == {**found["candidates"][0], "name": found["chosen"], "why_not": None}
    assert all(each["why_not"] for each in found["candidates"][1:])
    steps = [each["effect"]["energy_kwh.facility"]["difference"] for each in found["explanation"]]
    total = found["attribution"]["total"]["energy_kwh.facility"]["difference"]
    shares = [each["share"]["energy_kwh.facility"]["difference"] for each in found["attribution"]["measures"]]
    assert sum(steps) == pytest.approx(total, rel=1e-9)
    assert sum(shares) == pytest.approx(total, rel=1e-9)
    assert total < 0.0


def test_a_measure_that_cannot_act_is_a_rejected_candidate(choose: Choose) -> None:
    """Fixed-time models have no weights to fine-tune; no clock keeps an H100 at one watt."""
    _, found = choose()
    reasons = {each["name"]: each["why_not"] for each in found["candidates"] if each["cost_usd"] is None}
    assert any("customise" in name for name in reasons)
    assert any("power_cap_w 1" in name for name in reasons)
    assert all(reasons.values())


def test_a_budget_that_nothing_keeps_ends_with_5_and_says_what_is_missing(choose: Choose) -> None:
    status, found = choose("--budget-usd", 0.001)
    assert (status, found["chosen"], found["feasible"]) == (5, None, False)
    missing = found["missing"]
    assert missing["breaks"][0]["limit"] == "choose.limits.budget_usd"
    (way,) = missing["ways"]
    cheapest = min(each["cost_usd"] for each in found["candidates"] if each["cost_usd"])
    assert way["mix"] == missing["nearest"]
    assert way["needed"] >= cheapest
    assert choose("--budget-usd", 1.01 * way["needed"])[0] == 0


def test_more_money_never_gives_more_energy(choose: Choose) -> None:
    found = [choose("--objective", "energy", "--budget-usd-per-month", usd)[1] for usd in (5000, 7000, 9000, 20_000)]
    kwh = [each["candidates"][0]["energy_kwh"] if each["feasible"] else float("inf") for each in found]
    assert kwh == sorted(kwh, reverse=True)


def test_the_same_command_gives_the_same_bytes_with_any_number_of_workers(
    choose: Choose, dcsim: Callable[..., Any]
) -> None:
    one, two = (("choose", "s.yaml", "--workers", workers, "--replications", 2, "--json") for workers in (1, 2))
    assert dcsim(*one).out == dcsim(*one).out == dcsim(*two).out
    assert choose("--seed", 4)[1] != choose()[1]


def test_a_folder_holds_the_choice_its_table_and_resumes(
    choose: Choose, dcsim: Callable[..., Any], folder: Path
) -> None:
    first = choose("--out", "out")
    assert json.loads((folder / "out" / "choice.json").read_text()) == first[1]
    assert (folder / "out" / "candidates.csv").read_text().startswith("name,cost_usd,")
    again = choose("--out", "out")
    assert again == first
    refused = dcsim("plot", "out", "cost", "--out", "c.png")
    assert (refused.status, "holds a choice" in refused.err) == (2, True)
    for kind in ("front", "waterfall"):
        assert dcsim("plot", "out", kind, "--out", f"{kind}.png").status == 0
        assert (folder / f"{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_the_answer_reads_well_in_80_columns(
    choose: Choose, dcsim: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = dcsim("choose", "s.yaml", "--workers", 1, "--replications", 2, "--objective", "energy")
    assert answer.status == 0
    assert answer.out.startswith("Choose ")
    assert max(map(len, answer.out.splitlines())) <= 80
    for word in ("Candidates", "Step by step", "No limit binds"):
        assert word in answer.out


def test_named_mixes_are_the_candidates_where_the_scenario_has_no_options(dcsim: Callable[..., Any]) -> None:
    found = json.loads(dcsim("choose", "s.yaml", "--workers", 1, "--replications", 2, "--json").out)
    assert {each["name"] for each in found["candidates"]} == {"baseline", "capped"}
    assert found["explanation"]


def test_a_searched_setting_is_refined_around_the_best(dcsim: Callable[..., Any], folder: Path) -> None:
    path = folder / "s.yaml"
    path.write_text(path.read_text() + "choose: {options: {energy: [{power_cap_w: {range: [200, 700]}}]}}\n")
    answer = dcsim("choose", "s.yaml", "--workers", 1, "--replications", 1, "--objective", "energy", "--json")
    caps = [each["mix"]["energy"][0]["power_cap_w"] for each in json.loads(answer.out)["candidates"] if each["mix"]]
    assert len(caps) > 5
    assert min(caps) >= 200
    assert max(caps) <= 700


def test_a_notebook_chooses_and_draws_in_a_few_lines(folder: Path) -> None:
    found = sim.choose(sim.load(folder / "s.yaml"), objective="energy", replications=2, workers=1)
    table = found.table()
    assert table.index[0] == found.chosen == "capped"
    assert table["energy_kwh"].is_monotonic_increasing
    for kind in ("front", "waterfall"):
        sim.save(sim.draw(found, kind)[0], folder / f"{kind}.svg")
    with pytest.raises(sim.UsageError, match="of a choice"):
        sim.draw(found, "cost")
