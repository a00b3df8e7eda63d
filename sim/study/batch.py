"""Runs the points of a study: those finished before come from the store, the others from the executor."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from sim.errors import InputError
from sim.study.executor import Failed, execute_in_batches
from sim.study.point import Key, Point, Row, keys_of, work_point
from sim.study.store import Entry, Store


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
Told: TypeAlias = Callable[[Mapping[str, int]], None]  # of the numbers of points by why they have to be run


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_points(
    points: Sequence[Point],
    workers: int | None = None,
    store: Store | None = None,
    watch: Watch | None = None,
    *,
    timeout_s: float | None = None,
    told: Told | None = None,
) -> Generator[Row, None, None]:
    """Yields one row per point as it comes, stored ones first; each new row is in the store before it is yielded.

    A point that takes longer than `timeout_s` is stopped. `told` hears, before the first is run, how many points are
    run and why. Raises the InputError of the first point where every point was refused for its input; nothing is
    written then.
    """
    keys = keys_of(points)
    earlier = store.done() if store else {}
    known = [index for index, key in enumerate(keys) if key.identity in earlier]
    reasons: dict[int, str] = {
        index: store.reason(key, points[index]) if store else "new"
        for index, key in enumerate(keys)
        if key.identity not in earlier
    }
    if told is not None:
        told(Counter(reasons.values()))
    yield from (Row(index, points[index], earlier[keys[index].identity], earlier=True) for index in known)
    accepted, held_back = bool(known), list[Row]()
    for rows in _fresh_rows(points, reasons, workers or processors(), watch or (lambda _progress: None), timeout_s):
        held_back += rows
        accepted = accepted or not all(row.refused for row in rows)
        if accepted:
            _keep(held_back, keys, store)
            yield from (each.lightened() for each in held_back)
            held_back.clear()
    if held_back:
        _raise_refusal(held_back[0])


def _keep(rows: Sequence[Row], keys: Sequence[Key], store: Store | None) -> None:
    if store:
        store.add_all([Entry(keys[row.index], row.point, row.result) for row in rows])


def _fresh_rows(
    points: Sequence[Point], reasons: Mapping[int, str], workers: int, watch: Watch, timeout_s: float | None
) -> Generator[list[Row], None, None]:
    """The rows of the points that have a reason to be run, as many at a time as come together."""
    todo = list(reasons)
    progress = Progress(len(points), sum(point.scenario.horizon_s for point in points), len(points) - len(todo))

    def heard(index: int, share: float) -> None:
        progress.heard(index, share)
        watch(progress)

    watch(progress)
    if workers > 1 and len(todo) > 1:
        _warm_kernels()
    tasks = [points[index] for index in todo]
    for batch in execute_in_batches(work_point, tasks, workers, heard, timeout_s, _load):
        for done in batch:
            progress.finish(done.index)
        watch(progress)
        rows = [(todo[done.index], done.result) for done in batch]
        yield [Row(index, points[index], result, reason=reasons[index]) for index, result in rows]


def _load() -> None:
    """Loads what a simulation needs, which takes longer than a short one."""
    import sim.economics
    import sim.engine
    import sim.strategies  # noqa: F401


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
