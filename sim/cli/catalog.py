"""`dcsim catalog`: what can be named in a scenario, and where its figures come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from sim.catalog.entries import ASSUMED
from sim.cli.console import print_json, print_rows
from sim.errors import CatalogueError, UsageError


@click.group("catalog")
def command() -> None:
    """Show what can be named in a scenario, and the source of every figure."""


@command.command("list")
@click.argument("kind", required=False)
def list_entries(kind: str | None) -> None:
    """List the entries of a KIND, or of all kinds."""
    from sim.catalog import Catalogue

    catalogue = Catalogue.built_in()
    try:
        kinds = catalogue.kinds() if kind is None else (kind,)
        print_rows(("kind", "name"), [(each, name) for each in kinds for name in catalogue.names(each)])
    except CatalogueError as fault:
        raise UsageError(str(fault)) from fault


@command.command("show")
@click.argument("kind")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the entry as one JSON object.")
def show_entry(kind: str, name: str, as_json: bool) -> None:
    """Show the figures of one entry and their sources; a guess is marked as assumed."""
    from sim.catalog import Catalogue
    from sim.catalog.sources import SOURCES, figure_sources

    try:
        entry = Catalogue.built_in().entry_document(kind, name)
    except CatalogueError as fault:
        raise UsageError(str(fault)) from fault
    if as_json:
        guesses = [name for name, source in figure_sources(entry).items() if source.startswith(ASSUMED)]
        print_json({**entry, "assumed": guesses})
        return
    sources = figure_sources(entry)
    shown = ((path, value) for path, value in _flat("", entry) if not path.startswith(f"{SOURCES}."))
    print_rows(
        ("figure", "value", "", "source"), [(path, value, *_basis(_source(sources, path))) for path, value in shown]
    )


def _source(sources: Mapping[str, str], path: str) -> str:
    """The source of a figure; a point of a table has that of the table."""
    while path and path not in sources:
        path = path.rpartition(".")[0]
    return sources.get(path, "")


def _basis(source: str) -> tuple[str, str]:
    """The mark of a guess, and the text of the source without it."""
    if not source.startswith(ASSUMED):
        return "", source
    return ASSUMED, source.removeprefix(ASSUMED).lstrip(": ")


def _flat(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), item)
    elif isinstance(value, list):
        yield prefix, ", ".join(map(str, value))
    else:
        yield prefix, str(value)
