"""`dcsim size`: the smallest fleet of each kind of accelerator that keeps every promise."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.console import print_json, print_rows, tell
from sim.cli.options import JSON, SCENARIO, SEED, SETTINGS, WORKERS, names
from sim.errors import DemandError

if TYPE_CHECKING:
    from sim.study.sizing import Fleet, Kind, Sizing

FLEETS = {"mean": "mean load", "peak": "peak load", "one_node_lost": "peak, a node lost"}


@click.command("size")
@SCENARIO
@click.option("--accelerators", metavar="A,B", help="Kinds to size; default: all whose price is known.")
@click.option("--mix", help="Measures that are in; default: those of the first mix.")
@SEED
@WORKERS
@SETTINGS
@JSON
def command(
    scenario: Path,
    accelerators: str | None,
    mix: str | None,
    seed: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Find the smallest fleet of each kind of accelerator that keeps every promise of SCENARIO."""
    from sim.scenario import load
    from sim.study.batch import processors
    from sim.study.sizing import size

    def heard(done: int, whole: int) -> None:
        click.echo(f"dcsim: {done} of {whole} kinds sized", err=True)

    found = size(
        load(scenario, settings),
        names(accelerators),
        mix=mix,
        seed=seed,
        workers=workers or processors(),
        heard=heard if sys.stderr.isatty() or not as_json else lambda _done, _whole: None,
    )
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    return 0 if found.cheapest is not None else DemandError.exit_code


def _print(found: Sizing) -> None:
    loads = (
        f"{name} {load.mean_per_s:.3g}/s, at its peak {load.peak_per_s:.3g}/s" for name, load in found.loads.items()
    )
    tell([f"{found.scenario}, mix {found.mix}: {'; '.join(loads)}"])
    rows = [_row(kind, name) for kind in found.kinds if kind.why_not is None for name in FLEETS]
    print_rows(("accelerator", "for", "nodes", "replicas", "kW mean", "kW peak", "USD/month"), rows)
    tell(f"{kind.accelerator}: {kind.why_not}" for kind in found.kinds if kind.why_not is not None)
    tell(f"warning: {text}" for text in (*found.warnings, *(text for kind in found.kinds for text in kind.warnings)))
    best = found.cheapest
    if best is None:
        tell(["no kind keeps every promise, however many there are"])
        return
    fleet = best.fleets["one_node_lost"]
    tell([f"cheapest that keeps every promise with a node lost: {fleet.nodes} x {best.node}, {_usd(fleet)} a month"])


def _row(kind: Kind, name: str) -> tuple[str, ...]:
    fleet, level = kind.fleets[name], "mean" if name == "mean" else "peak"
    replicas = ", ".join(
        f"{service} {need.replicas['mean' if level == 'mean' else 'peak']}x{need.tensor_parallel}"
        for service, need in kind.services.items()
    )
    first = kind.accelerator if name == "mean" else ""
    draws = (f"{fleet.mean_kw:.3g}", f"{fleet.peak_kw:.3g}")
    return (first, FLEETS[name], f"{fleet.nodes}", replicas, *draws, _usd(fleet))


def _usd(fleet: Fleet) -> str:
    return f"{fleet.usd_per_month:,.0f}"
