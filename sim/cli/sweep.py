"""`dcsim sweep`: the cross product of lists of settings over all mixes; the same command resumes."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.compare import SOME_RUNS_FAILED
from sim.cli.console import print_json, tell
from sim.cli.options import JSON, SCENARIO, SEED, WORKERS
from sim.errors import UsageError


@click.command("sweep")
@SCENARIO
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="PATH=V1,V2,..",
    help="A key of the scenario and the values it takes; each further one multiplies the combinations.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the results.")
@click.option("--replications", type=click.IntRange(min=1), default=1, show_default=True, help="Runs of each point.")
@SEED
@WORKERS
@click.option("--dry-run", is_flag=True, help="Say what would be run, and run nothing.")
@click.option("--yes", "any_size", is_flag=True, help="Run more than 10,000 points.")
@JSON
def command(
    scenario: Path,
    settings: tuple[str, ...],
    out: Path,
    replications: int,
    seed: int | None,
    workers: int | None,
    dry_run: bool,
    any_size: bool,
    as_json: bool,
) -> int:
    """Simulate every combination of settings of SCENARIO, in all its mixes; finished points are not run again."""
    from sim.cli.progress import shown_progress
    from sim.study.sweeping import planned, sweep, varied

    axes = dict(map(varied, settings))
    if len(axes) < len(settings):
        raise UsageError("--set names a path twice: give all its values in one list")
    if dry_run:
        found = planned(scenario, axes, out, replications=replications, seed=seed, any_size=any_size)
    else:
        with shown_progress() as watch:
            found = sweep(
                scenario,
                axes,
                out,
                replications=replications,
                seed=seed,
                workers=workers,
                any_size=any_size,
                watch=watch,
            )
    if as_json:
        print_json(found.to_json())
    verb = "to run" if dry_run else "run"
    to_run = found.points - found.skipped if dry_run else found.done
    tell([f"{found.points} points: {to_run} {verb}, {found.failed} failed, {found.skipped} finished before"])
    tell(f"failed: {text}" for text in found.failures)
    if not dry_run:
        tell([f"wrote {out / 'results.parquet'}"])
    return SOME_RUNS_FAILED if found.failed else 0
