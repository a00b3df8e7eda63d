"""What commands say: one JSON object or tables on standard output, everything else on standard error."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from sim.report.tables import Table as ReportTable
    from sim.study.comparison import Comparison


def complain(text: str) -> None:
    """One line on standard error."""
    click.echo(f"dcsim: {plain(text)}", err=True)


def tell(lines: Iterable[str]) -> None:
    """Lines on standard error."""
    for line in lines:
        click.echo(plain(line), err=True)


def plain(text: str) -> str:
    """The text with control and direction characters, which may come from a file, made visible."""
    return "".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text)


def print_json(content: Mapping[str, object]) -> None:
    """The one JSON object of a command."""
    click.echo(json.dumps(content, allow_nan=False, indent=2))


def print_comparison(comparison: Comparison) -> None:
    """What a comparison comes to, its tables, and its warnings."""
    from sim.report.sentences import headline
    from sim.report.tables import comparison_tables, legend
    from sim.report.warnings import warning_lines

    console = _console()
    for sentence in headline(comparison):
        console.print(plain(sentence), style="bold" if sentence is headline(comparison)[0] else None)
    for table in comparison_tables(comparison, console.width):
        _print_table(console, table)
    console.print(legend(comparison))
    for text in warning_lines(comparison):
        console.print(f"warning: {plain(text)}", style="yellow", soft_wrap=False)


def print_rows(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A plain table."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    _console().print(table)


def command_line() -> str:
    """What the user typed, as a line that can be typed again."""
    return shlex.join(["dcsim", *sys.argv[1:]])


def _console() -> Console:
    from sim.cli.terminal import Terminal

    return Terminal(markup=False, highlight=False, emoji=False)


def _print_table(console: Console, content: ReportTable) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for mix in content.mixes:
        table.add_column(plain(mix), no_wrap=True)
    for line in content.lines:
        table.add_row(plain(line.label), *line.cells, style=None if line.cells else "bold")
    console.print()
    console.print(table)
