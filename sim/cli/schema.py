"""`dcsim schema`: JSON Schema of scenario files."""

from __future__ import annotations

import click

from sim.cli.console import print_json


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.scenario import json_schema

    print_json(json_schema())
