"""The life of a worker process: chunks of tasks in, results out, and an end as soon as its parent has gone."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Final, TypeAlias

from sim.study.executor import Failed, Report, Task, Value, attempt

Ready: TypeAlias = None
Share: TypeAlias = tuple[int, float]  # index of a task, and how much of it is done
Results: TypeAlias = list[tuple[int, bytes]]  # index of a task, and its result pickled
Message: TypeAlias = Ready | Share | Results
STOP: Final = None  # sent in place of a chunk
SHARE_EVERY_S: Final = 0.1
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def labour(
    pipe: Connection, work: Callable[[Task, Report], Value], hold_s: float, prepare: Callable[[], None] | None
) -> None:
    """Works on the chunks that come through the pipe, until it closes or says stop.

    A chunk is a list of (index, task). Results are held back for up to `hold_s`, so that short tasks do not cost a
    message each.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then stops its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    with contextlib.suppress(EOFError, OSError):
        if prepare is not None:
            prepare()
        answers = _Answers(pipe, hold_s)
        pipe.send(Ready)
        while (chunk := pipe.recv()) is not STOP:
            for index, task in chunk:
                answers.add(index, attempt(work, task, lambda share, index=index: answers.progress(index, share)))  # type: ignore[misc]
                if pipe.poll():  # more while there is work to do can only be the word to stop
                    break
            answers.send()


def _die_with_parent() -> None:
    """Sees that this process ends when the parent does, even in the middle of a simulation.

    Linux does so by itself when told to. Elsewhere a thread waits for it, which compiled code may keep waiting.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])  # at once where it had gone before it was waited for
        os._exit(1)


class _Answers:
    """Results on their way to the parent."""

    def __init__(self, pipe: Connection, hold_s: float) -> None:
        self.pipe, self.hold_s = pipe, hold_s
        self.held: Results = []
        self.sent_s = time.monotonic()

    def add(self, index: int, result: object) -> None:
        """Takes a result in, and sends what is held where that was long enough."""
        self.held.append((index, _pickled(result)))
        if time.monotonic() - self.sent_s >= self.hold_s:
            self.send()

    def send(self) -> None:
        """Sends what is held."""
        if self.held:
            self._say(self.held)
            self.held = []

    def progress(self, index: int, share: float) -> None:
        """Tells how far a task is, unless something was told a moment ago."""
        if time.monotonic() - self.sent_s >= SHARE_EVERY_S:
            self.send()
            self._say((index, share))

    def _say(self, message: Message) -> None:
        self.pipe.send(message)
        self.sent_s = time.monotonic()


def _pickled(result: object) -> bytes:
    try:
        return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    except (TypeError, AttributeError, ValueError, pickle.PicklingError) as fault:  # a result or a cause
        text = result.error if isinstance(result, Failed) else f"the result cannot be sent: {fault}"
        return pickle.dumps(Failed(text))
