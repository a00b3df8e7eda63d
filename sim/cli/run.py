"""`dcsim run`: one run of one mix."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import print_comparison, print_json, tell
from sim.cli.options import JSON, OUT_FOLDER, SCENARIO, SEED, SETTINGS


@click.command("run")
@SCENARIO
@click.option("--mix", help="The mix to run; default: the first.")
@SEED
@SETTINGS
@OUT_FOLDER
@JSON
def command(
    scenario: Path, mix: str | None, seed: int | None, settings: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    """Simulate one mix of SCENARIO once."""
    from sim.cli.progress import shown_progress
    from sim.scenario import load
    from sim.study import run
    from sim.study.reading import comparison_of_run

    loaded = load(scenario, settings)
    with shown_progress() as watch:
        found = run(loaded, mix, seed=seed, out=out, watch=watch)
    if as_json:
        print_json(found.summary)
    else:
        print_comparison(comparison_of_run(found.summary, found.ledger.random))
    if out:
        tell([f"wrote {out}"])
