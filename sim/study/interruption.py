"""Ctrl-C that lets work end in good order: the first one asks, the second one stops at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Final, Self

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While it is entered, the first Ctrl-C (or SIGTERM, where that means the same) only sets `asked`.

    Signals that the program ignores or answers in its own way are left alone, as are all of them outside the main
    thread, where Python lets nobody change them.
    """

    def __init__(self) -> None:
        self.asked = False
        self._taken: list[signal.Signals] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._taken = [each for each in SIGNALS if signal.getsignal(each) is signal.default_int_handler]
            for each in self._taken:
                signal.signal(each, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for each in self._taken:
            signal.signal(each, signal.default_int_handler)
        self._taken.clear()

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
