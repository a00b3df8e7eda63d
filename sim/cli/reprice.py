"""`dcsim reprice`: stored runs under other prices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.console import print_json, print_rows, tell
from sim.cli.options import JSON
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.study.breaking_even import BreakEven
    from sim.study.repricing import Repricing


@click.command("reprice")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="A price, wage, life, rate or way to come by a pool; may be repeated.",
)
@click.option("--break-even", metavar="PATH", help="The price whose value would flip the answer.")
@JSON
def command(folder: Path, settings: tuple[str, ...], break_even: str | None, as_json: bool) -> None:
    """Cost the runs in FOLDER, which run, compare or sweep wrote, under other prices without simulating again."""
    from sim.study.breaking_even import break_even as find_break_even
    from sim.study.repricing import reprice

    if not settings and not break_even:
        raise UsageError("give at least one --set PATH=VALUE, or --break-even PATH")
    found = reprice(folder, settings)
    flip = find_break_even(folder, settings, break_even) if break_even else None
    if as_json:
        print_json(found.to_json() | {"break_even": None if flip is None else flip.to_json()})
        return
    _print(found)
    if flip is not None:
        tell(sentences(flip))
    tell(f"warning: {text}" for text in found.warnings)


def _print(found: Repricing) -> None:
    rows = []
    for label in found.labels:
        before, after = found.figures(label)["cost_usd.total"]
        share = f"{after / before - 1.0:+.1%}" if before else "-"
        rows.append((label, f"{before:,.2f}", f"{after:,.2f}", share))
    print_rows(("mix", "stored USD", "repriced USD", "change"), rows)
    before_name, after_name = found.cheapest(after=False), found.cheapest(after=True)
    if after_name is None:
        tell(["no mix keeps every promise"])
    elif before_name == after_name:
        tell([f"cheapest as before: {after_name}"])
    else:
        tell([f"cheapest now: {after_name} (as stored: {before_name})"])


def sentences(flip: BreakEven) -> list[str]:
    """What a break-even says, one line per fact."""
    found = [f"at {flip.path} = {flip.at:.6g} the cheapest is {flip.cheapest}"]
    for each in flip.flips:
        side, name = ("below", each.cheapest_below) if each.value < flip.at else ("above", each.cheapest_above)
        found.append(f"{side} {each.value:.6g} it is {name}")
    if not flip.flips:
        found.append("no other value of it makes another mix the cheapest")
    for label, value in flip.equals_stored.items():
        if value is not None:
            found.append(f"{label} costs what it did as stored at {value:.6g}")
    return found
