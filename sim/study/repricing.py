"""`reprice`: what stored runs would have cost under other prices, wages, lives or another way to come by a pool.

Prices change nothing that is simulated, so the ledgers that a run, comparison or sweep kept are appraised again, by the
same code that appraised them first. Where a setting, or a controller that reads a price, would have changed the run
itself, repricing is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Final

import numpy as np

from sim.economics import Leanness, appraise
from sim.errors import UsageError
from sim.grid import build_signal
from sim.protocols import Signal
from sim.record.files import SCENARIO, SUMMARY, read_run
from sim.record.kept import ledger_of, pack, unpack
from sim.record.ledger import Floats, Ledger, Meter
from sim.scenario import load
from sim.scenario.specs import Measure, Pool, Scenario
from sim.strategies import apply_mix
from sim.strategies.plan import Plan
from sim.study.folder import read_manifest
from sim.study.metrics import flat_figures
from sim.study.point import LEDGER, Kept, Setting, Summary, package_version
from sim.study.reading import kind_of
from sim.study.store import Stored, stored_points

SCHEMA: Final = "dcsim.reprice/1"
TOTAL: Final = "cost_usd.total"
# Measures whose controllers look at a price or an intensity while they run.
PRICE_READERS: Final = frozenset({("energy", "shift"), ("algorithm", "adapt")})
BATTERY_READS: Final = frozenset({"price", "carbon"})  # dispatch rules of a battery that do so


@dataclass(frozen=True, slots=True)
class RepricedRun:
    """One stored run under the prices asked for; `label` is its mix and the values that a sweep varied."""

    label: str
    before: Summary
    after: Summary


@dataclass(frozen=True, kw_only=True)
class Repricing:
    """Stored runs before and after; figures by label are means over its runs."""

    folder: Path
    settings: tuple[str, ...]
    runs: Sequence[RepricedRun] = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Mixes, with the values that a sweep varied, in the order of the runs."""
        return tuple(dict.fromkeys(run.label for run in self.runs))

    def figures(self, label: str) -> dict[str, tuple[float, float]]:
        """Mean of every figure that changed, and of the total cost, as (before, after)."""
        own = [run for run in self.runs if run.label == label]
        before, after = ([flat_figures(getattr(run, when)) for run in own] for when in ("before", "after"))
        shared = [name for name in before[0] if all(name in figures for figures in (*before, *after))]
        means = {name: (fmean(each[name] for each in before), fmean(each[name] for each in after)) for name in shared}
        return {name: pair for name, pair in means.items() if pair[0] != pair[1] or name == TOTAL}

    def cheapest(self, *, after: bool) -> str | None:
        """The label with the lowest mean cost among those that keep every promise; None where none does."""
        means: dict[str, float] = {}
        for label in self.labels:
            found = [run.after if after else run.before for run in self.runs if run.label == label]
            if all(summary["feasible"] is True for summary in found):
                means[label] = fmean(total_usd(summary) for summary in found)
        return min(means, key=lambda label: means[label]) if means else None

    def to_json(self) -> dict[str, object]:
        """The `dcsim.reprice/1` object."""
        return {
            "schema": SCHEMA,
            "runs": len(self.runs),
            "settings": list(self.settings),
            "mixes": {
                label: {name: {"before": pair[0], "after": pair[1]} for name, pair in self.figures(label).items()}
                for label in self.labels
            },
            "cheapest": {"before": self.cheapest(after=False), "after": self.cheapest(after=True)},
            "warnings": list(self.warnings),
        }


def total_usd(summary: Summary) -> float:
    """Total cost of a run [USD]."""
    cost = summary["cost_usd"]
    assert isinstance(cost, Mapping)
    return float(cost["total"])


def reprice(folder: Path, settings: Sequence[str]) -> Repricing:
    """The runs in a folder under settings of prices (`PATH=VALUE`), each equal to what simulating it again would give.

    Raises UsageError where the folder keeps no ledgers, where a setting changes more than prices, and where a
    controller of a run reads a price that is set.
    """
    runs = KeptRuns(folder)
    return Repricing(
        folder=folder, settings=tuple(settings), runs=runs.repriced(settings), warnings=tuple(runs.warnings)
    )


class KeptRuns:
    """The runs of a folder, read once, to be repriced as often as asked."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / SCENARIO
        self.points = [(point, *_restored(point.kept, folder)) for point in _points(folder)]
        manifest = read_manifest(folder) or {}
        versions = manifest.get("versions")
        version = versions.get("dcsim") if isinstance(versions, Mapping) else manifest.get("dcsim")
        self.warnings = (
            []
            if version == package_version()
            else [f"{folder} was written by dcsim {version}: run it again to be sure"]
        )

    def repriced(self, settings: Sequence[str]) -> list[RepricedRun]:
        """Every run under the settings."""

        @cache
        def prices(varied: tuple[str, ...]) -> Prices:
            return Prices(load(self.path, varied), load(self.path, (*varied, *settings)), settings)

        found = []
        for point, ledger, lean in self.points:
            asked = prices(_as_settings(point.settings))
            after = appraise(asked.plan(point.mix, ledger), asked.ledger(ledger), point.seed, lean)
            found.append(RepricedRun(label_of(point), point.summary, after))
        return found


class Prices:
    """A scenario under other prices: its plans by mix, and its price and carbon over the meter's intervals."""

    def __init__(self, old: Scenario, new: Scenario, settings: Sequence[str]) -> None:
        if not _differ_in_prices_alone(old, new):
            raise UsageError(f"--set {' '.join(settings)} changes what is simulated, not only what it costs: dcsim run")
        self.old, self.new = old, new
        site, horizon_s = new.site, new.horizon_s
        self.price, _ = build_signal(site.tariff.energy_usd_per_kwh, new.start, horizon_s, "price")
        self.carbon, _ = build_signal(site.carbon.g_per_kwh, new.start, horizon_s, "carbon intensity")
        self._plans: dict[str, Plan] = {}
        self._columns: dict[tuple[int, float], tuple[Floats, Floats]] = {}

    def plan(self, mix: str, ledger: Ledger) -> Plan:
        """The mix under the new prices; UsageError where one of them would have changed the run."""
        if mix not in self._plans:
            plan = apply_mix(self.new, mix)
            self._refuse_readers(plan)
            self._plans[mix] = plan
        for pool in self.old.pools:
            self._refuse_idle_rent(pool, ledger)
        return self._plans[mix]

    def ledger(self, ledger: Ledger) -> Ledger:
        """The ledger with the new price and carbon intensity in its meter."""
        meter = ledger.meter
        key = (len(meter.stop_s), float(meter.stop_s[-1]))
        if key not in self._columns:
            self._columns[key] = (_means(self.price, meter), _means(self.carbon, meter))
        price, carbon = self._columns[key]
        return replace(ledger, meter=replace(meter, price_usd_per_kwh=price, carbon_g_per_kwh=carbon))

    def _refuse_readers(self, plan: Plan) -> None:
        same = self.old.site.tariff == self.new.site.tariff and self.old.site.carbon == self.new.site.carbon
        measures = next((mix.measures for mix in plan.scenario.mixes if mix.name == plan.mix), ())
        reader = next((each.kind for each in measures if (each.family, each.kind) in PRICE_READERS), None)
        if plan.battery.capacity_j > 0.0 and plan.battery.dispatch in BATTERY_READS:
            reader = "battery"
        if reader is not None and not same:
            raise UsageError(f"mix '{plan.mix}' has a measure that reads prices while it runs ({reader}): dcsim run")

    def _refuse_idle_rent(self, pool: Pool, ledger: Ledger) -> None:
        """Rented accelerators go back when nobody holds them, and draw nothing here then; owned ones idle."""
        now = next(each for each in self.new.pools if each.name == pool.name)
        totals = ledger.pools[pool.name]
        goes_back = {"rent"} & {pool.acquire.kind, now.acquire.kind}
        stays = {pool.acquire.kind, now.acquire.kind} - {"rent"}
        idle_s = totals.accelerator_s - totals.allocated_accelerator_s
        if goes_back and stays and idle_s > 1e-9 * totals.accelerator_s:
            raise UsageError(
                f"pool '{pool.name}' was not held all the time, and rented accelerators draw power only while held:"
                " owning against renting it is another run"
            )


def label_of(point: Stored) -> str:
    """Mix and varied values, as tables show them."""
    varied = (f"{path.rpartition('.')[2]}={value}" for path, value in point.settings.items())
    return ", ".join((point.mix, *varied))


def _points(folder: Path) -> Iterator[Stored]:
    if kind_of(folder) != "run":
        yield from stored_points(folder)
        return
    found = read_run(folder)
    kept = None
    if (folder / LEDGER).is_file():
        content = json.loads((folder / LEDGER).read_bytes())
        kept = Kept(pack(ledger_of(json.dumps(content["ledger"]), found.timeseries)), json.dumps(content["lean"]))
    summary = dict(found.summary)
    yield Stored(str(summary["mix"]), int(str(summary["seed"])), 0, {}, summary, kept)


def _restored(kept: Kept | None, folder: Path) -> tuple[Ledger, dict[str, Leanness]]:
    if kept is None:
        raise UsageError(
            f"{folder} keeps no ledger of its runs ({SUMMARY} alone is not enough): run it again with --out"
        )
    return unpack(kept.ledger), {name: Leanness(**each) for name, each in json.loads(kept.lean).items()}


def _as_settings(varied: Mapping[str, Setting]) -> tuple[str, ...]:
    return tuple(f"{path}={value if isinstance(value, str) else json.dumps(value)}" for path, value in varied.items())


def _means(signal: Signal, meter: Meter) -> Floats:
    """Mean of a signal over each interval of the meter, as the meter itself takes it."""
    pairs = zip(meter.start_s.tolist(), meter.stop_s.tolist(), strict=True)
    return np.array([signal.integral(start_s, stop_s) / (stop_s - start_s) for start_s, stop_s in pairs])


def _differ_in_prices_alone(old: Scenario, new: Scenario) -> bool:
    """Whether two scenarios are the same but for tariff, carbon, water, economics, and how pools are come by."""
    if [pool.name for pool in old.pools] != [pool.name for pool in new.pools]:
        return False
    priced = replace(
        new,
        site=replace(
            new.site,
            tariff=old.site.tariff,
            carbon=old.site.carbon,
            water_usd_per_m3=old.site.water_usd_per_m3,
        ),
        economics=old.economics,
        pools=tuple(replace(one, acquire=other.acquire) for one, other in zip(new.pools, old.pools, strict=True)),
        document={},
        assumed=(),
        warnings=(),
    )
    bare = replace(old, document={}, assumed=(), warnings=())
    return _without_positions(priced) == _without_positions(bare)


def _without_positions(scenario: Scenario) -> Scenario:
    """The scenario with measures that do not know their line, which a setting may change."""

    def placeless(measure: Measure) -> Measure:
        return replace(measure, path="")

    mixes = tuple(replace(mix, measures=tuple(map(placeless, mix.measures))) for mix in scenario.mixes)
    return replace(scenario, mixes=mixes)
