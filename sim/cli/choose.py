"""`dcsim choose`: the best mix within limits, how sure that is, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from sim.cli.console import plain, print_json, tell
from sim.cli.options import JSON, OUT_FOLDER, SCENARIO, SEED, SETTINGS, WORKERS, Finite
from sim.errors import DemandError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.report.choice import Table as ReportTable
    from sim.study import Choice
    from sim.study.choosing.race import Objective

OBJECTIVES = ("cost", "energy", "carbon", "throughput")
POSITIVE = Finite(min=0.0, min_open=True)
SOME_RUNS_FAILED = 4


@click.command("choose")
@SCENARIO
@click.option("--budget-usd", type=POSITIVE, help="Most that the window may cost in total.")
@click.option("--budget-usd-per-month", type=POSITIVE, help="Most that a month of 730 h may cost.")
@click.option("--accuracy-floor", type=Finite(0.0, 1.0), help="Lowest accuracy of each service, 0 to 1.")
@click.option(
    "--objective", type=click.Choice(OBJECTIVES), default="cost", show_default=True, help="What the best has best."
)
@click.option(
    "--replications", type=click.IntRange(min=1), default=5, show_default=True, help="Most runs of each candidate."
)
@SEED
@WORKERS
@SETTINGS
@OUT_FOLDER
@JSON
def command(
    scenario: Path,
    budget_usd: float | None,
    budget_usd_per_month: float | None,
    accuracy_floor: float | None,
    objective: str,
    replications: int,
    seed: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> int:
    """Choose among the mixes of SCENARIO: the best within its limits, how sure that is, and why."""
    from sim.cli.progress import shown_progress
    from sim.scenario import load
    from sim.scenario.specs import Limits
    from sim.study import choose

    loaded = load(scenario, settings)
    limits = Limits(budget_usd=budget_usd, budget_usd_per_month=budget_usd_per_month, accuracy_floor=accuracy_floor)
    with shown_progress() as watch:
        found = choose(
            loaded,
            objective=cast("Objective", objective),
            limits=limits,
            replications=replications,
            seed=seed,
            workers=workers,
            out=out,
            watch=watch,
        )
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    tell([f"wrote {out}"] if out else [])
    tell(f"failed: {text}" for text in found.failures)
    if not found.feasible:
        return DemandError.exit_code
    return SOME_RUNS_FAILED if found.failures else 0


def _print(found: Choice) -> None:
    from sim.cli.terminal import Terminal
    from sim.report.choice import answer, binding, legend, stacked_lines, tables

    console = Terminal(markup=False, highlight=False, emoji=False)
    first, *others = answer(found)
    console.print(plain(first), style="bold")
    for text in others:
        console.print(plain(text))
    for content in tables(found):
        console.print()
        if content.title:
            console.print(content.title, style="bold")
        if content.stacked:
            for line in stacked_lines(content, console.width):
                console.print(plain(line))
        else:
            console.print(_table(content))
    console.print(legend(found))
    console.print()
    for text in binding(found):
        console.print(plain(text))
    for text in found.warnings:
        console.print(f"warning: {plain(text)}", style="yellow")


def _table(content: ReportTable) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for place, heading in enumerate(content.headings):
        words = place == 0 or heading == "why not"
        table.add_column(heading, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for row in content.rows:
        table.add_row(*(plain(cell) for cell in row))
    return table
