"""Sweeps whose processes are killed: nothing lost, nothing doubled, nothing left running, nothing to unlock."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType

import pytest


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes are counted by way of /proc")
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.delitem(sys.modules, "study_processes", raising=False)
    return import_module("study_processes")


def kill_and_compare(processes: ModuleType, folder: Path, points: int, parents: int, workers: int) -> None:
    """Kills parents and workers of one sweep at random times, lets it end, and compares it with one left in peace."""
    assert processes.Sweeping.begun(folder, processes.sweep_line(points, "calm")).end() == 0
    line, draw, seen = processes.sweep_line(points, "w"), Random(7), 0
    for left in range(parents, 0, -1):
        running = processes.Sweeping.begun(folder, line)
        target = seen + draw.randrange(2 * max(0, 3 * points // 4 - seen) // left + 1)
        while (now := processes.finished_points(folder / "w")) < max(target, 1):
            assert running.process.poll() is None, running.end()
            workers -= kill_one(running.workers(), draw) if workers and draw.random() < 0.3 else 0
            time.sleep(0.02 * draw.random())
        running.kill()
        assert now >= seen, "points that were finished are lost"
        seen = now
    last = processes.Sweeping.begun(folder, line)
    while workers and last.process.poll() is None:
        workers -= kill_one(last.workers(), draw)
        time.sleep(0.3)
    assert (last.end(), workers) == (0, 0)
    left_behind = {path.name for path in (folder / "w").iterdir()}
    assert left_behind == {path.name for path in (folder / "calm").iterdir()}, "nothing half written is left"
    assert processes.finished_points(folder / "w") == points
    assert processes.content_hash(folder / "w") == processes.content_hash(folder / "calm")


def kill_one(processes: list[int], draw: Random) -> bool:
    """Kills one of these processes; False where there is none."""
    if not processes:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(draw.choice(processes), signal.SIGKILL)
    return True


def test_a_sweep_survives_the_death_of_its_parent_and_its_workers(processes: ModuleType, folder: Path) -> None:
    kill_and_compare(processes, folder, points=600, parents=3, workers=3)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_long_sweep_survives_a_hundred_deaths_of_its_parent(processes: ModuleType, folder: Path) -> None:
    kill_and_compare(processes, folder, points=2000, parents=100, workers=50)


def test_ctrl_c_ends_in_good_order_and_the_same_command_goes_on(processes: ModuleType, folder: Path) -> None:
    line = processes.sweep_line(2000, "w")
    running = processes.Sweeping.begun(folder, line)
    processes.until(lambda: processes.finished_points(folder / "w") > 0, 60.0)
    started = time.monotonic()
    assert running.interrupt() == 130
    assert time.monotonic() - started < 5.0
    processes.until(lambda: not processes.session_of(running.process.pid), 1.0)
    assert (folder / "w" / "results.parquet").exists()


def test_a_second_sweep_of_the_folder_is_refused_while_the_first_one_runs(processes: ModuleType, folder: Path) -> None:
    line = processes.sweep_line(2000, "w")
    running = processes.Sweeping.begun(folder, line)
    processes.until(lambda: processes.finished_points(folder / "w") > 0, 60.0)
    second = processes.Sweeping.begun(folder, line)
    _, said = second.process.communicate(timeout=60)
    assert second.process.returncode == 2
    assert said == "w is being written by another dcsim: wait until it has ended, or choose another --out\n"
    running.kill()
    third = processes.Sweeping.begun(folder, line)
    processes.until(lambda: third.workers() != [], 60.0)
    third.kill()


def test_workers_in_the_middle_of_a_long_simulation_end_with_their_parent(processes: ModuleType, folder: Path) -> None:
    axes = ["--set", "horizon_h=20000,20001", "--mixes", "baseline", "--workers", "2", "--out", "w"]
    running = processes.Sweeping.begun(folder, [sys.executable, "-m", "sim", "sweep", "s.yaml", *axes])
    processes.until(lambda: len(running.workers()) == 2, 60.0)
    time.sleep(5.0)  # by then they simulate, in compiled code
    running.kill()
