"""Tasks for the worker processes of the executor's tests; imported by name in them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from sim.errors import ScenarioError


class UnpicklableError(Exception):
    def __init__(self, handle: object, needed: object) -> None:
        super().__init__("odd")
        self.handle, self.needed = handle, needed


def labour(task: str, report: Callable[[float], None]) -> object:
    report(0.5)
    if task == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "leaves":
        os._exit(0)
    if task == "slow":
        time.sleep(60)
    if task == "bad input":
        raise ScenarioError("no such thing")
    if task == "defect":
        raise ZeroDivisionError("by nought")
    if task == "odd defect":
        raise UnpicklableError(lambda: None, 1)
    if task == "odd result":
        return lambda: None
    return f"did {task}"
