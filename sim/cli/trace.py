"""`dcsim trace`: what a trace holds, its first rows, and every format as one."""

from __future__ import annotations

import math
from pathlib import Path

import click

from sim.cli.console import print_json, print_rows, tell
from sim.cli.options import JSON, Finite, writable

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
FORMAT = click.option("--format", "named_format", help="Format of the trace; default: told from its content.")


@click.group("trace")
def command() -> None:
    """Look into a trace of requests or jobs."""


@command.command("stats")
@FILE
@FORMAT
@JSON
def stats(file: Path, named_format: str | None, as_json: bool) -> None:
    """Rows, span, rate, burstiness and the spread of each column of FILE."""
    from sim.workload.statistics import trace_statistics

    found = trace_statistics(file, named_format)
    if as_json:
        print_json(found)
        return
    columns = found["columns"]
    assert isinstance(columns, dict)
    span = found["span_s"]
    tell([f"{file}: {found['format']}, {found['rows']} rows, {found['dropped']} of them dropped"])
    if isinstance(span, float) and span > 0:  # else there is no rate
        rate, burstiness = found["rate_per_s"], found["interarrival_cv"]
        tell([f"span {span:,.3f} s, {rate:.6g} per second, interarrival cv {burstiness:.4g}"])
    headings = ("column", "mean", "p50", "p90", "p99", "max", "sum")
    print_rows(headings, [(name, *(_figure(spread[key]) for key in headings[1:])) for name, spread in columns.items()])


@command.command("head")
@FILE
@FORMAT
@click.option("-n", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many rows.")
def head(file: Path, named_format: str | None, count: int) -> None:
    """The first rows of FILE in order of time, as a run would read them."""
    from sim.workload.converting import trace_columns

    columns = trace_columns(file, named_format)
    rows = zip(*(values[:count].tolist() for values in columns.values()), strict=True)
    print_rows(columns, [[_figure(value) for value in row] for row in rows])


@command.command("convert")
@FILE
@FORMAT
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A .parquet file.")
def convert(file: Path, named_format: str | None, out: Path) -> None:
    """Write FILE as Parquet in the one schema that every format becomes."""
    from sim.record.trace_files import write_trace
    from sim.workload.converting import trace_columns

    path = writable(out, (".parquet",), (file,))
    assert path is not None
    columns = trace_columns(file, named_format)
    write_trace(path, columns)
    tell([f"wrote {path}: {len(next(iter(columns.values()))):,} rows of {', '.join(columns)}"])


@command.command("rounds")
@FILE
@click.option("--fleet", required=True, help="Accelerators of each kind, such as v100=8,p100=16,k80=24.")
@click.option("--round-s", type=Finite(1.0, 1e6), default=360.0, show_default=True, help="Length of a round.")
@click.option("--per-server", type=click.IntRange(1, 1024), default=4, show_default=True, help="Accelerators a server.")
@JSON
def rounds(file: Path, fleet: str, round_s: float, per_server: int, as_json: bool) -> None:
    """Schedule the training jobs of FILE (Gavel) on several kinds of accelerators, under each policy."""
    from sim.study.rounds import schedule_trace

    found = schedule_trace(file, _counts(fleet), round_s=round_s, per_server=per_server)
    if as_json:
        print_json(found)
        return
    policies = found["policies"]
    assert isinstance(policies, dict)
    rows = [
        (
            name,
            _figure(of["mean_completion_s"] / 3600.0),
            _figure(of["makespan_s"] / 3600.0),
            f"{of['utilisation']:.1%}",
        )
        for name, of in policies.items()
    ]
    print_rows(("policy", "mean completion h", "makespan h", "utilisation"), rows)


def _counts(text: str) -> dict[str, int]:
    """Accelerators of each kind from KIND=COUNT,KIND=COUNT."""
    parts = [part.partition("=") for part in text.split(",")]
    if not all(name.strip() and count.strip().isdecimal() and int(count) > 0 for name, _, count in parts):
        raise click.BadParameter(f"expected KIND=COUNT,KIND=COUNT; got {text!r}", param_hint="--fleet")
    return {name.strip(): int(count) for name, _, count in parts}


def _figure(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
