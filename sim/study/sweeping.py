"""`sweep`: every combination of the values of its axes, over mixes and replications; the same call resumes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.errors import UsageError
from sim.scenario.specs import Scenario
from sim.study.axes import Axis, Listed, combinations, size_of
from sim.study.batch import Told, Watch, run_points
from sim.study.executor import Failed
from sim.study.folder import manifest_of
from sim.study.mixes import mix_name, mix_names
from sim.study.point import Point, Row, Setting
from sim.study.results import failures_of, write_results
from sim.study.store import Store

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "dcsim.sweep/1"
POINTS_MAX: Final = 10_000  # more need an explicit yes
OWN_AXES: Final = ("mix", "replication")  # axes that are no paths of the scenario
Axes: TypeAlias = "Mapping[str, Sequence[str]] | Sequence[Axis]"  # path -> values, as they would be written in the file


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What became of the points: all of them, those run now, failed, and found finished from before.

    `reasons` counts the points that were run, or are to be run, by why.
    """

    points: int
    done: int
    failed: int
    skipped: int
    out: Path
    rows: Sequence[Row] = field(default=(), repr=False)
    reasons: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The `dcsim.sweep/1` object."""
        return {
            "schema": SCHEMA,
            "points": self.points,
            "done": self.done,
            "failed": self.failed,
            "skipped": self.skipped,
            "out": str(self.out),
            "reasons": dict(self.reasons),
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
    timeout_s: float | None = None,
    told: Told | None = None,
) -> Sweep:
    """Simulates every combination of the axes' values on the scenario at `path`, in all its mixes.

    A point that fails, crashes its process or takes longer than `timeout_s` is a row of `out`/results.parquet with
    its error; points finished by an earlier call are not run again. Interruption keeps what is finished. `told` hears
    how many points are run, and why.

    Raises UsageError for more than 10,000 points without `any_size`, for a folder of another scenario and one that
    another process writes, InputError where a combination is not a valid scenario or no point has valid input.
    """
    from sim.scenario import load

    base = load(path)
    points = sweep_points(base, path, axes, replications=replications, seed=seed, any_size=any_size)
    rows: dict[int, Row] = {}
    with Store(out, manifest_of("sweep", base, base.seed if seed is None else seed), base) as store:
        try:
            with closing(run_points(points, workers, store, watch, timeout_s=timeout_s, told=told)) as found:
                for row in found:
                    rows[row.index] = row
        except BaseException:
            with suppress(UsageError):  # what stopped the work may keep the table from being written, too
                _write(out, rows)
            raise
        _write(out, rows)
    return _sweep(out, [rows[index] for index in sorted(rows)])


def _write(out: Path, rows: Mapping[int, Row]) -> None:
    if rows:
        write_results(out, [rows[index] for index in sorted(rows)])


def _sweep(out: Path, rows: Sequence[Row]) -> Sweep:
    skipped = sum(row.earlier for row in rows)
    failed = sum(isinstance(row.result, Failed) for row in rows)
    return Sweep(
        points=len(rows),
        done=len(rows) - skipped - failed,
        failed=failed,
        skipped=skipped,
        out=out,
        rows=rows,
        reasons=Counter(row.reason for row in rows if not row.earlier),
    )


def sweep_points(
    base: Scenario,
    path: Path,
    axes: Axes,
    *,
    replications: int = 1,
    seed: int | None = None,
    any_size: bool = False,
) -> list[Point]:
    """The points of a sweep of the scenario at `path`, in the order of its table; every combination is checked.

    An axis `mix` or `replication` takes the place of all mixes and of the number of replications.
    """
    from sim.scenario import load

    grid = _grid(base, axes, replications)
    size = size_of(grid)
    if size > POINTS_MAX and not any_size:
        raise UsageError(f"{size:,} points are more than {POINTS_MAX:,}: say --yes if that is meant")
    points, loaded = [], dict[tuple[str, ...], Scenario]()
    for values in combinations(grid):
        mix = mix_name(base, str(_setting(values.pop("mix"))))
        replication = _whole(str(_setting(values.pop("replication"))))
        settings = tuple(f"{name}={value}" for name, value in values.items())
        if settings not in loaded:
            loaded[settings] = load(path, settings)
        scenario = loaded[settings]
        points.append(
            Point(
                scenario=scenario,
                mix=mix,
                seed=scenario.seed if seed is None else seed,
                replication=replication,
                settings={name: _setting(value) for name, value in values.items()},
                keep=True,
            )
        )
    return points


def _grid(base: Scenario, axes: Axes, replications: int) -> list[Axis]:
    """The axes with those of mixes and replications, where they are not among them."""
    if isinstance(axes, Mapping):
        axes = [Axis((path,), (Listed(tuple(values)),)) for path, values in axes.items()]
    named = {path for axis in axes for path in axis.paths}
    defaults = {"mix": mix_names(base), "replication": tuple(map(str, range(replications)))}
    return [*axes, *(Axis((name,), (Listed(texts),)) for name, texts in defaults.items() if name not in named)]


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"a replication is a whole number from 0; got '{text}'")
    return int(text)


def _setting(text: str) -> Setting:
    """The value of a varied path as the table shows it: numbers and truths as such, the rest as written."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, (str, int, float, bool)) else text
