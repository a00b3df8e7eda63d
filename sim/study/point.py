"""One point of a study: a scenario, a mix, a seed and a replication; what it is called, and what simulating it gives.

`simulate_point` is the only place where studies touch the engine. Replication r of every mix shares (seed, r), so
all mixes meet the same arrivals: common random numbers.
"""

from __future__ import annotations

import copyreg
import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sim.document import write_atomically
from sim.errors import InputError
from sim.record.kept import Packed
from sim.record.ledger import Ledger
from sim.scenario.specs import Scenario
from sim.strategies.plan import Plan
from sim.study.code_version import code_version
from sim.study.executor import Failed, Report

if TYPE_CHECKING:
    import pandas as pd

    from sim.economics import Leanness

Summary: TypeAlias = Mapping[str, object]  # a dcsim.run/1 object
Setting: TypeAlias = str | int | float | bool | None  # the value of one varied path
Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"

LEDGER = "ledger.json"  # in the folder of a run: totals of the ledger, for repricing
NOT_HASHED = frozenset({"source", "document", "warnings", "assumed"})  # where it stood and what was said of it


def _read_only(content: dict[str, object]) -> MappingProxyType[str, object]:
    return MappingProxyType(content)


# Points travel to worker processes; read-only mappings, which specs may hold, do not know how by themselves.
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One simulation to be done. `settings` are the varied paths of a sweep; `folder` is where its run is kept."""

    scenario: Scenario
    mix: str
    seed: int
    replication: int = 0
    settings: Mapping[str, Setting] = field(default_factory=dict)
    folder: Path | None = None
    keep: bool = False  # whether what it takes to reprice the run comes back with its outcome


@dataclass(frozen=True, slots=True)
class Kept:
    """What it takes to appraise a run again under other prices: its ledger, and its leanness, which has no price."""

    ledger: Packed
    lean: str  # JSON: service -> fields of Leanness
    summary: str = ""  # JSON of the summary, written where the run was, so that a study need not write it again


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished simulation; `random` tells whether another seed could have given another result."""

    summary: Summary
    random: bool
    kept: Kept | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the point at `index` of a study; `earlier` where the store had it, else why it was run."""

    index: int
    point: Point
    result: Outcome | Failed
    earlier: bool = False
    reason: str = "new"

    def lightened(self) -> Row:
        """The row without what is kept for repricing, which is too much to hold for many."""
        if isinstance(self.result, Failed) or self.result.kept is None:
            return self
        return dataclasses.replace(self, result=dataclasses.replace(self.result, kept=None))

    @property
    def refused(self) -> bool:
        """Whether the point failed because its input is not right."""
        return isinstance(self.result, Failed) and isinstance(self.result.cause, InputError)


@dataclass(frozen=True, slots=True)
class Run:
    """One simulation with all that it left behind: the plan it followed, the ledger, and the `dcsim.run/1` object."""

    plan: Plan = field(repr=False)
    ledger: Ledger = field(repr=False)
    summary: Summary
    lean: Mapping[str, Leanness] = field(default_factory=dict, repr=False)

    @property
    def timeseries(self) -> pd.DataFrame:
        """The meter: one row per interval, columns as in `sim.record.ledger.Meter`, `group.name` for parts."""
        import pandas as pd

        from sim.record.files import meter_columns

        return pd.DataFrame(meter_columns(self.ledger.meter))

    def write(self, folder: Path) -> None:
        """Writes the files of the run: summary, resolved scenario, time series, manifest."""
        from sim.record.files import write_run

        scenario = self.plan.scenario
        write_run(folder, scenario.document, self.summary, self.ledger, scenario.source.parent)
        write_atomically(folder / LEDGER, json.dumps(self._totals()).encode())

    def kept(self) -> Kept:
        """The run as a study keeps it."""
        from sim.record.kept import pack

        return Kept(pack(self.ledger), _lean_text(self.lean), json.dumps(self.summary, allow_nan=False))

    def _totals(self) -> dict[str, object]:
        from sim.record.kept import totals_text

        return {"ledger": json.loads(totals_text(self.ledger)), "lean": json.loads(_lean_text(self.lean))}


def _lean_text(lean: Mapping[str, Leanness]) -> str:
    return json.dumps({name: dataclasses.asdict(each) for name, each in lean.items()})


def simulated(
    scenario: Scenario, mix: str | None, seed: int, replication: int = 0, report: Report | None = None
) -> Run:
    """Applies the mix, runs the engine, appraises the ledger."""
    from sim.economics import appraise, leanness_of
    from sim.engine import simulate
    from sim.strategies import apply_mix

    plan = apply_mix(scenario, mix)
    ledger = simulate(plan, seed, replication, report and (lambda now_s: report(now_s / scenario.horizon_s)))
    lean = leanness_of(plan, ledger)
    return Run(plan, ledger, appraise(plan, ledger, seed, lean), lean)


def simulate_point(
    scenario: Scenario,
    mix: str,
    seed: int,
    replication: int = 0,
    *,
    folder: Path | None = None,
    keep: bool = False,
    report: Report | None = None,
) -> Outcome:
    """The outcome of one point; the run's files are written where a folder is given."""
    run = simulated(scenario, mix, seed, replication, report)
    if folder is not None:
        run.write(folder)
    return Outcome(run.summary, run.ledger.random, run.kept() if keep else None)


def work_point(point: Point, report: Report) -> Outcome:
    """`simulate_point` of a point, as the executor calls it."""
    return simulate_point(
        point.scenario,
        point.mix,
        point.seed,
        point.replication,
        folder=point.folder,
        keep=point.keep,
        report=report,
    )


class Key(NamedTuple):
    """What a point is known by, and of that what may change: its scenario with its files, and the code."""

    identity: str
    scenario: str = ""
    code: str = ""


def keys_of(points: Sequence[Point]) -> list[Key]:
    """The key of each point: digests of resolved scenario and files, mix, seed, replication and code version."""
    digests: dict[int, str] = {}  # many points share one scenario object
    for point in points:
        if id(point.scenario) not in digests:
            digests[id(point.scenario)] = scenario_digest(point.scenario)
    return [_key(point, digests[id(point.scenario)]) for point in points]


def _key(point: Point, digest: str) -> Key:
    parts = (digest, point.mix, point.seed, point.replication, code_version())
    return Key(hashlib.sha256(json.dumps(parts).encode()).hexdigest(), digest, code_version())


@lru_cache(maxsize=1)
def package_version() -> str:
    """Version of this package: results of two versions are never taken for each other."""
    return version("dcsim")


def scenario_digest(scenario: Scenario) -> str:
    """sha256 of all that a scenario says, with the content of the files it names."""
    fields = (each.name for each in dataclasses.fields(scenario) if each.name not in NOT_HASHED)
    content = {name: _plain(getattr(scenario, name)) for name in fields}
    catalogue = scenario.document.get("catalog")  # measures look their figures up in it
    content["catalog"] = _content(scenario.source.parent / catalogue) if catalogue else None
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> Plain:
    """The value as JSON can hold it; files by content, sets in order."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if (names := _field_names(type(value))) is not None:
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=str)
    return _content(value) if isinstance(value, Path) else str(value)


def _field_names(kind: type) -> tuple[str, ...] | None:
    """Names of a dataclass's fields; None of any other class."""
    if kind not in _FIELD_NAMES:
        is_data = dataclasses.is_dataclass(kind)
        _FIELD_NAMES[kind] = tuple(each.name for each in dataclasses.fields(kind)) if is_data else None
    return _FIELD_NAMES[kind]


_FIELD_NAMES: dict[type, tuple[str, ...] | None] = {}  # to look them up anew takes longer than all the rest


def _content(path: Path) -> str:
    if not path.is_file():
        return f"absent: {path.name}"
    stat = path.stat()
    return _file_digest(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _file_digest(path: Path, _size: int, _changed_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
