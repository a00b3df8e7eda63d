"""`dcsim report`: one HTML page of the folder that run, compare or sweep wrote."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import tell
from sim.cli.options import writable


@click.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The page: .html.")
def command(folder: Path, out: Path) -> None:
    """Write one HTML page with the table, charts and warnings of the results in FOLDER."""
    from sim.report.plots import folder_page

    writable(out, (".html", ".htm"))
    folder_page(folder, out)
    tell([f"wrote {out}"])
