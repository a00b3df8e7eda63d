"""Folders of results: what is in them is read back, what is not ours or not whole is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import UsageError
from sim.scenario.specs import Scenario
from sim.study import compare
from sim.study.folder import manifest_of
from sim.study.point import Outcome, Point
from sim.study.reading import comparison_of_run, kind_of, read_comparison, run_folder
from sim.study.store import Store


@pytest.mark.usefixtures("simulate")
def test_a_comparison_is_read_back_as_it_was(scenario: Scenario, tmp_path: Path) -> None:
    found = compare(scenario, replications=3, workers=1, out=tmp_path)
    read = read_comparison(tmp_path)
    assert json.dumps(read.to_json()) == json.dumps(found.to_json())
    assert read.samples["lean"].figures == found.samples["lean"].figures


def test_one_run_is_a_comparison_of_its_mix_alone(summary_of: Callable[..., dict[str, object]]) -> None:
    found = comparison_of_run(summary_of("lean", 50.0))
    assert (found.baseline, found.versus_baseline, found.conclusion.cheapest) == ("lean", {}, "lean")
    assert found.mixes["lean"]["cost_usd.total"].ci_low is None
    assert comparison_of_run(summary_of("lean", 50.0), random=False).deterministic


def test_a_summary_that_does_not_tell_its_window_is_read(summary_of: Callable[..., dict[str, object]]) -> None:
    older = {key: value for key, value in summary_of("lean", 50.0).items() if key != "window_s"}
    assert comparison_of_run(older).window_s == older["horizon_s"]


def test_folders_that_hold_nothing_of_use_are_named(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no results"):
        kind_of(tmp_path)
    manifest_of("compare", scenario, 1).write(tmp_path)
    with pytest.raises(UsageError, match="unfinished dcsim compare"):
        kind_of(tmp_path)


@pytest.mark.usefixtures("simulate")
def test_a_mix_without_a_run_is_refused(scenario: Scenario, tmp_path: Path) -> None:
    compare(scenario, replications=2, workers=1, out=tmp_path)
    (tmp_path / "runs" / "lean").mkdir(parents=True)
    assert run_folder(tmp_path, "lean") == tmp_path / "runs" / "lean"
    with pytest.raises(UsageError, match=r"no run of mix 'leen' \(it has: lean\)"):
        run_folder(tmp_path, "leen")


def test_a_store_keeps_outcomes_and_shrugs_at_nothing(scenario: Scenario, tmp_path: Path) -> None:
    manifest = manifest_of("sweep", scenario, 1)
    with Store(tmp_path / "out", manifest, scenario) as store:
        assert store.done() == {}
        assert not (tmp_path / "out").exists()
        store.add("one", Point(scenario=scenario, mix="lean", seed=1), Outcome({"pue": 1.2}, random=False))
    with Store(tmp_path / "out", manifest, scenario) as store:
        assert store.done() == {"one": Outcome({"pue": 1.2}, random=False)}


def test_a_damaged_store_is_told_and_not_written_over(scenario: Scenario, tmp_path: Path) -> None:
    manifest = manifest_of("sweep", scenario, 1)
    manifest.write(tmp_path)
    (tmp_path / "results.sqlite").write_bytes(b"not a database, whatever it was before" * 100)
    with pytest.raises(UsageError, match="cannot be read"):
        Store(tmp_path, manifest, scenario)
    assert (tmp_path / "results.sqlite").read_bytes().startswith(b"not a database")


@pytest.mark.usefixtures("simulate")
def test_what_a_study_that_was_killed_at_once_left_is_in_nobodys_way(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "runs" / "lean").mkdir(parents=True)
    (tmp_path / ".lock").touch()
    (tmp_path / ".manifest.json.a1b2c3d4").write_text("{")
    assert compare(scenario, replications=2, workers=1, out=tmp_path).replications == 2
    assert not (tmp_path / ".manifest.json.a1b2c3d4").exists()
