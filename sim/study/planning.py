"""What a sweep would do: how many points, why they are run, and about how long and how much room that takes."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.study.batch import processors
from sim.study.executor import Report, attempt
from sim.study.folder import manifest_of
from sim.study.point import Outcome, Point, keys_of, work_point
from sim.study.store import Store
from sim.study.sweeping import Axes, Sweep, sweep_points

COLD_S: Final = 10.0  # a run shorter than this is timed a second time, when everything is loaded and compiled
TRIED: Final = 3  # points, where the first ones fail
LONGEST_S: Final = 20.0  # what is spent on timing; of a longer run the share that is done then tells the rest
ROW_OVERHEAD: Final = 1.1  # pages and indices around the content of a row (measured: 1.05 to 1.1)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run takes, measured on one point."""

    run_s: float
    row_bytes: float | None  # None where the run was too long to be ended


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the same sweep would find to do; `cost` is None where there is nothing to run or nothing that runs."""

    sweep: Sweep
    workers: int
    cost: Cost | None

    @property
    def to_run(self) -> int:
        """Points that are not finished."""
        return self.sweep.points - self.sweep.skipped

    @property
    def seconds(self) -> float | None:
        """About how long the points to run take on these workers [s]."""
        return None if self.cost is None else self.cost.run_s * self.to_run / min(self.workers, max(1, self.to_run))

    @property
    def size_bytes(self) -> int | None:
        """About how much the folder grows."""
        if self.cost is None or self.cost.row_bytes is None:
            return None
        return round(self.cost.row_bytes * self.to_run)

    @property
    def free_bytes(self) -> int:
        """Room where the folder is."""
        out = self.sweep.out.absolute()
        return shutil.disk_usage(next(each for each in (out, *out.parents) if each.exists())).free

    def to_json(self) -> dict[str, object]:
        """The `dcsim.sweep/1` object, with the estimate."""
        return {
            **self.sweep.to_json(),
            "estimate": {
                "seconds": self.seconds,
                "bytes": self.size_bytes,
                "free_bytes": self.free_bytes,
                "workers": self.workers,
            },
        }


def planned(
    path: Path,
    axes: Axes,
    out: Path,
    *,
    replications: int = 1,
    seed: int | None = None,
    any_size: bool = False,
    workers: int | None = None,
) -> Plan:
    """What the same `sweep` would find to do. Nothing is written; one point is run, to see how long that takes."""
    from sim.scenario import load

    base = load(path)
    points = sweep_points(base, path, axes, replications=replications, seed=seed, any_size=any_size)
    keys = keys_of(points)
    with Store(out, manifest_of("sweep", base, base.seed if seed is None else seed), base, writing=False) as store:
        earlier = store.done()
        todo = [index for index, key in enumerate(keys) if key.identity not in earlier]
        reasons: Mapping[str, int] = Counter(store.reason(keys[index], points[index]) for index in todo)
    skipped = len(points) - len(todo)
    found = Sweep(points=len(points), done=0, failed=0, skipped=skipped, out=out, reasons=reasons)
    return Plan(sweep=found, workers=workers or processors(), cost=_cost([points[index] for index in todo[:TRIED]]))


def _cost(points: Sequence[Point]) -> Cost | None:
    """Of the first of the points that can be run."""
    for point in points:
        found = attempt(_timed, point, lambda _share: None)
        if isinstance(found, Cost):
            return found
    return None


class _Enough(Exception):  # noqa: N818 - not an error: the run is long, and enough of it was seen
    """Ends a run that takes too long to be timed to its end."""


def _timed(point: Point, _report: Report) -> Cost:
    begin_s = time.perf_counter()
    seen: list[float] = []

    def heard(share: float) -> None:
        taken_s = time.perf_counter() - begin_s
        if taken_s > LONGEST_S and share > 0.0:
            seen.append(taken_s / share)
            raise _Enough

    try:
        size = _size(work_point(point, heard))
    except _Enough:
        return Cost(seen[0], None)
    run_s = time.perf_counter() - begin_s
    if run_s < COLD_S:  # now everything is loaded and compiled
        begin_s = time.perf_counter()
        work_point(point, heard)
        run_s = time.perf_counter() - begin_s
    return Cost(run_s, ROW_OVERHEAD * size)


def _size(result: Outcome) -> int:
    kept = result.kept
    texts = [json.dumps(result.summary), *((kept.ledger.totals, kept.lean) if kept else ())]
    return sum(len(text.encode()) for text in texts) + (len(kept.ledger.meter) if kept else 0)
