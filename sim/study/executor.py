"""Runs many independent tasks on the processors of this machine, one result per task, whatever happens to one.

A worker that dies takes down only the task it was working on: that task is reported as failed, the rest of its
chunk goes to a new worker. Pools of the standard library lose or hang on what is left in that case.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Generic, Literal, TypeVar

from sim.errors import InvariantError, SimError

Task = TypeVar("Task")
Value = TypeVar("Value")
Report = Callable[[float], None]  # told the share of a task that is done, 0..1
Heard = Callable[[int, float], None]  # told the index of a task and the share of it that is done

CHUNKS_PER_WORKER = 8  # enough to even out tasks of different length (assumed)
CHUNK_MAX = 16
STOP_S = 2.0  # what a worker is given to end by itself


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that gave no result. `cause` is the explained error, None for a defect or a worker that died."""

    error: str
    cause: SimError | None = None
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Finished(Generic[Value]):
    """What became of one task, by its place in the list."""

    index: int
    result: Value | Failed


def execute(
    work: Callable[[Task, Report], Value],
    tasks: Sequence[Task],
    workers: int,
    heard: Heard = lambda _index, _share: None,
) -> Iterator[Finished[Value]]:
    """Yields each task's result as it comes; with one worker or one task in this process, else in spawned ones.

    `work` and the tasks must be picklable where workers > 1. Closing the iterator, or Ctrl-C, stops the workers.
    """
    if workers <= 1 or len(tasks) <= 1:
        for index, task in enumerate(tasks):
            yield Finished(index, attempt(work, task, lambda share, index=index: heard(index, share)))  # type: ignore[misc]
    else:
        yield from _Pool(work, tasks, workers).results(heard)


def attempt(work: Callable[[Task, Report], Value], task: Task, report: Report) -> Value | Failed:
    """The result of one task, or what went wrong with it; interruption passes through."""
    try:
        return work(task, report)
    except SimError as fault:
        cause = None if isinstance(fault, InvariantError) else fault
        return Failed(str(fault), cause, traceback.format_exc())
    except Exception as fault:  # any defect is one failed task, never a lost sweep
        return Failed(f"{type(fault).__name__}: {fault}", None, traceback.format_exc())


Message = tuple[Literal["share", "result"], int, object]


@dataclass(eq=False)
class _Worker:
    """One process, the pipe to it, and what it still owes, in the order it works."""

    process: BaseProcess
    pipe: Connection
    owed: deque[int] = field(default_factory=deque)


class _Pool(Generic[Task, Value]):
    """The tasks not handed out yet and the workers that are alive."""

    def __init__(self, work: Callable[[Task, Report], Value], tasks: Sequence[Task], workers: int) -> None:
        self.work, self.tasks = work, tasks
        self.waiting = deque(range(len(tasks)))
        self.size = min(workers, len(tasks))
        self.chunk = max(1, min(CHUNK_MAX, len(tasks) // (self.size * CHUNKS_PER_WORKER)))
        self.crew: list[_Worker] = []

    def results(self, heard: Heard) -> Iterator[Finished[Value]]:
        """Hands out chunks until every task has a result."""
        try:
            while self.waiting or any(worker.owed for worker in self.crew):
                self._staff()
                for pipe in wait([worker.pipe for worker in self.crew if worker.owed]):
                    worker = next(each for each in self.crew if each.pipe is pipe)
                    yield from self._listen(worker, heard)
        finally:
            self._dismiss()

    def _staff(self) -> None:
        """Gives idle workers a chunk each, and starts workers while there is more to do."""
        idle = [worker for worker in self.crew if not worker.owed]
        while self.waiting and (idle or len(self.crew) < self.size):
            worker = idle.pop() if idle else self._hire()
            worker.owed.extend(self.waiting.popleft() for _ in range(min(self.chunk, len(self.waiting))))
            with contextlib.suppress(OSError):  # one that died meanwhile is found out when it is listened to
                worker.pipe.send([(index, self.tasks[index]) for index in worker.owed])

    def _hire(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_labour, args=(theirs, self.work), daemon=True)
        with _hidden_main():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self.crew.append(worker)
        return worker

    def _listen(self, worker: _Worker, heard: Heard) -> Iterator[Finished[Value]]:
        try:
            kind, index, content = worker.pipe.recv()
        except (EOFError, OSError):
            yield self._bury(worker)
            return
        if kind == "share":
            heard(index, content)
        else:
            worker.owed.remove(index)
            yield Finished(index, content)

    def _bury(self, worker: _Worker) -> Finished[Value]:
        """The first task owed is the one it died of; the others are innocent and wait again."""
        self.crew.remove(worker)
        worker.process.join()
        worker.pipe.close()
        suspect = worker.owed.popleft()
        self.waiting.extendleft(reversed(worker.owed))
        return Finished(suspect, Failed(f"the worker process died ({_manner(worker.process.exitcode)})"))

    def _dismiss(self) -> None:
        for worker in self.crew:
            worker.pipe.close()  # an idle worker ends at the end of its pipe
            if worker.owed:
                worker.process.terminate()
        for worker in self.crew:
            worker.process.join(STOP_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self.crew.clear()


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


def _manner(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {-exit_code}"
    return f"exit code {exit_code}"


def _labour(pipe: Connection, work: Callable[[Task, Report], Value]) -> None:
    """The life of a worker: chunks in, one message per result out; ends when the parent's end of the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then stops its workers
    with contextlib.suppress(EOFError, OSError):
        while True:
            for index, task in pipe.recv():
                result = attempt(work, task, lambda share, index=index: pipe.send(("share", index, share)))  # type: ignore[misc]
                _answer(pipe, index, result)


def _answer(pipe: Connection, index: int, result: object) -> None:
    try:
        pipe.send(("result", index, result))
    except (TypeError, AttributeError, ValueError) as fault:  # a result or a cause that cannot be pickled
        text = result.error if isinstance(result, Failed) else f"the result cannot be sent: {fault}"
        pipe.send(("result", index, Failed(text)))
