"""`dcsim init`: a commented scenario that runs."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import tell
from sim.cli.options import writable
from sim.errors import UsageError


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="scenario.yaml")
@click.option("--template", "name", default="chatbot", show_default=True, help="What to start from.")
def command(file: Path, name: str) -> None:
    """Write a commented scenario to FILE (scenario.yaml unless given)."""
    from sim.document import write_atomically
    from sim.scenario import template

    text = template(name)
    writable(file, (".yaml", ".yml"))
    if file.exists():
        raise UsageError(f"{file} exists: it is not written over")
    write_atomically(file, text.encode())
    tell([f"wrote {file}; next: dcsim compare {file}"])
