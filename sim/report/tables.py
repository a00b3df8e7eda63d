"""The comparison as text tables: figures in rows, mixes in columns, never wider than a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.report.wording import OF_A_JOB_STREAM, OF_A_SERVICE, WHOLE_RUN, Figure, short_percent, with_interval
from sim.study.comparison import Comparison, Difference
from sim.study.statistics import Estimate

MARKS = {"lower": "↓", "higher": "↑", "no difference shown": "=", "not comparable": "!"}
GAP = 2  # blanks between two columns
INDENT = "  "
SERVICE_FIGURES = (
    "usd_per_million_output_tokens",
    "j_per_output_token",
    "goodput_per_s",
    "ttft_s.p99",
    "tpot_s.p99",
    "slo_attainment",
    "accuracy",
)
FIXED_TIME_FIGURES = ("usd_per_useful_output", "goodput_per_s", "e2e_s.p99", "slo_attainment", "accuracy")
SITE_FIGURES = ("energy_kwh.facility", "peak_kw", "pue", "carbon_kg", "water_l")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: a figure of each mix, or a heading without cells."""

    label: str
    cells: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Mixes side by side; the first is the baseline."""

    mixes: Sequence[str]
    lines: Sequence[Line]


def comparison_tables(comparison: Comparison, width: int = 80) -> list[Table]:
    """The table of all mixes, cut into several of at most `width` characters; each begins with the baseline."""
    lines = list(_lines(comparison))
    mixes = list(comparison.mixes)
    label = max(len(line.label) for line in lines)
    columns = [max(len(mix), *(len(line.cells[i]) for line in lines if line.cells)) for i, mix in enumerate(mixes)]
    return [
        Table(
            [mixes[i] for i in group],
            [Line(line.label, [line.cells[i] for i in group if line.cells]) for line in lines],
        )
        for group in _groups(columns, width - label)
    ]


def legend(comparison: Comparison) -> str:
    """What the marks of the tables mean; empty where nothing is compared."""
    used = {each.verdict for metrics in comparison.versus_baseline.values() for each in metrics.values()}
    marks = "   ".join(f"{mark} {verdict}" for verdict, mark in MARKS.items() if verdict in used)
    return f"against {comparison.baseline}: {marks}" if marks else ""


def _groups(columns: Sequence[int], room: int) -> list[list[int]]:
    groups: list[list[int]] = [[0]]
    for index in range(1, len(columns)):
        used = sum(columns[each] + GAP for each in groups[-1])
        if used + columns[index] + GAP > room and len(groups[-1]) > 1:
            groups.append([0])
        groups[-1].append(index)
    return groups


def _lines(comparison: Comparison) -> Iterator[Line]:
    yield from _some(comparison, {"cost_usd.total": WHOLE_RUN["cost_usd.total"]})
    families = ("compute", "algorithm", "efficiency", "vertical")
    yield from _some(comparison, {f"cost_usd.{each}": Figure(INDENT + each) for each in families})
    yield from _some(comparison, {"usd_per_month": WHOLE_RUN["usd_per_month"]})
    yield from _some(comparison, {"efficiency.total": WHOLE_RUN["efficiency.total"]})
    yield from _some(comparison, {f"efficiency.{each}": Figure(INDENT + each) for each in families})
    for service in _names(comparison, "services"):
        yield Line(f"service {service}")
        shown = SERVICE_FIGURES if _makes_tokens(comparison, service) else FIXED_TIME_FIGURES
        yield from _some(comparison, {f"services.{service}.{name}": _indented(OF_A_SERVICE[name]) for name in shown})
    for stream in _names(comparison, "jobs"):
        yield Line(f"jobs {stream}")
        known = OF_A_JOB_STREAM.items()
        yield from _some(comparison, {f"jobs.{stream}.{name}": _indented(figure) for name, figure in known})
    yield Line("site")
    yield from _some(comparison, {name: _indented(WHOLE_RUN[name]) for name in SITE_FIGURES})
    yield Line("feasible", ["yes" if comparison.feasible[mix] else "no" for mix in comparison.mixes])


def _some(comparison: Comparison, figures: Mapping[str, Figure]) -> Iterator[Line]:
    """A line for each figure that some mix has."""
    for metric, figure in figures.items():
        if any(metric in metrics for metrics in comparison.mixes.values()):
            yield Line(figure.label, [_cell(comparison, mix, metric, figure.scale) for mix in comparison.mixes])


def _cell(comparison: Comparison, mix: str, metric: str, scale: float) -> str:
    found = comparison.mixes[mix].get(metric)
    versus = comparison.versus_baseline.get(mix, {}).get(metric)
    mark = _mark(versus, comparison.mixes[comparison.baseline].get(metric)) if versus else ""
    return f"{with_interval(found, scale)} {mark}".rstrip()


def _mark(versus: Difference, baseline: Estimate | None) -> str:
    relative = short_percent(versus.difference / baseline.mean) if baseline and baseline.mean else ""
    return MARKS[versus.verdict] + (relative if versus.verdict in {"lower", "higher"} else "")


def _makes_tokens(comparison: Comparison, service: str) -> bool:
    metric = f"services.{service}.usd_per_million_output_tokens"
    return any(metric in metrics for metrics in comparison.mixes.values())


def _names(comparison: Comparison, kind: str) -> list[str]:
    parts = (metric.split(".") for metrics in comparison.mixes.values() for metric in metrics)
    return list(dict.fromkeys(part[1] for part in parts if part[0] == kind))


def _indented(figure: Figure) -> Figure:
    return Figure(INDENT + figure.title, figure.unit, figure.scale)
