"""Runs many independent tasks on the processors of this machine, one result per task, whatever happens to one.

Pools of the standard library lose or hang on what is left where a worker dies; this one does not (`sim.study.pool`).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from sim.errors import InvariantError, SimError

Task = TypeVar("Task")
Value = TypeVar("Value")
Report = Callable[[float], None]  # told the share of a task that is done, 0..1
Heard = Callable[[int, float], None]  # told the index of a task and the share of it that is done
Status = Literal["failed", "timed out", "crashed"]


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that gave no result. `cause` is the explained error, None for a defect or a worker that died."""

    error: str
    cause: SimError | None = None
    trace: str = ""
    status: Status = "failed"


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
    timeout_s: float | None = None,
) -> Iterator[Finished[Value]]:
    """Yields each task's result as it comes; with one worker or one task in this process, else in spawned ones.

    `work` and the tasks must be picklable where workers > 1 or a task has a limit of time. Closing the iterator stops
    the workers; Ctrl-C lets them end what they are at, within two seconds, and then raises KeyboardInterrupt.
    """
    for batch in execute_in_batches(work, tasks, workers, heard, timeout_s):
        yield from batch


def execute_in_batches(
    work: Callable[[Task, Report], Value],
    tasks: Sequence[Task],
    workers: int,
    heard: Heard = lambda _index, _share: None,
    timeout_s: float | None = None,
    prepare: Callable[[], None] | None = None,
) -> Iterator[Sequence[Finished[Value]]]:
    """As `execute`, with the results that came together in one piece.

    Worker processes call `prepare` before their first task; the time that it takes is not theirs.
    """
    if timeout_s is None and (workers <= 1 or len(tasks) <= 1):
        for index, task in enumerate(tasks):
            yield [Finished(index, attempt(work, task, lambda share, index=index: heard(index, share)))]  # type: ignore[misc]
    elif tasks:
        from sim.study.pool import Pool

        yield from Pool(work, tasks, workers, timeout_s, prepare).results(heard)


def attempt(work: Callable[[Task, Report], Value], task: Task, report: Report) -> Value | Failed:
    """The result of one task, or what went wrong with it; interruption passes through."""
    try:
        return work(task, report)
    except SimError as fault:
        cause = None if isinstance(fault, InvariantError) else fault
        return Failed(str(fault), cause, traceback.format_exc())
    except Exception as fault:  # any defect is one failed task, never a lost sweep
        return Failed(f"{type(fault).__name__}: {fault}", None, traceback.format_exc())
