"""What users call from Python where the packages below ask for exact types: paths as text, values as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.report.plots import Drawn
    from sim.scenario import Scenario
    from sim.study import Choice, Comparison, Estimate, Run, Sweep
    from sim.study.breaking_even import BreakEven
    from sim.study.choosing.race import Objective
    from sim.study.point import Setting
    from sim.study.repricing import Repricing


def load(path: str | Path, *settings: str) -> Scenario:
    """The scenario of a file, with settings as `--set` takes them: `"pools.h100.nodes=8"`."""
    from sim import scenario

    return scenario.load(Path(path), settings)


def with_(scenario: Scenario, *settings: str) -> Scenario:
    """The scenario with further settings, as `--set` takes them; the scenario itself stays as it was."""
    from sim.scenario.loading import changed

    return changed(scenario, settings)


def choose(
    scenario: Scenario,
    *,
    objective: Objective = "cost",
    budget_usd: float | None = None,
    budget_usd_per_month: float | None = None,
    accuracy_floor: float | None = None,
    replications: int = 5,
    seed: int | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
) -> Choice:
    """The best mix of the scenario within its limits and these, with reasons; `.table()` and `.to_json()` show all."""
    from sim import study
    from sim.scenario.specs import Limits

    limits = Limits(budget_usd=budget_usd, budget_usd_per_month=budget_usd_per_month, accuracy_floor=accuracy_floor)
    return study.choose(
        scenario,
        objective=objective,
        limits=limits,
        replications=replications,
        seed=seed,
        workers=workers,
        out=None if out is None else Path(out),
    )


def reprice(folder: str | Path, *settings: str) -> Repricing:
    """Stored runs under other prices: `"site.tariff.energy_usd_per_kwh=0.2"`; nothing is simulated again."""
    from sim.study.repricing import reprice as repriced

    return repriced(Path(folder), settings)


def break_even(folder: str | Path, path: str, *settings: str) -> BreakEven:
    """The value of the price at `path` at which the answer of stored runs flips."""
    from sim.study.breaking_even import break_even as found

    return found(Path(folder), settings, path)


def sweep(
    path: str | Path,
    axes: Mapping[str, Sequence[Setting]],
    out: str | Path,
    *,
    replications: int = 1,
    seed: int | None = None,
    workers: int | None = None,
) -> Sweep:
    """Simulates every combination of the axes' values on the scenario file; `.frame` of the result is the table."""
    from sim import study

    written = {name: [_written(value) for value in values] for name, values in axes.items()}
    return study.sweep(Path(path), written, Path(out), replications=replications, seed=seed, workers=workers)


def draw(result: Comparison | Run | Estimate | Choice, kind: str) -> tuple[Figure, Drawn]:
    """A chart of a comparison or a run: `comparison`, `cost`, or, of a run, `timeseries`; of an estimate `estimate`."""
    from sim.report.plots import draw_result

    return draw_result(result, kind)


def save(figure: Figure, path: str | Path) -> None:
    """Writes a chart as .png, .svg or .pdf; equal charts give equal bytes."""
    from sim.report.charts.style import save as save_figure

    save_figure(figure, Path(path))


def _written(value: Setting) -> str:
    return value if isinstance(value, str) else json.dumps(value)
