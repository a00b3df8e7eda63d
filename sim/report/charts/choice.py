"""Charts of a choice: the front of cost and energy, and the cost from the baseline to the chosen mix step by step."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.errors import UsageError
from sim.report.charts.style import BASELINE_COLOUR, FAMILY_COLOURS, OKABE_ITO, new_figure, set_title, styled, thousands
from sim.report.wording import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LABEL_LETTERS = 30
LABEL_WIDTH, LABEL_HEIGHT = 0.4, 0.06  # of the span of the dots, what a name takes


@dataclass(frozen=True, slots=True)
class Dot:
    """One drawn candidate. `state`: chosen, front, feasible, or out."""

    name: str
    cost_usd: float
    energy_kwh: float
    throughput_per_s: float
    accuracy: float
    state: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One drawn step: where it begins and ends [USD], and what each term of the cost has in it."""

    name: str
    before: float
    after: float
    compute: float
    algorithm: float
    efficiency: float
    vertical: float


def front_dots(content: Mapping[str, Any]) -> list[Dot]:
    """The candidates of a `dcsim.choose/1` object that ran."""
    keys = ("cost_usd", "energy_kwh", "throughput_per_s", "accuracy")
    return [
        Dot(name=each["name"], state=_state(each, content), **{key: each[key] for key in keys})
        for each in content["candidates"]
        if each["cost_usd"] is not None
    ]


def waterfall_bars(content: Mapping[str, Any]) -> list[Bar]:
    """Cost of the baseline, what each measure changed, cost of the chosen mix. UsageError where nothing is chosen."""
    if content["confirmed"] is None:
        raise UsageError("nothing was chosen, so no cost leads to it")
    figures, versus = (content["confirmed"][key] for key in ("figures", "versus_baseline"))
    last = {term: figures[f"cost_usd.{term}"]["mean"] for term in ("total", *FAMILY_COLOURS)}
    change = {term: versus.get(f"cost_usd.{term}", {"difference": 0.0})["difference"] for term in last}
    first = {term: last[term] - change[term] for term in last}
    bars = [_bar(content["baseline"], 0.0, first)]
    for step in (each for each in content["explanation"] if each["effect"]):
        moved = {term: step["effect"][f"cost_usd.{term}"]["difference"] for term in last}
        bars.append(_bar(step["step"], bars[-1].after, moved))
    return bars if len(bars) == 1 else [*bars, _bar(content["chosen"], 0.0, last)]


def draw_front(content: Mapping[str, Any]) -> tuple[Figure, Axes]:
    """Figure and axes: energy against cost, the front joined, the chosen mix named."""
    dots = front_dots(content)
    with styled():
        figure = new_figure(8.0, 5.0)
        axes = figure.subplots()
        for state, marker, colour, label in (
            ("out", "x", BASELINE_COLOUR, "breaks a limit"),
            ("feasible", "o", OKABE_ITO[4], "keeps every limit"),
            ("front", "o", OKABE_ITO[0], "on the front"),
            ("chosen", "*", OKABE_ITO[5], "chosen"),
        ):
            drawn = [dot for dot in dots if dot.state == state]
            axes.scatter(
                [dot.cost_usd for dot in drawn],
                [dot.energy_kwh for dot in drawn],
                s=140 if state == "chosen" else 28,
                marker=marker,
                color=colour,
                label=f"{label} ({len(drawn)})",
                zorder=3 if state == "chosen" else 2,
            )
        axes.margins(x=0.12, y=0.12)
        for dot in named_dots(dots, content["baseline"]):
            name = textwrap.shorten(dot.name, LABEL_LETTERS, placeholder="...")
            axes.annotate(name, (dot.cost_usd, dot.energy_kwh), (7, 5), textcoords="offset points")
        axes.set_xlabel("cost, USD")
        axes.set_ylabel("energy at the meter, kWh")
        thousands(axes)
        thousands(axes, "y")
        axes.legend(frameon=False, loc="best")
        set_title(figure, _title(content))
        caption = "front: no other mix is as good in cost, energy, throughput and accuracy and better in one"
        figure.supxlabel(caption, fontsize=8.0, x=0.01, ha="left")
    return figure, axes


def named_dots(dots: Sequence[Dot], baseline: str) -> list[Dot]:
    """The dots that bear their name: chosen, baseline, front, then others, as far as names do not meet."""
    order = {"chosen": 0, "front": 2, "feasible": 3, "out": 4}
    ranked = sorted(dots, key=lambda dot: (1 if dot.name == baseline else order[dot.state], dot.cost_usd))
    widths = [
        max(axis) - min(axis) or 1.0 for axis in zip(*((dot.cost_usd, dot.energy_kwh) for dot in dots), strict=True)
    ]
    named: list[Dot] = []
    for dot in ranked:
        gaps = (
            (abs(dot.cost_usd - other.cost_usd) / widths[0], abs(dot.energy_kwh - other.energy_kwh) / widths[1])
            for other in named
        )
        if all(across > LABEL_WIDTH or along > LABEL_HEIGHT for across, along in gaps):
            named.append(dot)
    return named


def draw_waterfall(content: Mapping[str, Any]) -> tuple[Figure, Axes]:
    """Figure and axes: the baseline's cost, what each measure adds or saves, the chosen mix's cost."""
    bars = waterfall_bars(content)
    with styled():
        figure = new_figure(8.0, 1.6 + 0.5 * len(bars))
        axes = figure.subplots()
        for place, bar in enumerate(bars):
            whole = bar.before == 0.0
            colour = BASELINE_COLOUR if whole else OKABE_ITO[2 if bar.after <= bar.before else 5]
            axes.barh(place, bar.after - bar.before, left=bar.before, height=0.6, color=colour)
            text = number(bar.after) if whole else f"{'+' if bar.after > bar.before else '-'}{_size(bar)}"
            axes.annotate(text, (max(bar.before, bar.after), place), (5, 0), textcoords="offset points", va="center")
            if place + 1 < len(bars):
                axes.plot([bar.after, bar.after], [place + 0.3, place + 0.7], color="black", linewidth=0.8)
        axes.set_yticks(range(len(bars)), [textwrap.fill(bar.name, LABEL_LETTERS) for bar in bars])
        axes.set_xlim(0.0, max(max(bar.before, bar.after) for bar in bars) * 1.15 or 1.0)
        axes.set_xlabel("cost, USD")
        axes.invert_yaxis()
        thousands(axes)
        set_title(figure, _title(content))
    return figure, axes


def _bar(name: str, before: float, terms: Mapping[str, float]) -> Bar:
    return Bar(name, before, before + terms["total"], *(terms[family] for family in FAMILY_COLOURS))


def _size(bar: Bar) -> str:
    return number(abs(bar.after - bar.before))


def _state(candidate: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    if candidate["name"] == content["chosen"]:
        return "chosen"
    if candidate["name"] in content["front"]:
        return "front"
    return "feasible" if candidate["feasible"] else "out"


def _title(content: Mapping[str, Any]) -> str:
    if content["chosen"] is None:
        return "No mix keeps every promise and limit"
    best = {"cost": "cheapest", "energy": "least energy-hungry", "carbon": "cleanest", "throughput": "fastest"}
    return f"{content['chosen']} is the {best[content['objective']]} mix that keeps every promise and limit"
