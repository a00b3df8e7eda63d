"""The pool keeps every result but that of the task that killed its worker."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.study.executor import Failed, execute

Labour = Callable[[str, Callable[[float], None]], object]


@pytest.fixture
def labour(monkeypatch: pytest.MonkeyPatch) -> Labour:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.delitem(sys.modules, "pool_work", raising=False)
    return import_module("pool_work").labour  # type: ignore[no-any-return]


def results(labour: Labour, tasks: list[str], workers: int) -> list[object]:
    found = {done.index: done.result for done in execute(labour, tasks, workers)}
    assert sorted(found) == list(range(len(tasks)))
    return [found[index] for index in range(len(tasks))]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_has_one_result(labour: Labour, workers: int) -> None:
    tasks = [str(number) for number in range(40)]
    assert results(labour, tasks, workers) == [f"did {task}" for task in tasks]


def test_a_worker_that_dies_fails_its_own_task_alone(labour: Labour) -> None:
    tasks = [str(number) for number in range(60)]
    tasks[17], tasks[42] = "killed", "leaves"
    found = results(labour, tasks, 2)
    assert found[17] == Failed("the worker process died (signal 9)")
    assert found[42] == Failed("the worker process died (exit code 0)")
    assert [result for result in found if not isinstance(result, Failed)] == [
        f"did {number}" for number in range(60) if number not in {17, 42}
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_explained_faults_and_defects_are_told_apart(labour: Labour, workers: int) -> None:
    bad, defect, fine = results(labour, ["bad input", "defect", "ok"], workers)
    assert isinstance(bad, Failed)
    assert isinstance(bad.cause, ScenarioError)
    assert isinstance(defect, Failed)
    assert (defect.error, defect.cause) == ("ZeroDivisionError: by nought", None)
    assert "Traceback" in defect.trace
    assert fine == "did ok"


def test_what_cannot_travel_is_a_failed_task(labour: Labour) -> None:
    found = results(labour, ["odd result", "odd defect", "ok"], 2)
    assert isinstance(found[0], Failed)
    assert isinstance(found[1], Failed)
    assert found[2] == "did ok"


def test_progress_of_each_task_is_heard(labour: Labour) -> None:
    heard: list[tuple[int, float]] = []
    assert len(list(execute(labour, ["a", "b"], 2, lambda index, share: heard.append((index, share))))) == 2
    assert sorted(heard) == [(0, 0.5), (1, 0.5)]


def test_closing_the_iterator_stops_the_workers(labour: Labour) -> None:
    work = execute(labour, ["quick", "slow", "slow"], 2)
    assert next(work).result == "did quick"
    started = time.monotonic()
    work.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 5.0
    assert not multiprocessing.active_children()
