"""The cost chart: what each family of measures costs in each mix, stacked, with the total at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.errors import UsageError
from sim.report.charts.comparison import MIXES_MAX, mix_label
from sim.report.charts.style import FAMILY_COLOURS, new_figure, set_title, styled, thousands
from sim.report.sentences import finding
from sim.report.wording import duration, number
from sim.study.comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Stack:
    """One drawn stack: the four terms of a mix's cost and their sum [USD]."""

    mix: str
    compute: float
    algorithm: float
    efficiency: float
    vertical: float
    total: float


def cost_stacks(comparison: Comparison) -> list[Stack]:
    """What the chart draws, mix by mix."""
    if len(comparison.mixes) > MIXES_MAX:
        raise UsageError(f"{len(comparison.mixes)} bars in one chart are too many (at most {MIXES_MAX})")
    return [
        Stack(mix, *(metrics[f"cost_usd.{family}"].mean for family in (*FAMILY_COLOURS, "total")))
        for mix, metrics in comparison.mixes.items()
        if "cost_usd.total" in metrics
    ]


def draw_cost(comparison: Comparison) -> tuple[Figure, Axes]:
    """Figure and axes: one horizontal stack per mix, the baseline first."""
    stacks = cost_stacks(comparison)
    with styled():
        figure = new_figure(8.0, 1.6 + 0.4 * len(stacks))
        axes = figure.subplots()
        left = [0.0] * len(stacks)
        for family, colour in FAMILY_COLOURS.items():
            widths = [getattr(stack, family) for stack in stacks]
            axes.barh(range(len(stacks)), widths, left=left, height=0.7, color=colour, label=family)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        for place, stack in enumerate(stacks):
            axes.annotate(number(stack.total), (left[place], place), (5, 0), textcoords="offset points", va="center")
        axes.set_xlim(0.0, max(left) * 1.15 or 1.0)
        axes.set_yticks(range(len(stacks)), [mix_label(comparison, stack.mix) for stack in stacks])
        axes.set_xlabel(f"cost of {duration(comparison.window_s)}, USD")
        axes.invert_yaxis()
        thousands(axes)
        figure.legend(loc="outside lower left", ncols=4, frameon=False)
        set_title(figure, finding(comparison))
    return figure, axes
