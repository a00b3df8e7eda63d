"""The comparison chart: bars of each mix with intervals, and beside them the paired differences from the baseline."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.errors import UsageError
from sim.report.charts.style import mix_colours, mix_hatches, new_figure, set_title, styled, thousands
from sim.report.sentences import finding
from sim.report.wording import figure_of, level, number, percent
from sim.study.comparison import Comparison
from sim.study.statistics import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

USUAL = ("cost_usd.total", "energy_kwh.facility")
OF_EACH_SERVICE = ("ttft_s.p99", "e2e_s.p99")  # the first that the runs have
OF_EACH_STREAM = ("wait_s.mean",)
MIXES_MAX = 24  # more bars cannot be told apart
SERVICES_MAX = 2  # a chart of more is a poster
TICKS_MAX = 5  # more numbers of five digits and a sign run into each other under the differences
PANEL_LETTERS = 32  # of a title over the panel of differences
OPEN_VERDICTS = frozenset({"no difference shown", "not comparable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One drawn bar and, except for the baseline, the drawn difference; in shown units."""

    metric: str
    label: str
    mix: str
    mean: float
    ci_low: float | None
    ci_high: float | None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    relative: float | None = None
    verdict: Verdict | None = None


def default_metrics(comparison: Comparison) -> list[str]:
    """Cost, energy, and the tail latency of the first services or the wait of the first jobs."""
    known = comparison.mixes[comparison.baseline]
    chosen = [metric for metric in USUAL if metric in known]
    for kind, endings in (("services", OF_EACH_SERVICE), ("jobs", OF_EACH_STREAM)):
        names = list(dict.fromkeys(metric.split(".")[1] for metric in known if metric.startswith(f"{kind}.")))
        for name in names[:SERVICES_MAX]:
            chosen += [f"{kind}.{name}.{end}" for end in endings if f"{kind}.{name}.{end}" in known][:1]
    return chosen


def comparison_bars(comparison: Comparison, metrics: Sequence[str] | None = None) -> list[Bar]:
    """What the chart draws, row by row and mix by mix. UsageError for a metric that the runs do not have."""
    if len(comparison.mixes) > MIXES_MAX:
        raise UsageError(f"{len(comparison.mixes)} bars in one chart are too many (at most {MIXES_MAX})")
    return [
        _bar(comparison, metric, mix)
        for metric in metrics or default_metrics(comparison)
        for mix in _having(comparison, metric)
    ]


def draw_comparison(comparison: Comparison, metrics: Sequence[str] | None = None) -> tuple[Figure, list[list[Axes]]]:
    """Figure and axes, one row per metric: bars on the left, paired differences on the right where there are any."""
    bars = comparison_bars(comparison, metrics)
    rows = list(dict.fromkeys(bar.metric for bar in bars))
    panels = 2 if len(comparison.mixes) > 1 else 1
    with styled():
        figure = new_figure(9.0, 0.9 + len(rows) * (0.75 + 0.28 * len(comparison.mixes)))
        grid = figure.subplots(len(rows), panels, squeeze=False, width_ratios=[3, 2][:panels])
        for axes, metric in zip(grid, rows, strict=True):
            shown = [bar for bar in bars if bar.metric == metric]
            _draw_bars(axes[0], comparison, shown)
            if panels == 2:
                _draw_differences(axes[1], comparison, shown)
        if panels == 2:
            grid[0][1].set_title(textwrap.fill(f"difference from {comparison.baseline}", PANEL_LETTERS))
        set_title(figure, finding(comparison))
        figure.supxlabel(_caption(comparison), fontsize=8.0, x=0.01, ha="left")
    return figure, [list(axes) for axes in grid]


def _having(comparison: Comparison, metric: str) -> list[str]:
    mixes = [mix for mix, metrics in comparison.mixes.items() if metric in metrics]
    if not mixes:
        raise UsageError(f"no run has a figure '{metric}'")
    return mixes


def _bar(comparison: Comparison, metric: str, mix: str) -> Bar:
    shown, found = figure_of(metric), comparison.mixes[mix][metric]
    versus = comparison.versus_baseline.get(mix, {}).get(metric)
    bar = Bar(
        metric=metric,
        label=shown.label,
        mix=mix,
        mean=found.mean * shown.scale,
        ci_low=_scaled(found.ci_low, shown.scale),
        ci_high=_scaled(found.ci_high, shown.scale),
    )
    if versus is None:
        return bar
    base = comparison.mixes[comparison.baseline][metric].mean
    return replace(
        bar,
        difference=versus.difference * shown.scale,
        difference_low=_scaled(versus.ci_low, shown.scale),
        difference_high=_scaled(versus.ci_high, shown.scale),
        relative=versus.difference / base if base else None,
        verdict=versus.verdict,
    )


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


def _draw_bars(axes: Axes, comparison: Comparison, bars: Sequence[Bar]) -> None:
    colours, hatches = mix_colours(list(comparison.mixes)), mix_hatches(list(comparison.mixes))
    places = _places(comparison)
    for bar in bars:
        axes.barh(places[bar.mix], bar.mean, height=0.7, color=colours[bar.mix], hatch=hatches[bar.mix], label=bar.mix)
        if bar.ci_low is not None and bar.ci_high is not None and bar.ci_high > bar.ci_low:
            whiskers = [[bar.mean - bar.ci_low], [bar.ci_high - bar.mean]]
            axes.errorbar(bar.mean, places[bar.mix], xerr=whiskers, color="black", capsize=3, linewidth=1.2)
        axes.annotate(
            number(bar.mean),
            (bar.ci_high or bar.mean, places[bar.mix]),
            (5, 0),
            textcoords="offset points",
            va="center",
        )
    low = min(0.0, *(bar.mean for bar in bars), 0.0)
    high = max(0.0, *(bar.ci_high or bar.mean for bar in bars), 0.0)
    axes.set_xlim(low * 1.15, high * 1.15 or 1.0)
    axes.set_yticks(list(places.values()), [mix_label(comparison, mix) for mix in places])
    axes.set_xlabel(bars[0].label)
    axes.invert_yaxis()
    thousands(axes)


def _draw_differences(axes: Axes, comparison: Comparison, bars: Sequence[Bar]) -> None:
    colours, places = mix_colours(list(comparison.mixes)), _places(comparison)
    axes.axvline(0.0, color="black", linewidth=0.8)
    for bar in bars:
        if bar.difference is not None:
            _draw_difference(axes, places[bar.mix], bar, bar.difference, colours[bar.mix])
    axes.margins(x=0.3)
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_yticks(list(places.values()), [""] * len(places))
    axes.set_xlabel(bars[0].label)
    axes.locator_params(axis="x", nbins=TICKS_MAX)
    thousands(axes)


def _draw_difference(axes: Axes, place: int, bar: Bar, difference: float, colour: str) -> None:
    """A dot with its interval; hollow where no difference is shown, a cross where the figures do not compare."""
    assert bar.difference is not None
    if bar.difference_low is not None and bar.difference_high is not None:
        axes.plot([bar.difference_low, bar.difference_high], [place, place], color=colour, linewidth=2)
    marker = "x" if bar.verdict == "not comparable" else "o"
    face = "white" if bar.verdict == "no difference shown" else colour
    axes.plot([difference], [place], marker=marker, color=colour, markerfacecolor=face, linestyle="none")
    text = "not comparable" if bar.verdict == "not comparable" else _relative(bar)
    note = axes.annotate(text, (difference, place), (0, 6), textcoords="offset points", ha="center", fontsize=8.0)
    note.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8})


def _relative(bar: Bar) -> str:
    if bar.difference == 0.0:
        return "equal"
    if bar.relative is None:
        return ""
    return ("+" if bar.relative > 0 else "-" if bar.relative < 0 else "") + percent(bar.relative)


def mix_label(comparison: Comparison, mix: str) -> str:
    """Name of a mix beside its bar, with a word where it does not keep every promise."""
    return mix if comparison.feasible[mix] else f"{mix}\n(infeasible)"


def _places(comparison: Comparison) -> dict[str, int]:
    return {mix: place for place, mix in enumerate(comparison.mixes)}


def _caption(comparison: Comparison) -> str:
    if comparison.deterministic:
        return "nothing in these runs is random: one run of each mix, differences are exact"
    if comparison.replications < 2:
        return "one replication: no intervals"
    runs = f"{comparison.replications} replications under common random numbers"
    return f"{level(comparison.confidence)} intervals of {runs}; hollow: no difference shown"
