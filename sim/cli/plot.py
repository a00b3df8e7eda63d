"""`dcsim plot`: a chart of the folder that run, compare, sweep or estimate wrote."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import print_rows, tell
from sim.cli.options import writable
from sim.errors import UsageError


@click.command("plot")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.argument("kind", required=False)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The picture: .png, .svg or .pdf.")
@click.option("--data", type=click.Path(path_type=Path, dir_okay=False), help="The plotted numbers: .csv.")
@click.option("--mix", help="Of which mix (timeseries); default: the baseline.")
@click.option("--metric", "metrics", multiple=True, help="What to draw (comparison); may be repeated.")
@click.option("--list", "as_list", is_flag=True, help="List the kinds of charts.")
def command(
    folder: Path | None,
    kind: str | None,
    out: Path | None,
    data: Path | None,
    mix: str | None,
    metrics: tuple[str, ...],
    as_list: bool,
) -> None:
    """Draw a chart of the results in FOLDER; KIND is one of those that --list names."""
    from sim.report.plots import KINDS, plot

    if as_list:
        print_rows(("kind", "what it shows"), KINDS.items())
        return
    if folder is None or kind is None or (out is None and data is None):
        raise UsageError("dcsim plot FOLDER KIND --out FILE (dcsim plot --list names the kinds)")
    writable(out, (".png", ".svg", ".pdf"))
    writable(data, (".csv",))
    plot(folder, kind, out=out, data=data, mix=mix, metrics=metrics)
    tell(f"wrote {path}" for path in (out, data) if path)
