"""Sweeps in processes of their own, to be killed: what they started, and what they left."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sim.study.store_file import for_reading

RATE = "services.desk.traffic.poisson.rate_per_s"
LEFT_BEHIND_S = 1.0  # what processes are given to end after their parent


def sweep_line(points: int, out: str, *more: object) -> list[str]:
    """A sweep of the small scenario over this many points (an even number), on two workers."""
    axes = ["--set", f"{RATE}=linear(0.1,2,{points // 2})", "--workers", 2, "--out", out, *more]
    return [sys.executable, "-m", "sim", "sweep", "s.yaml", *map(str, axes)]


@dataclass
class Sweeping:
    """A running sweep, in a session of its own so that all its processes can be found."""

    process: subprocess.Popen[str]

    @classmethod
    def begun(cls, folder: Path, line: Sequence[str]) -> Sweeping:
        """A sweep just started."""
        return cls(
            subprocess.Popen(
                line, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
            )
        )

    def workers(self) -> list[int]:
        """Its processes that simulate."""
        return [each for each in session_of(self.process.pid) if "spawn_main" in command_of(each)]

    def kill(self) -> None:
        """Kills the parent alone, and sees that nothing else of it is alive a second later."""
        self.process.kill()
        self.process.communicate()
        until(lambda: not session_of(self.process.pid), LEFT_BEHIND_S)

    def end(self) -> int:
        """Waits for its end; gives the exit code."""
        _, said = self.process.communicate(timeout=200)
        assert "Traceback" not in said, said
        return self.process.returncode

    def interrupt(self) -> int:
        """Presses Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.end()


def finished_points(folder: Path) -> int:
    """Points that the store of a folder has; 0 where there is none yet."""
    path = folder / "results.sqlite"
    connection = for_reading(path) if path.exists() else None
    if connection is None:
        return 0
    with closing(connection):
        number: int = connection.execute("SELECT count(*) FROM points WHERE status = 'done'").fetchone()[0]
    return number


def content_hash(folder: Path) -> str:
    """Of the table of results, which equal results make equal to the byte."""
    return hashlib.sha256((folder / "results.parquet").read_bytes()).hexdigest()


def session_of(leader: int) -> list[int]:
    """Processes of the session that a process leads, zombies left out."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(session) == leader and state != "Z":
            found.append(int(path.parent.name))
    return found


def command_of(process: int) -> str:
    """The command line of a process; empty where it has gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def until(condition: Callable[[], bool], limit_s: float) -> None:
    """Waits for a condition that is to hold within a limit."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
