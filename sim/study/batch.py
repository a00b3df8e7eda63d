"""Runs the points of a study: those finished before come from the store, the others from the executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from sim.errors import InputError
from sim.study.executor import Failed, execute
from sim.study.point import Point, Row, identities, work_point
from sim.study.store import Store


@dataclass(slots=True)
class Progress:
    """How far a study is, in points and in simulated time."""

    points: int
    simulated_s: float  # of all points together
    finished: int = 0
    _shares: dict[int, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Share of the simulated time that is done, 0..1."""
        return min(1.0, (self.finished + sum(self._shares.values())) / self.points) if self.points else 1.0

    def heard(self, index: int, share: float) -> None:
        """Notes how far the point at `index` is."""
        self._shares[index] = share

    def finish(self, index: int) -> None:
        """Notes that the point at `index` has its result."""
        self._shares.pop(index, None)
        self.finished += 1


Watch: TypeAlias = Callable[[Progress], None]


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_points(
    points: Sequence[Point], workers: int | None = None, store: Store | None = None, watch: Watch | None = None
) -> Generator[Row, None, None]:
    """Yields one row per point as it comes, stored ones first; each new row is in the store before it is yielded.

    Raises the InputError of the first point where every point was refused for its input; nothing is written then.
    """
    names = identities(points)
    earlier = store.done() if store else {}
    known = [index for index, identity in enumerate(names) if identity in earlier]
    todo = [index for index, identity in enumerate(names) if identity not in earlier]
    yield from (Row(index, points[index], earlier[names[index]], earlier=True) for index in known)
    accepted, held_back = bool(known), list[Row]()
    for row in _fresh_rows(points, todo, workers or processors(), watch or (lambda _progress: None)):
        held_back.append(row)
        accepted = accepted or not row.refused
        if accepted:
            for each in held_back:
                if store:
                    store.add(names[each.index], each.point, each.result)
                yield each.lightened()
            held_back.clear()
    if held_back:
        _raise_refusal(held_back[0])


def _fresh_rows(points: Sequence[Point], todo: Sequence[int], workers: int, watch: Watch) -> Generator[Row, None, None]:
    progress = Progress(len(points), sum(point.scenario.horizon_s for point in points), len(points) - len(todo))

    def heard(index: int, share: float) -> None:
        progress.heard(index, share)
        watch(progress)

    watch(progress)
    if workers > 1 and len(todo) > 1:
        _warm_kernels()
    for done in execute(work_point, [points[index] for index in todo], workers, heard):
        progress.finish(done.index)
        watch(progress)
        yield Row(todo[done.index], points[todo[done.index]], done.result)


def _warm_kernels() -> None:
    """Compiles what is not in the cache yet: workers would each do so by themselves, into one folder.

    The folder is of these very kernel sources, so a mark in it holds as long as it does.
    """
    import sim.kernels  # noqa: F401 - chooses the folder

    mark = Path(os.environ["NUMBA_CACHE_DIR"]) / "warm"
    if mark.exists() or os.environ.get("NUMBA_DISABLE_JIT") == "1":
        return
    from sim.kernels.cache import warm

    warm()
    mark.touch()


def _raise_refusal(row: Row) -> None:
    if isinstance(row.result, Failed) and isinstance(row.result.cause, InputError):
        raise row.result.cause
