"""The HTML report: one file without any reference to another, harmless whatever a scenario's names hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.document import write_atomically
from sim.report.sentences import finding, headline
from sim.report.tables import comparison_tables, legend
from sim.report.warnings import warning_lines
from sim.report.wording import duration
from sim.study.comparison import Comparison
from sim.study.point import package_version

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "page.html.j2"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart inside the page: its picture as SVG, and what it shows in words."""

    svg: str
    text: str


def render_page(comparison: Comparison, charts: Sequence[Chart], command: str) -> str:
    """The page of a comparison. `command` is what a reader types to get the same figures."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    source = (Path(__file__).parent / TEMPLATE).read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
    (table,) = comparison_tables(comparison, width=sys.maxsize)
    return template.render(
        title=f"{comparison.scenario}: {duration(comparison.window_s)}, {len(comparison.mixes)} mixes",
        comparison=comparison,
        sentences=headline(comparison),
        charts=[{"svg": Markup(chart.svg), "text": chart.text} for chart in charts],
        table=table,
        legend=legend(comparison),
        warnings=warning_lines(comparison),
        command=command,
        version=package_version(),
        data=Markup(_script_safe(comparison)),
    )


def comparison_charts(comparison: Comparison) -> list[Chart]:
    """The charts of a comparison, ready for the page."""
    from sim.report.charts.comparison import draw_comparison
    from sim.report.charts.cost import draw_cost

    bars, _ = draw_comparison(comparison)
    stacks, _ = draw_cost(comparison)
    text = finding(comparison)
    return [
        chart_of(bars, f"{text}. Figures of each mix with their intervals, and differences from the baseline."),
        chart_of(stacks, f"{text}. Cost of each mix by family of measures."),
    ]


def chart_of(figure: Figure, text: str) -> Chart:
    """A drawn figure as a chart of the page."""
    from sim.report.charts.style import picture

    svg = picture(figure, "svg").decode()
    return Chart(svg[svg.index("<svg") :], text)


def write_page(path: Path, page: str) -> None:
    """Writes the page in one piece."""
    write_atomically(path, page.encode())


def _script_safe(comparison: Comparison) -> str:
    """The `dcsim.compare` object as JSON that cannot end the script element it stands in."""
    text = json.dumps(comparison.to_json(), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
