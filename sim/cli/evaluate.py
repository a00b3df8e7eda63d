"""`dcsim evaluate`: whether to introduce a mix, in which order, at which size, at which prices."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import print_json, print_rows, tell
from sim.cli.options import JSON, OUT_FOLDER, SCENARIO, SEED, SETTINGS, WORKERS, names
from sim.errors import UsageError


@click.command("evaluate")
@SCENARIO
@click.option("--mix", help="The mix to evaluate; default: the last.")
@click.option("--scales", default="1,2,4,8,16,32,64", show_default=True, help="Multiples of the load to try.")
@click.option(
    "--replications", type=click.IntRange(min=1), default=5, show_default=True, help="Runs of the mix itself."
)
@SEED
@WORKERS
@SETTINGS
@OUT_FOLDER
@JSON
def command(
    scenario: Path,
    mix: str | None,
    scales: str,
    replications: int,
    seed: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Evaluate a mix of SCENARIO: savings, scale, order of its measures, prices that turn it, own or rent."""
    from sim.cli.progress import shown_progress
    from sim.report.evaluation import answer, tables
    from sim.scenario import load
    from sim.study.evaluating import evaluate
    from sim.study.evaluating.folder import write_evaluation

    with shown_progress() as watch:
        found = evaluate(
            load(scenario, settings),
            mix,
            scales=_scales(scales),
            replications=replications,
            seed=seed,
            workers=workers,
            watch=watch,
        )
    if out:
        write_evaluation(out, found)
    if as_json:
        print_json(found.to_json())
    else:
        click.echo("\n".join(answer(found)))
        for table in tables(found):
            click.echo(f"\n{table.title}")
            print_rows(table.headings, table.rows)
    if out:
        tell([f"wrote {out}"])


def _scales(text: str) -> list[int]:
    found = names(text) or []
    if not found or not all(each.isdigit() and int(each) > 0 for each in found):
        raise UsageError(f"--scales is a list of whole numbers above 0, such as 1,2,4 (got '{text}')")
    return sorted({int(each) for each in found})
