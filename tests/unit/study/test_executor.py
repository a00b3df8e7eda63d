"""The pool keeps every result but that of the task that killed its worker."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
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
    words = "the worker process died ({}), 3 times on this point alone"
    assert found[17] == Failed(words.format("signal 9"), status="crashed")
    assert found[42] == Failed(words.format("exit code 0"), status="crashed")
    assert [result for result in found if not isinstance(result, Failed)] == [
        f"did {number}" for number in range(60) if number not in {17, 42}
    ]


def test_a_task_whose_worker_is_killed_once_is_done_again(labour: Labour, tmp_path: Path) -> None:
    tasks = [str(number) for number in range(20)]
    tasks[7] = f"killed once at {tmp_path / 'mark'}"
    assert results(labour, tasks, 2)[7] == "did killed once"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_over_its_time_is_stopped_alone(labour: Labour, workers: int) -> None:
    tasks = ["a", "slow", "b", "c"]
    found = {done.index: done.result for done in execute(labour, tasks, workers, timeout_s=1.0)}
    assert found == {0: "did a", 1: Failed("not done after 1 s", status="timed out"), 2: "did b", 3: "did c"}


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
    found = results(labour, ["odd result", "odd defect", "unreadable", "ok"], 2)
    assert all(isinstance(each, Failed) for each in found[:3])
    assert found[3] == "did ok"


def test_progress_of_each_long_task_is_heard(labour: Labour) -> None:
    heard: list[tuple[int, float]] = []
    assert len(list(execute(labour, ["reports", "reports"], 2, lambda index, share: heard.append((index, share))))) == 2
    assert sorted(heard) == [(0, 0.5), (1, 0.5)]


def test_closing_the_iterator_stops_the_workers(labour: Labour) -> None:
    work = execute(labour, ["brief", "slow", "slow"], 2)
    assert next(work).result == "did brief"
    started = time.monotonic()
    work.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 1.0
    assert not multiprocessing.active_children()


def test_ctrl_c_lets_what_is_under_way_end_and_begins_nothing_new(labour: Labour) -> None:
    found: list[object] = []

    def take() -> None:
        for done in execute(labour, ["brief"] * 40, 2):
            found.append(done.result)
            if len(found) == 1:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        take()
    assert found == ["did brief"] * len(found)
    assert 1 < len(found) < 10
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_stops_at_once(labour: Labour) -> None:
    work = execute(labour, ["brief", "slow", "slow"], 2)
    next(work)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    work.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_workers_end_with_their_parent_in_the_middle_of_a_task(tmp_path: Path) -> None:
    marks = [tmp_path / "one", tmp_path / "two"]
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pool_work import labour\nfrom sim.study.executor import execute\n"
        f"list(execute(labour, {[f'slow at {mark}' for mark in marks]!r}, 2))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    until(lambda: all(mark.exists() and mark.read_text() for mark in marks), 60.0)
    parent.kill()
    parent.wait()
    until(lambda: not any(alive(int(mark.read_text())) for mark in marks), 1.0)


def until(condition: Callable[[], bool], limit_s: float) -> None:
    """Waits for a condition that is to hold within a limit."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(process: int) -> bool:
    """Whether a process runs: it exists and is not a zombie that nobody has asked for yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
