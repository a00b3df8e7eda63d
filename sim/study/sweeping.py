"""`sweep`: the cross product of lists of settings, over all mixes and replications; the same call resumes."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.errors import UsageError
from sim.scenario.specs import Scenario
from sim.study.batch import Watch, run_points
from sim.study.executor import Failed
from sim.study.folder import manifest_of
from sim.study.mixes import mix_names
from sim.study.point import Point, Row, Setting, keys_of
from sim.study.results import failures_of, write_results
from sim.study.store import Store

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "dcsim.sweep/1"
POINTS_MAX: Final = 10_000  # more need an explicit yes
Axes: TypeAlias = Mapping[str, Sequence[str]]  # path -> the values it takes, as they would be written in the file


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What became of the points: all of them, those run now, failed, and found finished from before."""

    points: int
    done: int
    failed: int
    skipped: int
    out: Path
    rows: Sequence[Row] = field(default=(), repr=False)

    def to_json(self) -> dict[str, object]:
        """The `dcsim.sweep/1` object."""
        return {
            "schema": SCHEMA,
            "points": self.points,
            "done": self.done,
            "failed": self.failed,
            "skipped": self.skipped,
            "out": str(self.out),
        }

    @property
    def failures(self) -> tuple[str, ...]:
        """One line per failed point."""
        return failures_of(self.rows)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per point: varied paths, mix, replication, seed, status, error and every figure."""
        import pandas as pd

        return pd.read_parquet(self.out / "results.parquet")


def sweep(
    path: Path,
    axes: Axes,
    out: Path,
    *,
    replications: int = 1,
    seed: int | None = None,
    workers: int | None = None,
    any_size: bool = False,
    watch: Watch | None = None,
) -> Sweep:
    """Simulates every combination of the axes' values on the scenario at `path`, in all its mixes.

    A point that fails is a row of `out`/results.parquet with its error; points finished by an earlier call are not
    run again. Interruption keeps what is finished.

    Raises UsageError for more than 10,000 points without `any_size` and for a folder of another scenario, InputError
    where a combination is not a valid scenario or no point has valid input.
    """
    from sim.scenario import load

    base = load(path)
    points = sweep_points(base, path, axes, replications=replications, seed=seed, any_size=any_size)
    rows: dict[int, Row] = {}
    with Store(out, manifest_of("sweep", base, base.seed if seed is None else seed), base) as store:
        try:
            with closing(run_points(points, workers, store, watch)) as found:
                for row in found:
                    rows[row.index] = row
        finally:
            if rows:
                write_results(out, [rows[index] for index in sorted(rows)])
    return _sweep(out, [rows[index] for index in sorted(rows)])


def planned(
    path: Path, axes: Axes, out: Path, *, replications: int = 1, seed: int | None = None, any_size: bool = False
) -> Sweep:
    """What the same `sweep` would find to do; nothing is run or written."""
    from sim.scenario import load

    base = load(path)
    points = sweep_points(base, path, axes, replications=replications, seed=seed, any_size=any_size)
    with Store(out, manifest_of("sweep", base, base.seed if seed is None else seed), base) as store:
        earlier = store.done()
    skipped = sum(key.identity in earlier for key in keys_of(points))
    return Sweep(points=len(points), done=0, failed=0, skipped=skipped, out=out)


def _sweep(out: Path, rows: Sequence[Row]) -> Sweep:
    skipped = sum(row.earlier for row in rows)
    failed = sum(isinstance(row.result, Failed) for row in rows)
    done = len(rows) - skipped - failed
    return Sweep(points=len(rows), done=done, failed=failed, skipped=skipped, out=out, rows=rows)


def sweep_points(
    base: Scenario,
    path: Path,
    axes: Axes,
    *,
    replications: int = 1,
    seed: int | None = None,
    any_size: bool = False,
) -> list[Point]:
    """The points of a sweep of the scenario at `path`, in the order of its table; every combination is checked."""
    from sim.scenario import load

    mixes = mix_names(base)
    size = math.prod(len(values) for values in axes.values()) * len(mixes) * replications
    if size > POINTS_MAX and not any_size:
        raise UsageError(f"{size:,} points are more than {POINTS_MAX:,}: say --yes if that is meant")
    points = []
    for values in itertools.product(*axes.values()):
        settings = dict(zip(axes, values, strict=True))
        scenario = load(path, [f"{name}={value}" for name, value in settings.items()])
        shown = {name: _setting(value) for name, value in settings.items()}
        points += [
            Point(
                scenario=scenario,
                mix=mix,
                seed=scenario.seed if seed is None else seed,
                replication=number,
                settings=shown,
                keep=True,
            )
            for mix in mixes
            for number in range(replications)
        ]
    return points


def _setting(text: str) -> Setting:
    """The value of a varied path as the table shows it: numbers and truths as such, the rest as written."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, (str, int, float, bool)) else text


def varied(text: str) -> tuple[str, list[str]]:
    """Path and values of `PATH=v1,v2,..`; commas inside brackets, braces or quotes belong to a value."""
    path, equals, values = text.partition("=")
    if not equals or not path.strip() or not values.strip():
        raise UsageError(f"--set is PATH=VALUE or PATH=v1,v2,.. (got '{text}')")
    return path.strip(), [part.strip() for part in _split(values)]


def _split(text: str) -> Iterator[str]:
    depth, quote, start = 0, "", 0
    for position, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]
