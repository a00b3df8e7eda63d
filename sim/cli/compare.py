"""`dcsim compare`: all mixes under common random numbers, with confidence intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.console import command_line, print_comparison, print_json, tell
from sim.cli.options import JSON, OUT_FOLDER, SCENARIO, SEED, SETTINGS, WORKERS, names, writable

if TYPE_CHECKING:
    from sim.study import Comparison

SOME_RUNS_FAILED = 4


@click.command("compare")
@SCENARIO
@click.option("--mixes", metavar="A,B", help="The mixes to compare; default: all.")
@click.option("--baseline", help="The mix that the others are held against; default: the first.")
@click.option(
    "--replications", type=click.IntRange(min=1), default=10, show_default=True, help="Runs of each mix, where random."
)
@SEED
@WORKERS
@SETTINGS
@OUT_FOLDER
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="HTML page with table and charts.")
@JSON
def command(
    scenario: Path,
    mixes: str | None,
    baseline: str | None,
    replications: int,
    seed: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    report: Path | None,
    as_json: bool,
) -> int:
    """Compare the mixes of SCENARIO: cost, energy, latency, accuracy, and how sure the differences are."""
    from sim.cli.progress import shown_progress
    from sim.scenario import load
    from sim.study import compare

    writable(report, (".html", ".htm"), (scenario,))
    loaded = load(scenario, settings)
    with shown_progress() as watch:
        found = compare(
            loaded,
            names(mixes),
            baseline=baseline,
            replications=replications,
            seed=seed,
            workers=workers,
            out=out,
            watch=watch,
        )
    if report:
        _write_report(found, out, report)
    if as_json:
        print_json(found.to_json())
    else:
        print_comparison(found)
    tell([f"wrote {path}" for path in (out, report) if path])
    tell(f"failed: {text}" for text in found.failures)
    return SOME_RUNS_FAILED if found.failures else 0


def _write_report(found: Comparison, folder: Path | None, path: Path) -> None:
    from sim.report.page import render_page, write_page
    from sim.report.plots import page_charts

    write_page(path, render_page(found, page_charts(found, folder), command_line()))
