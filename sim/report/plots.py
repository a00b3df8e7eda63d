"""Charts and pages of the folders that runs, comparisons and sweeps write, by kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.document import nearest, write_atomically
from sim.errors import UsageError
from sim.study.comparison import Comparison
from sim.study.point import Run
from sim.study.reading import comparison_of_run, kind_of, read_comparison, run_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.report.charts.timeseries import Series

KINDS: Final = {
    "comparison": "bars of each mix with intervals, and paired differences from the baseline",
    "cost": "cost of each mix by family of measures",
    "timeseries": "power, PUE, temperatures, queues, price and carbon of one run over time",
}
Records: TypeAlias = Sequence[Mapping[str, object]]
Drawn: TypeAlias = "Axes | Sequence[Axes] | Sequence[Sequence[Axes]]"


def plot(
    folder: Path,
    kind: str,
    *,
    out: Path | None = None,
    data: Path | None = None,
    mix: str | None = None,
    metrics: Sequence[str] = (),
) -> None:
    """Draws a chart of the results in a folder into `out`, and writes the drawn numbers into `data`.

    Raises UsageError for an unknown kind, and where the folder does not hold what the kind needs.
    """
    from sim.report.charts.style import save

    known_kind(kind)
    figure, records = chart(folder, kind, mix, metrics)
    if out:
        save(figure, out)
    if data:
        write_csv(data, records)


def chart(folder: Path, kind: str, mix: str | None, metrics: Sequence[str]) -> tuple[Figure, Records]:
    """A chart of a folder and the numbers drawn in it."""
    from sim.report.charts.comparison import comparison_bars, draw_comparison
    from sim.report.charts.cost import cost_stacks, draw_cost
    from sim.report.charts.timeseries import draw_timeseries

    if kind == "timeseries":
        series = read_series(run_folder(folder, mix))
        return draw_timeseries(series)[0], series_records(series)
    found = read_comparison(folder)
    if kind == "cost":
        return draw_cost(found)[0], [asdict(stack) for stack in cost_stacks(found)]
    chosen = list(metrics) or None
    return draw_comparison(found, chosen)[0], [asdict(bar) for bar in comparison_bars(found, chosen)]


def draw_result(result: Comparison | Run, kind: str) -> tuple[Figure, Drawn]:
    """Figure and axes of a chart of results in memory; UsageError for a kind that they do not have."""
    from sim.report.charts.comparison import draw_comparison
    from sim.report.charts.cost import draw_cost
    from sim.report.charts.timeseries import draw_timeseries

    known_kind(kind)
    if kind == "timeseries":
        if isinstance(result, Comparison):
            raise UsageError("a comparison keeps no time series: draw that of a run")
        return draw_timeseries(series_of_run(result))
    found = result if isinstance(result, Comparison) else comparison_of_run(result.summary, result.ledger.random)
    return draw_cost(found) if kind == "cost" else draw_comparison(found)


def series_of_run(run: Run) -> Series:
    """The drawn series of a run in memory."""
    from sim.record.files import meter_columns
    from sim.report.charts.timeseries import series_of

    document = run.plan.scenario.document
    return series_of(meter_columns(run.ledger.meter), run.summary, document, _limit_c(document))


def known_kind(kind: str) -> None:
    """UsageError, with the nearest kind of chart, where there is no such kind."""
    if kind not in KINDS:
        near = nearest(kind, KINDS)
        hint = f"; did you mean '{near}'?" if near else ""
        raise UsageError(f"no chart '{kind}'{hint} (dcsim plot --list)")


def read_series(folder: Path) -> Series:
    """The drawn series of the run in a folder, with the temperature at which its accelerators slow down."""
    from sim.record.files import read_run
    from sim.report.charts.timeseries import series_of

    run = read_run(folder)
    return series_of(run.timeseries, run.summary, run.scenario, _limit_c(run.scenario))


def series_records(series: Series) -> Records:
    """The drawn columns as rows."""
    names = list(series.columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*series.columns.values(), strict=True)]


def folder_page(folder: Path, out: Path) -> None:
    """Writes the HTML page of the results in a folder."""
    from sim.report.charts.timeseries import draw_timeseries
    from sim.report.page import chart_of, comparison_charts, render_page, write_page

    found = read_comparison(folder)
    charts = comparison_charts(found)
    if kind_of(folder) != "sweep":
        series = read_series(run_folder(folder, None))
        charts.append(chart_of(draw_timeseries(series)[0], f"{series.title}: power, temperatures, queues and prices."))
    write_page(out, render_page(found, charts, _command(folder, found)))


def write_csv(path: Path, records: Records) -> None:
    """Writes records as CSV; text that a spreadsheet would take for a formula is marked as text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(list(records[0]) if records else [])
    writer.writerows([_cell(value) for value in record.values()] for record in records)
    write_atomically(path, buffer.getvalue().encode())


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _command(folder: Path, found: Comparison) -> str:
    from sim.record.files import SCENARIO

    kind = kind_of(folder)
    if kind == "sweep":
        return f"the dcsim sweep that wrote {folder}"
    resolved = run_folder(folder, None) / SCENARIO
    if kind == "run":
        return f"dcsim run {resolved} --mix {found.baseline} --seed {found.seed}"
    mixes = ",".join(found.mixes)
    return (
        f"dcsim compare {resolved} --mixes {mixes} --baseline {found.baseline}"
        f" --replications {found.replications} --seed {found.seed}"
    )


def _limit_c(document: Mapping[str, object]) -> float | None:
    """The lowest temperature at which an accelerator of the scenario's catalogue nodes lowers its clock."""
    from sim.catalog import Catalogue

    catalogue, pools = Catalogue.built_in(), document.get("pools")
    named = _names(pool.get("node") for pool in pools if isinstance(pool, Mapping)) if isinstance(pools, list) else []
    known = set(catalogue.names("nodes"))
    return min((catalogue.node(name).accelerator.thermal_air.target_c for name in named if name in known), default=None)


def _names(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]
