"""Reads back what a run, a comparison or a sweep wrote into its folder, as a comparison for tables and charts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sim.errors import UsageError
from sim.record.files import SUMMARY
from sim.study.comparing import COMPARISON
from sim.study.comparison import SCHEMA, Comparison, Difference, compare_samples
from sim.study.conclusion import Conclusion
from sim.study.folder import RUNS, read_manifest
from sim.study.metrics import flat_figures
from sim.study.results import read_samples
from sim.study.sample import Sample, warnings_of
from sim.study.statistics import Estimate

Shown = TypeVar("Shown", Estimate, Difference)


def kind_of(folder: Path) -> str:
    """`run`, `compare` or `sweep`: what wrote the folder. UsageError where nothing of ours did."""
    if (folder / COMPARISON).is_file():
        return "compare"
    if (folder / SUMMARY).is_file():
        return "run"
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder} holds no results of dcsim run, compare or sweep")
    kind = str(manifest.get("kind"))
    if kind == "choose":
        raise UsageError(f"{folder} holds a choice: its charts are front and waterfall, its table is candidates.csv")
    if kind != "sweep":
        raise UsageError(f"{folder} holds an unfinished dcsim {kind}: the same command resumes it")
    return kind


def read_comparison(folder: Path) -> Comparison:
    """The comparison that a folder holds: of mixes, of the points of a sweep, or one run alone."""
    kind = kind_of(folder)
    if kind == "compare":
        return _of_comparison(_json(folder / COMPARISON), folder)
    return comparison_of_run(_json(folder / SUMMARY)) if kind == "run" else _of_sweep(folder)


def run_folder(folder: Path, mix: str | None) -> Path:
    """The folder of one run inside a folder of results: that of a mix (the baseline unless named)."""
    kind = kind_of(folder)
    if kind == "run":
        return folder
    if kind == "sweep":
        raise UsageError(f"{folder} holds a sweep, which keeps no time series: use dcsim run --out")
    found = sorted(each.name for each in (folder / RUNS).iterdir())
    name = mix or str(_json(folder / COMPARISON)["baseline"])
    if name not in found:
        raise UsageError(f"{folder} holds no run of mix '{name}' (it has: {', '.join(found)})")
    return folder / RUNS / name


def _of_comparison(content: Mapping[str, Any], folder: Path) -> Comparison:
    if content.get("schema") != SCHEMA:
        raise UsageError(f"{folder / COMPARISON} is {content.get('schema')!r}; this dcsim reads {SCHEMA}")
    verdict = content["conclusion"]
    return Comparison(
        scenario=content["scenario"],
        horizon_s=content["horizon_s"],
        window_s=_window_s(content),
        seed=content["seed"],
        baseline=content["baseline"],
        replications=content["replications"],
        confidence=content["confidence"],
        deterministic=content["deterministic"],
        mixes=_typed(content["mixes"], Estimate),
        versus_baseline=_typed(content["versus_baseline"], Difference),
        feasible=content["feasible"],
        conclusion=Conclusion(verdict["cheapest"], tuple(verdict["as_cheap"]), verdict["left_out"]),
        warnings=content["warnings"],
        failures=tuple(content["failures"]),
        samples=read_samples(folder),
    )


def _typed(
    by_mix: Mapping[str, Mapping[str, dict[str, Any]]], kind: Callable[..., Shown]
) -> dict[str, dict[str, Shown]]:
    return {mix: {name: kind(**found) for name, found in metrics.items()} for mix, metrics in by_mix.items()}


def comparison_of_run(summary: Mapping[str, Any], random: bool = True) -> Comparison:
    """One run as a comparison of its mix alone, so that the same tables and charts show it."""
    mix = str(summary["mix"])
    kept = summary["feasible"] is True
    sample = Sample({0: flat_figures(summary)}, {0: kept}, random, tuple(warnings_of(summary)))
    return compare_samples(
        {mix: sample},
        mix,
        scenario=str(summary["scenario"]),
        horizon_s=summary["horizon_s"],
        window_s=_window_s(summary),
        seed=summary["seed"],
        promises={},
    )


def _of_sweep(folder: Path) -> Comparison:
    """Each combination and mix of the sweep stands as a mix of its own; the first one is the baseline."""
    manifest = read_manifest(folder) or {}
    samples = read_samples(folder)
    if not samples:
        raise UsageError(f"{folder} holds no finished point")
    first = next(iter(next(iter(samples.values())).figures.values()))
    return compare_samples(
        samples,
        next(iter(samples)),
        scenario=str(manifest.get("scenario")),
        horizon_s=first["horizon_s"],
        window_s=_window_s(first),
        seed=int(str(manifest.get("seed"))),
        promises={},
    )


def _window_s(content: Mapping[str, Any]) -> float:
    """The measured window [s]; folders written before it was told have the whole horizon."""
    window_s: float = content.get("window_s", content["horizon_s"])
    return window_s


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UsageError(f"{path} cannot be read: {fault}") from fault
    if not isinstance(content, dict):
        raise UsageError(f"{path} holds no JSON object")
    return content
