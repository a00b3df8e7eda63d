"""Worker processes that share a list of tasks; one that dies or hangs harms no other task.

Where a worker dies over several tasks, nobody knows which one it was: each is tried again alone, in a process of its
own. A task whose process dies three times alone has crashed. A task over its time is stopped and has timed out.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Final, Generic

from sim.study.executor import Failed, Finished, Heard, Report, Task, Value
from sim.study.interruption import Interruption
from sim.study.labour import STOP, labour

CHUNKS_PER_WORKER: Final = 8  # enough to even out tasks of different length (assumed)
CHUNK_MAX: Final = 16
HOLD_S: Final = 0.05  # how long a worker keeps results of short tasks to itself (assumed)
TRIES: Final = 3  # of a task alone, before it counts as crashed
TICK_S: Final = 0.2  # how often limits of time and Ctrl-C are looked at
DRAIN_S: Final = 2.0  # what the tasks under way are given after Ctrl-C


@dataclass(eq=False)
class _Worker:
    """One process, the pipe to it, what it still owes in the order it works, and since when it is at the first."""

    process: BaseProcess
    pipe: Connection
    owed: deque[int] = field(default_factory=deque)
    ready: bool = False
    since_s: float = 0.0


class Pool(Generic[Task, Value]):
    """The tasks not handed out yet and the workers that are alive."""

    def __init__(
        self,
        work: Callable[[Task, Report], Value],
        tasks: Sequence[Task],
        workers: int,
        timeout_s: float | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.work, self.tasks, self.timeout_s, self.prepare = work, tasks, timeout_s, prepare
        self.waiting, self.alone = deque(range(len(tasks))), deque[int]()
        self.deaths = Counter[int]()  # of processes that worked on one task alone
        self.size = min(workers, len(tasks))
        self.chunk = max(1, min(CHUNK_MAX, len(tasks) // (self.size * CHUNKS_PER_WORKER)))
        self.crew: list[_Worker] = []

    def results(self, heard: Heard) -> Iterator[Sequence[Finished[Value]]]:
        """Hands out chunks until every task has a result; what comes in together is yielded together."""
        try:
            with Interruption() as interruption:
                self._staff()
                while self._busy():
                    found = self._listen(heard, TICK_S) + self._overdue()
                    if interruption.asked:
                        yield found + self._drained(heard)
                        raise KeyboardInterrupt
                    self._staff()  # before the results are dealt with, so that nobody waits for that
                    if found:
                        yield found
        finally:
            self._dismiss()

    def _busy(self) -> bool:
        return any(worker.owed for worker in self.crew)

    def _staff(self) -> None:
        """Gives idle workers a chunk each, and starts workers while there is more to do."""
        idle = [worker for worker in self.crew if not worker.owed]
        while (self.waiting or self.alone) and (idle or len(self.crew) < self.size):
            worker = idle.pop() if idle else self._hire()
            queue, most = (self.waiting, self.chunk) if self.waiting else (self.alone, 1)
            worker.owed.extend(queue.popleft() for _ in range(min(most, len(queue))))
            worker.since_s = time.monotonic()
            with contextlib.suppress(OSError):  # one that died meanwhile is found out when it is listened to
                worker.pipe.send([(index, self.tasks[index]) for index in worker.owed])

    def _hire(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        hold_s = HOLD_S if self.timeout_s is None else 0.0  # a limit of time needs to know which task is under way
        process = context.Process(target=labour, args=(theirs, self.work, hold_s, self.prepare), daemon=True)
        with _hidden_main():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self.crew.append(worker)
        return worker

    def _listen(self, heard: Heard, timeout_s: float) -> list[Finished[Value]]:
        """What the workers say within this time; returns as soon as one has said something."""
        found: list[Finished[Value]] = []
        for pipe in wait([worker.pipe for worker in self.crew], timeout_s):
            worker = next(each for each in self.crew if each.pipe is pipe)
            try:
                message = worker.pipe.recv()
            except (EOFError, OSError):
                found += self._bury(worker)
                continue
            if isinstance(message, tuple):
                heard(*message)
                continue
            worker.ready, worker.since_s = True, time.monotonic()
            for index, content in message or ():
                worker.owed.remove(index)
                found.append(Finished(index, _unpickled(content)))
        return found

    def _bury(self, worker: _Worker) -> list[Finished[Value]]:
        """Takes a dead worker out. What it owed is tried again alone, unless it has been often enough."""
        exit_code = self._end(worker)
        if len(worker.owed) == 1:
            (suspect,) = worker.owed
            self.deaths[suspect] += 1
            if self.deaths[suspect] == TRIES:
                text = f"the worker process died ({_manner(exit_code)}), {TRIES} times on this point alone"
                return [Finished(suspect, Failed(text, status="crashed"))]
        self.alone.extend(worker.owed)
        return []

    def _overdue(self) -> list[Finished[Value]]:
        """Stops workers whose task is over its time; the rest of their chunk waits again."""
        if self.timeout_s is None:
            return []
        now, found = time.monotonic(), list[Finished[Value]]()
        for worker in [each for each in self.crew if each.ready and each.owed]:
            if now - worker.since_s > self.timeout_s:
                self._end(worker)
                late = worker.owed.popleft()
                self.waiting.extendleft(reversed(worker.owed))
                found.append(Finished(late, Failed(f"not done after {self.timeout_s:g} s", status="timed out")))
        return found

    def _drained(self, heard: Heard) -> list[Finished[Value]]:
        """The results of the tasks under way, as far as they come in time; nothing new is begun."""
        for worker in self.crew:
            with contextlib.suppress(OSError):
                worker.pipe.send(STOP)
        found, until_s = list[Finished[Value]](), time.monotonic() + DRAIN_S
        while self._busy() and (left_s := until_s - time.monotonic()) > 0.0:
            found += self._listen(heard, left_s)
        return found

    def _end(self, worker: _Worker) -> int | None:
        self.crew.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        return worker.process.exitcode

    def _dismiss(self) -> None:
        for worker in self.crew:
            worker.process.kill()  # there is nothing in a worker that its end could harm
        for worker in list(self.crew):
            self._end(worker)


@contextlib.contextmanager
def _hidden_main() -> Iterator[None]:
    """Keeps spawned workers from running the caller's script again, which they would do to find what it defines.

    Work and tasks come from importable modules, so a script needs no `if __name__ == "__main__"` around its studies.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _unpickled(content: bytes) -> Value | Failed:
    try:
        found: Value | Failed = pickle.loads(content)  # our own worker made it a moment ago
    except Exception as fault:  # of a class that cannot be made again from what it was made of
        return Failed(f"the result cannot be read: {type(fault).__name__}: {fault}")
    return found


def _manner(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {-exit_code}"
    return f"exit code {exit_code}"
