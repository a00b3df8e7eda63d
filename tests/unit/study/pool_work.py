"""Tasks for the worker processes of the executor's tests; imported by name in them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from sim.errors import ScenarioError


class UnpicklableError(Exception):
    def __init__(self, handle: object, needed: object) -> None:
        super().__init__("odd")
        self.handle, self.needed = handle, needed


class Unreadable:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return int, ("one",)


def labour(task: str, report: Callable[[float], None]) -> object:
    kind, _, path = task.partition(" at ")
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "killed once" and not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "leaves":
        os._exit(0)
    if kind == "slow":
        Path(path or os.devnull).write_text(str(os.getpid()))
        time.sleep(60)
    if kind == "reports":
        time.sleep(0.15)
        report(0.5)
    if kind == "brief":
        time.sleep(0.3)
    if kind == "bad input":
        raise ScenarioError("no such thing")
    if kind == "defect":
        raise ZeroDivisionError("by nought")
    if kind == "odd defect":
        raise UnpicklableError(lambda: None, 1)
    if kind == "odd result":
        return lambda: None
    if kind == "unreadable":
        return Unreadable()
    return f"did {kind}"
