"""Comparisons: common random numbers, verdicts, what compares and what does not, deterministic scenarios, folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.errors import ScenarioError, UsageError
from sim.scenario.specs import Scenario
from sim.study import compare
from sim.study.point import Outcome

Simulate = Callable[..., Outcome]
Scenarios = Callable[..., Scenario]
Summaries = Callable[..., dict[str, object]]
COST = "cost_usd.total"


def with_simulation(monkeypatch: pytest.MonkeyPatch, outcome: Simulate) -> None:
    monkeypatch.setattr("sim.study.point.simulate_point", outcome)


@pytest.mark.usefixtures("simulate")
def test_common_noise_falls_out_of_paired_differences(scenario: Scenario) -> None:
    found = compare(scenario, replications=10, workers=1)
    cost, less = found.mixes["lean"][COST], found.versus_baseline["lean"][COST]
    assert less.ci_low is not None
    assert less.ci_high is not None
    assert less.ci_low < 40.0 < less.ci_high
    assert less.ci_high - less.ci_low < 0.5 * 2 * (cost.half_width or 0.0)
    assert less.verdict == "higher"
    assert found.conclusion.cheapest == "baseline"
    assert found.conclusion.as_cheap == ()


@pytest.mark.usefixtures("simulate")
def test_the_object_is_that_of_the_interface(scenario: Scenario) -> None:
    found = json.loads(json.dumps(compare(scenario, replications=3, workers=1).to_json(), allow_nan=False))
    assert found["schema"] == "dcsim.compare/1"
    assert (found["baseline"], found["replications"], found["confidence"], found["deterministic"]) == (
        "baseline",
        3,
        0.95,
        False,
    )
    assert set(found["mixes"]["lean"][COST]) == {"mean", "ci_low", "ci_high"}
    assert set(found["versus_baseline"]["lean"][COST]) == {"difference", "ci_low", "ci_high", "verdict"}
    assert "services.chat.ttft_s.p99" in found["mixes"]["baseline"]
    assert "services.chat.tpot_s.p99" not in found["mixes"]["baseline"]


def test_nothing_random_is_run_once_and_goes_by_sign(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, summary_of: Summaries
) -> None:
    ran: list[tuple[str, int]] = []

    def fixed(_scenario: Scenario, mix: str, _seed: int, replication: int = 0, **_: object) -> Outcome:
        ran.append((mix, replication))
        return Outcome(summary_of(mix, float(len(mix))), random=False)

    with_simulation(monkeypatch, fixed)
    monkeypatch.setattr("sim.study.comparing.check_mixes", lambda _scenario, _mixes: None)
    found = compare(scenario, replications=10, workers=1)
    assert ran == [("baseline", 0), ("lean", 0)]
    assert (found.deterministic, found.replications) == (True, 1)
    cost, less = found.mixes["lean"][COST], found.versus_baseline["lean"][COST]
    assert (cost.ci_low, cost.mean, cost.ci_high) == (4.0, 4.0, 4.0)
    assert (less.ci_low, less.difference, less.ci_high, less.verdict) == (-4.0, -4.0, -4.0, "lower")


@pytest.mark.parametrize(
    "worse", [{"goodput": 4.0}, {"feasible": False}], ids=["serves less", "breaks a promise that the baseline keeps"]
)
def test_costs_of_a_mix_that_does_less_do_not_compare(
    scenario: Scenario,
    monkeypatch: pytest.MonkeyPatch,
    worse: dict[str, float],
    simulate: Simulate,
    summary_of: Summaries,
) -> None:
    def lazy(each: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        usual = simulate(each, mix, seed, replication)
        return Outcome(summary_of(mix, 10.0 + replication, **worse), random=True) if mix == "lean" else usual

    with_simulation(monkeypatch, lazy)
    found = compare(scenario, replications=5, workers=1)
    verdicts = {metric: each.verdict for metric, each in found.versus_baseline["lean"].items()}
    assert verdicts[COST] == verdicts["usd_per_month"] == "not comparable"
    assert verdicts["services.chat.goodput_per_s"] != "not comparable"
    assert found.conclusion.cheapest == "baseline"
    assert "lean" in found.conclusion.left_out


def test_two_mixes_alike_are_both_named(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, simulate: Simulate, summary_of: Summaries
) -> None:
    def alike(each: Scenario, _mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        own = (-1) ** replication * (0.1 if _mix == "lean" else 0.0)
        usual = simulate(each, "baseline", seed, replication).summary["cost_usd"]["total"]  # type: ignore[index]
        return Outcome(summary_of(_mix, usual + own), random=True)

    with_simulation(monkeypatch, alike)
    found = compare(scenario, replications=4, workers=1).conclusion
    assert {found.cheapest, *found.as_cheap} == {"baseline", "lean"}


@pytest.mark.usefixtures("simulate")
def test_the_baseline_can_be_named_and_comes_first(scenario_of: Scenarios) -> None:
    found = compare(scenario_of(mixes=("a", "b", "c")), ["a", "c"], baseline="c", replications=2, workers=1)
    assert (found.baseline, list(found.mixes)) == ("c", ["c", "a"])


@pytest.mark.usefixtures("simulate")
def test_an_unknown_mix_is_refused(scenario: Scenario) -> None:
    with pytest.raises(UsageError, match="leen"):
        compare(scenario, ["leen"], workers=1)


@pytest.mark.usefixtures("simulate")
def test_the_folder_holds_the_comparison_and_every_replication(scenario: Scenario, tmp_path: Path) -> None:
    found = compare(scenario, replications=3, workers=1, out=tmp_path / "out")
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == json.loads(json.dumps(found.to_json()))
    rows = pq.read_table(tmp_path / "out" / "results.parquet").to_pylist()
    assert [(row["mix"], row["replication"]) for row in rows] == [
        (m, r) for r in range(3) for m in ("baseline", "lean")
    ]
    assert all(row["status"] == "done" for row in rows)
    assert rows[0][COST] == found.samples["baseline"].figures[0][COST]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["kind"] == "compare"


@pytest.mark.usefixtures("simulate")
def test_another_scenario_does_not_enter_the_folder(scenario: Scenario, scenario_of: Scenarios, tmp_path: Path) -> None:
    compare(scenario, replications=2, workers=1, out=tmp_path)
    with pytest.raises(UsageError, match="another scenario"):
        compare(scenario_of("other"), replications=2, workers=1, out=tmp_path)


def test_bad_input_ends_the_comparison_and_writes_nothing(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.study.comparing.check_mixes", lambda _scenario, _mixes: None)

    def refused(*_: object, **__: object) -> Outcome:
        raise ScenarioError("the trace is missing")

    with_simulation(monkeypatch, refused)
    with pytest.raises(ScenarioError, match="the trace is missing"):
        compare(scenario, replications=2, workers=1, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_defect_in_one_run_is_told_and_the_rest_compared(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, simulate: Simulate
) -> None:
    def faulty(each: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        if (mix, replication) == ("lean", 2):
            raise ZeroDivisionError("by nought")
        return simulate(each, mix, seed, replication)

    with_simulation(monkeypatch, faulty)
    found = compare(scenario, replications=4, workers=1)
    assert found.failures == ("mix lean, replication 2: ZeroDivisionError: by nought",)
    assert sorted(found.samples["lean"].figures) == [0, 1, 3]


def test_interruption_keeps_what_is_finished(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulate: Simulate
) -> None:
    ran: list[tuple[str, int]] = []

    def interrupted(each: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append((mix, replication))
        return simulate(each, mix, seed, replication)

    with_simulation(monkeypatch, interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare(scenario, replications=3, workers=1, out=tmp_path)
    first = list(ran)
    ran[:] = [("", 0)] * 10
    compare(scenario, replications=3, workers=1, out=tmp_path)
    again = ran[10:]
    assert not set(first) & set(again)
    assert len(first) + len(again) == 6
