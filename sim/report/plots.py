"""Charts and pages of the folders that runs, comparisons, sweeps and estimates write, by kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.document import nearest, write_atomically
from sim.errors import UsageError
from sim.study.choosing.choice import Choice
from sim.study.comparison import Comparison
from sim.study.estimating import Estimate, drawable, read_estimate
from sim.study.point import Run
from sim.study.reading import comparison_of_run, kind_of, read_comparison, run_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.catalog import Catalogue
    from sim.report.charts.timeseries import Series
    from sim.report.page import Chart

KINDS: Final = {
    "comparison": "bars of each mix with intervals, and paired differences from the baseline",
    "cost": "cost of each mix by family of measures",
    "timeseries": "power, PUE, temperatures, queues, price and carbon of one run over time",
    "estimate": "throughput, latency and energy of a replica against batch, with and without its cap",
    "scaling": "cost per request of an evaluated mix against the load",
    "payback": "money back month by month from each measure of an evaluated mix",
    "sensitivity": "inputs that swing the difference an evaluated mix makes",
    "front": "cost and energy of the candidates of a choice, those that no other is as good as marked",
    "waterfall": "cost from the baseline to the chosen mix, measure by measure",
}
OF_CHOICE: Final = ("front", "waterfall")
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
    from sim.report.charts.estimate import draw_estimate, estimate_dots
    from sim.report.charts.timeseries import draw_timeseries

    if kind == "estimate":
        content = read_estimate(folder)
        return draw_estimate(content)[0], [asdict(dot) for dot in estimate_dots(content)]
    if kind in ("scaling", "payback", "sensitivity"):
        return _evaluation_chart(folder, kind)
    if kind in OF_CHOICE:
        return _choice_chart(folder, kind)
    if kind == "timeseries":
        series = read_series(run_folder(folder, mix))
        return draw_timeseries(series)[0], series_records(series)
    found = read_comparison(folder)
    if kind == "cost":
        return draw_cost(found)[0], [asdict(stack) for stack in cost_stacks(found)]
    chosen = list(metrics) or None
    return draw_comparison(found, chosen)[0], [asdict(bar) for bar in comparison_bars(found, chosen)]


def _evaluation_chart(folder: Path, kind: str) -> tuple[Figure, Records]:
    from sim.report.charts import evaluation as charts
    from sim.study.evaluating.folder import read_evaluation

    content = read_evaluation(folder)
    if kind == "scaling":
        return charts.draw_scaling(content)[0], [asdict(each) for each in charts.sizes(content)]
    if kind == "payback":
        return charts.draw_payback(content)[0], [asdict(each) for each in charts.paybacks(content)]
    return charts.draw_sensitivity(content)[0], [asdict(each) for each in charts.bars(content)]


def _choice_chart(folder: Path, kind: str) -> tuple[Figure, Records]:
    from sim.report.charts import choice as charts
    from sim.study.choosing.writing import read_choice

    content = read_choice(folder)
    if kind == "front":
        return charts.draw_front(content)[0], [asdict(dot) for dot in charts.front_dots(content)]
    return charts.draw_waterfall(content)[0], [asdict(bar) for bar in charts.waterfall_bars(content)]


def draw_result(result: Comparison | Run | Estimate | Choice, kind: str) -> tuple[Figure, Drawn]:
    """Figure and axes of a chart of results in memory; UsageError for a kind that they do not have."""
    from sim.report.charts.comparison import draw_comparison
    from sim.report.charts.cost import draw_cost
    from sim.report.charts.estimate import draw_estimate
    from sim.report.charts.timeseries import draw_timeseries

    known_kind(kind)
    if isinstance(result, Choice) or kind in OF_CHOICE:
        from sim.report.charts.choice import draw_front, draw_waterfall

        if not isinstance(result, Choice) or kind not in OF_CHOICE:
            raise UsageError("the charts 'front' and 'waterfall' are of a choice, and a choice has no others")
        return draw_front(result.to_json()) if kind == "front" else draw_waterfall(result.to_json())
    if isinstance(result, Estimate) or kind == "estimate":
        if not isinstance(result, Estimate) or kind != "estimate":
            raise UsageError("a chart 'estimate' is of an estimate, and an estimate has no other")
        return draw_estimate(drawable(result))
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

    limit_c = min(each.pool.node.accelerator.thermal_air.target_c for each in run.plan.pools.values())
    return series_of(meter_columns(run.ledger.meter), run.summary, run.plan.scenario.document, limit_c)


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
    return series_of(run.timeseries, run.summary, run.scenario, _limit_c(run.scenario, folder))


def series_records(series: Series) -> Records:
    """The drawn columns as rows."""
    names = list(series.columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*series.columns.values(), strict=True)]


def folder_page(folder: Path, out: Path) -> None:
    """Writes the HTML page of the results in a folder."""
    from sim.report.page import render_page, write_page

    found = read_comparison(folder)
    write_page(out, render_page(found, page_charts(found, folder), _command(folder, found)))


def page_charts(found: Comparison, folder: Path | None) -> list[Chart]:
    """The charts of a page; the time series of the baseline among them where `folder` holds its run."""
    from sim.report.charts.timeseries import draw_timeseries
    from sim.report.page import chart_of, comparison_charts

    charts = comparison_charts(found)
    if folder and kind_of(folder) != "sweep":
        series = read_series(run_folder(folder, None))
        charts.append(chart_of(draw_timeseries(series)[0], f"{series.title}: power, temperatures, queues and prices."))
    return charts


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


def _limit_c(document: Mapping[str, object], folder: Path) -> float | None:
    """The lowest temperature at which an accelerator of a resolved scenario lowers its clock; None where unknown.

    A catalogue of the user's own may have gone since the run.
    """
    from sim.catalog import Catalogue

    own, pools = document.get("catalog"), document.get("pools")
    path = folder / own if isinstance(own, str) else None
    catalogue = Catalogue.built_in()
    if path and path.is_file():
        catalogue = catalogue.with_file(path)
    nodes = [pool.get("node") for pool in pools if isinstance(pool, Mapping)] if isinstance(pools, list) else []
    return min((limit for node in nodes if (limit := _node_limit_c(node, catalogue)) is not None), default=None)


def _node_limit_c(node: object, catalogue: Catalogue) -> float | None:
    """Of a node by name, or of one that is written in the scenario and names its accelerator."""
    if isinstance(node, str) and node in catalogue.names("nodes"):
        return catalogue.node(node).accelerator.thermal_air.target_c
    name = node.get("accelerator") if isinstance(node, Mapping) else None
    known = isinstance(name, str) and name in catalogue.names("accelerators")
    return catalogue.accelerator(str(name)).thermal_air.target_c if known else None
