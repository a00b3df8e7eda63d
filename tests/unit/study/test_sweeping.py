"""Sweeps: the cross product, one row per point, resuming, failed points, refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.errors import ScenarioError, UsageError
from sim.scenario.specs import Scenario
from sim.study import sweep
from sim.study.executor import Failed, Finished, Status
from sim.study.folder import manifest_of
from sim.study.point import Outcome
from sim.study.store import Store, stored_points

Simulate = Callable[..., Outcome]
AXES = {"pools.h100.nodes": ["2", "4"], "site.plant": ["chilled-water", "direct-liquid", "{preset: legacy}"]}
FILE = Path("s.yaml")


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch, scenario_of: Callable[..., Scenario]) -> None:
    """In place of the scenario layer: each combination of settings is a scenario of its own."""

    def load(path: Path, settings: Sequence[str] = ()) -> Scenario:
        return scenario_of(" ".join((path.stem, *settings)))

    monkeypatch.setattr("sim.scenario.load", load, raising=False)


def rows_of(folder: Path) -> list[dict[str, object]]:
    return pq.read_table(folder / "results.parquet").to_pylist()  # type: ignore[no-any-return]


@pytest.mark.usefixtures("simulate")
def test_one_row_per_combination_mix_and_replication(tmp_path: Path) -> None:
    found = sweep(FILE, AXES, tmp_path, replications=2, workers=1)
    rows = rows_of(tmp_path)
    assert (found.points, found.done, found.failed, found.skipped) == (24, 24, 0, 0)
    assert len(rows) == 24
    assert list(rows[0])[:8] == [*AXES, "mix", "replication", "seed", "status", "error", "feasible"]
    assert [row["pools.h100.nodes"] for row in rows] == [2] * 12 + [4] * 12
    assert rows[-1]["site.plant"] == "{preset: legacy}"
    assert all(isinstance(row["cost_usd.total"], float) for row in rows)


@pytest.mark.usefixtures("simulate")
def test_the_same_command_resumes_and_a_grown_grid_runs_what_is_new(tmp_path: Path) -> None:
    first = sweep(FILE, AXES, tmp_path, workers=1)
    before = (tmp_path / "results.parquet").read_bytes()
    again = sweep(FILE, AXES, tmp_path, workers=1)
    assert (again.points, again.done, again.skipped) == (first.points, 0, first.points)
    assert (tmp_path / "results.parquet").read_bytes() == before
    grown = sweep(FILE, {**AXES, "pools.h100.nodes": ["2", "4", "8"]}, tmp_path, workers=1)
    assert (grown.points, grown.done, grown.skipped) == (18, 6, 12)


def test_a_failed_point_is_a_row_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulate: Simulate
) -> None:
    def faulty(each: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        if "nodes=4" in each.name and mix == "lean":
            raise ScenarioError("the model does not fit")
        return simulate(each, mix, seed, replication)

    monkeypatch.setattr("sim.study.point.simulate_point", faulty)
    found = sweep(FILE, {"pools.h100.nodes": ["2", "4"]}, tmp_path, workers=1)
    assert (found.points, found.done, found.failed) == (4, 3, 1)
    assert found.failures == ("mix lean, pools.h100.nodes=4, replication 0: the model does not fit",)
    failed = rows_of(tmp_path)[-1]
    assert (failed["status"], failed["error"]) == ("failed", "the model does not fit")
    assert failed["cost_usd.total"] is None
    monkeypatch.setattr("sim.study.point.simulate_point", simulate)
    again = sweep(FILE, {"pools.h100.nodes": ["2", "4"]}, tmp_path, workers=1)
    assert (again.done, again.failed, again.skipped) == (1, 0, 3)


def test_where_no_point_has_valid_input_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> Outcome:
        raise ScenarioError("the trace is missing")

    monkeypatch.setattr("sim.study.point.simulate_point", refused)
    with pytest.raises(ScenarioError, match="the trace is missing"):
        sweep(FILE, AXES, tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


def test_interruption_leaves_a_table_of_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulate: Simulate
) -> None:
    def interrupted(each: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        if "nodes=4" in each.name:
            raise KeyboardInterrupt
        return simulate(each, mix, seed, replication)

    monkeypatch.setattr("sim.study.point.simulate_point", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(FILE, AXES, tmp_path, workers=1)
    assert len(rows_of(tmp_path)) == 6
    monkeypatch.setattr("sim.study.point.simulate_point", simulate)
    assert sweep(FILE, AXES, tmp_path, workers=1).skipped == 6


@pytest.mark.usefixtures("simulate")
def test_too_many_points_need_a_yes(tmp_path: Path) -> None:
    many = {"a": [str(number) for number in range(100)], "b": [str(number) for number in range(100)]}
    with pytest.raises(UsageError, match="20,000 points"):
        sweep(FILE, many, tmp_path, workers=1)


@pytest.mark.usefixtures("simulate")
def test_another_scenario_does_not_enter_the_folder(tmp_path: Path) -> None:
    sweep(FILE, {"a": ["1"]}, tmp_path, workers=1)
    with pytest.raises(UsageError, match="another scenario"):
        sweep(Path("other.yaml"), {"a": ["1"]}, tmp_path, workers=1)


@pytest.mark.usefixtures("simulate")
def test_mixes_and_replications_are_axes_like_others(tmp_path: Path) -> None:
    axes = {"mix": ["lean"], "replication": ["3", "7"], "a": ["1", "2"]}
    assert sweep(FILE, axes, tmp_path, workers=1).points == 4
    assert {(row["mix"], row["replication"], row["a"]) for row in rows_of(tmp_path)} == {
        ("lean", number, value) for number in (3, 7) for value in (1, 2)
    }
    with pytest.raises(UsageError, match="did you mean 'lean'"):
        sweep(FILE, {"mix": ["leen"]}, tmp_path, workers=1)
    with pytest.raises(UsageError, match="whole number from 0"):
        sweep(FILE, {"replication": ["first"]}, tmp_path, workers=1)


@pytest.mark.usefixtures("simulate")
def test_each_point_is_run_for_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, int]] = []

    def again(values: list[str]) -> None:
        sweep(FILE, {"a": values}, tmp_path, workers=1, told=lambda reasons: heard.append(dict(reasons)))

    again(["1"])
    again(["1", "2"])
    monkeypatch.setattr("sim.study.point.code_version", lambda: "another")
    again(["1", "2", "3"])
    assert heard == [{"new": 2}, {"new": 2}, {"code changed": 4, "new": 2}]
    assert len(rows_of(tmp_path)) == 6
    assert len(list(stored_points(tmp_path))) == 6, "what was run with other code has given way"


@pytest.mark.usefixtures("simulate")
@pytest.mark.parametrize("status", ["failed", "timed out", "crashed"])
def test_a_point_that_gave_no_result_is_run_again_and_told_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    def faulty(*arguments: object) -> list[list[Finished[Outcome]]]:
        return [[Finished(index, Failed("no", status=status)) for index in range(2)]]

    with monkeypatch.context() as patched:
        patched.setattr("sim.study.batch.execute_in_batches", faulty)
        sweep(FILE, {"a": ["1"]}, tmp_path, workers=1)
    assert [row["status"] for row in rows_of(tmp_path)] == [status, status]
    assert sweep(FILE, {"a": ["1"]}, tmp_path, workers=1).reasons == {status: 2}


@pytest.mark.usefixtures("simulate")
def test_a_second_writer_is_refused_until_the_first_has_ended(
    tmp_path: Path, scenario_of: Callable[..., Scenario]
) -> None:
    sweep(FILE, {"a": ["1"]}, tmp_path, workers=1)
    base = scenario_of("s")
    with (
        Store(tmp_path, manifest_of("sweep", base, 1), base),
        pytest.raises(UsageError, match="is being written by another dcsim"),
    ):
        sweep(FILE, {"a": ["1", "2"]}, tmp_path, workers=1)
    with Store(tmp_path, manifest_of("sweep", base, 1), base, writing=False) as looked_at:
        assert len(looked_at.done()) == 2
        assert sweep(FILE, {"a": ["1", "2"]}, tmp_path, workers=1).done == 2
