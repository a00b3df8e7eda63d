"""`dcsim validate`: checks scenario files without running anything."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import plain, tell
from sim.errors import InputError


@click.command("validate")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
def command(files: tuple[Path, ...]) -> int:
    """Check scenario FILES and their mixes; print ok, or everything that is wrong."""
    return max(_status(file) for file in files)


def _status(file: Path) -> int:
    from sim.scenario import load
    from sim.study.mixes import check_mixes, mix_names

    try:
        scenario = load(file)
        check_mixes(scenario, mix_names(scenario))
    except InputError as fault:
        tell([str(fault)])
        return fault.exit_code
    click.echo(plain(f"{file}: ok"))
    tell(f"{file}: warning: {text}" for text in scenario.warnings)
    return 0
