"""Makes a sweep die at each of its steps in turn, run as a program, in a process without threads.

A step is a statement that the store sends to SQLite, or one that writing a file takes. The engine is replaced by a
sum, so that a sweep takes milliseconds; everything else is the program's own.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

from sim.document import writing
from sim.record.kept import Packed
from sim.scenario.specs import Scenario
from sim.study import lock, point, store_file
from sim.study.point import Kept, Outcome
from sim.study.store import stored_points
from sim.study.sweeping import sweep

AXES = {"pools.few.nodes": ["4", "5", "6"]}


def simulated(scenario: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
    """In place of a simulation."""
    nodes = scenario.pools[0].nodes
    return Outcome({"cost_usd": {"total": nodes * len(mix) + seed + replication}, "feasible": True}, True, KEPT)


KEPT = Kept(Packed("{}", bytes(20_000)), "{}")


class Fate:
    """Counts steps, and ends this process at once when a number of them is reached."""

    def __init__(self, at: int) -> None:
        self.at, self.steps = at, 0

    def step(self, _name: str) -> None:
        """One step; the last one is not taken."""
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        """The function, with a step before it."""

        def stepped(*arguments: object, **named: object) -> object:
            self.step(name)
            return real(*arguments, **named)

        return stepped


def haunt(fate: Fate) -> None:
    """Puts a step before everything that the store and the writing of files do."""

    def connected(*arguments: object, **named: object) -> sqlite3.Connection:
        fate.step("connect")
        connection: sqlite3.Connection = sqlite3.connect(*arguments, **named)  # type: ignore[call-overload]
        connection.set_trace_callback(fate.step)
        return connection

    names = {name: getattr(sqlite3, name) for name in dir(sqlite3)}
    haunted = SimpleNamespace(**{**names, "connect": connected})
    store_file.sqlite3 = lock.sqlite3 = haunted  # type: ignore[attr-defined,assignment]
    for name in ("fsync", "fdopen"):
        setattr(os, name, fate.before(name, getattr(os, name)))
    for name in ("replace", "unlink", "mkdir", "chmod"):
        setattr(Path, name, fate.before(name, getattr(Path, name)))
    writing.tempfile.mkstemp = fate.before("mkstemp", writing.tempfile.mkstemp)  # type: ignore[attr-defined]


def dies(scenario: Path, out: Path, at: int) -> bool:
    """Whether a sweep in a child process is killed at a step; other ends than that and success are an error."""
    child = os.fork()
    if child == 0:
        try:
            haunt(Fate(at))
            sweep(scenario, AXES, out, workers=1)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def rows_of(out: Path) -> list[str]:
    """The finished points that the store has, as text; none where there is no store yet."""
    return [repr(each) for each in stored_points(out)] if (out / "results.sqlite").exists() else []


def died_at_each_step(scenario: Path, folder: Path, twice: bool) -> int:
    """Lets sweeps die at their first, second, .. step until one does not; each is then ended and held to the calm one.

    With `twice` it dies a second time, at the same step of going on. Gives the number of steps.
    """
    calm = folder / "calm"
    sweep(scenario, AXES, calm, workers=1)
    at = 1
    while True:
        out = folder / f"{at}{'twice' if twice else ''}"
        died = dies(scenario, out, at)
        seen = rows_of(out)
        if twice and died:
            dies(scenario, out, at)
        assert set(seen) <= set(rows_of(out)), f"step {at}: lost"
        sweep(scenario, AXES, out, workers=1)
        assert rows_of(out) == rows_of(calm), f"step {at}"
        assert (out / "results.parquet").read_bytes() == (calm / "results.parquet").read_bytes(), f"step {at}"
        torsos = [path.name for path in out.iterdir() if path.name.startswith(".") and path.name != ".lock"]
        assert torsos == [], f"step {at}"
        if not died:
            return at - 1
        at += 1


def main(arguments: Sequence[str]) -> None:
    """`dying_sweeps SCENARIO FOLDER`; prints the numbers of steps died at."""
    scenario, folder = map(Path, arguments)
    point.simulate_point = simulated
    os.fsync = lambda fd: None  # a killed process loses nothing of what it gave to the system
    sys.stdout.write(json.dumps([died_at_each_step(scenario, folder, twice) for twice in (False, True)]))


if __name__ == "__main__":
    main(sys.argv[1:])
