"""Charts of an evaluation: cost at every size, month by month after each measure, and the inputs that swing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sim.errors import UsageError
from sim.report.charts.style import BASELINE_COLOUR, OKABE_ITO, new_figure, set_title, styled, thousands
from sim.report.wording import less, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MONTHS: Final = 36
MIX, LOWER, HIGHER = OKABE_ITO[0], OKABE_ITO[4], OKABE_ITO[1]


@dataclass(frozen=True, slots=True)
class Size:
    """Cost per 1,000 requests at one multiple of the load."""

    scale: float
    baseline_usd: float
    mix_usd: float


@dataclass(frozen=True, slots=True)
class Payback:
    """Money back from one measure so many months after it was paid [USD]."""

    measure: str
    month: int
    balance_usd: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One input of the tornado: the cost difference with it lower and higher [USD per month]."""

    input: str
    low_usd: float
    high_usd: float


def sizes(content: Mapping[str, Any]) -> list[Size]:
    """What the scaling chart draws."""
    rows = [row for row in content["loads"] if row["baseline_usd"] is not None and row["mix_usd"] is not None]
    if not rows:
        raise UsageError("the mix ran at no scale: there is nothing to draw")
    return [Size(row["size"], row["baseline_usd"], row["mix_usd"]) for row in rows]


def draw_scaling(content: Mapping[str, Any]) -> tuple[Figure, Axes]:
    """Cost per 1,000 requests against the load, with and without the mix."""
    found = sizes(content)
    with styled():
        figure = new_figure(7.0, 3.6)
        axes = figure.subplots()
        scales = [each.scale for each in found]
        axes.plot(scales, [each.baseline_usd for each in found], "s--", color=BASELINE_COLOUR, label="no measure")
        axes.plot(scales, [each.mix_usd for each in found], "o-", color=MIX, label=content["mix"])
        axes.set_xscale("log", base=2)
        axes.set_xticks(scales, [f"{scale:g}x" for scale in scales])
        axes.minorticks_off()
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("load and fleet, times those of the scenario")
        axes.set_ylabel("USD per 1,000 requests")
        axes.legend(frameon=False)
        first, last = (1.0 - each.mix_usd / each.baseline_usd for each in (found[0], found[-1]))
        set_title(figure, scaling_title(content["mix"], first, last, f"{found[-1].scale:g}x"))
    return figure, axes


def scaling_title(mix: str, first: float, last: float, scale: str) -> str:
    """What the mix saves per request, as shares that are negative where it costs more."""
    return f"{mix} costs {less(first)} at the scenario's load, {less(last)} at {scale}"


def paybacks(content: Mapping[str, Any]) -> list[Payback]:
    """What the payback chart draws, measure by measure."""
    steps: Sequence[Mapping[str, Any]] = content["steps"]
    if not steps:
        raise UsageError("no measure of the mix could run: there is nothing to draw")
    return [
        Payback(step["measure"], month, step["saving_usd_per_month"] * month - step["upfront_usd"])
        for step in steps
        for month in range(MONTHS + 1)
    ]


def draw_payback(content: Mapping[str, Any]) -> tuple[Figure, Axes]:
    """Money back month by month, one line per measure in its best order; a line crosses 0 where it has paid."""
    found = paybacks(content)
    measures = list(dict.fromkeys(each.measure for each in found))
    with styled():
        figure = new_figure(7.0, 3.8)
        axes = figure.subplots()
        for index, measure in enumerate(measures):
            own = [each for each in found if each.measure == measure]
            style = ("-", "--", ":")[index // len(OKABE_ITO) % 3]
            colour = OKABE_ITO[index % len(OKABE_ITO)]
            months, balances = [each.month for each in own], [each.balance_usd for each in own]
            axes.plot(months, balances, style, color=colour, label=f"{index + 1}. {measure}")
        axes.axhline(0.0, color="black", linewidth=0.8)
        axes.set_yscale("symlog", linthresh=_threshold(found))
        axes.set_xlim(0, MONTHS)
        axes.set_xticks(range(0, MONTHS + 1, 6))
        axes.set_xlabel("months after it was introduced")
        axes.set_ylabel("saved less paid up front, USD")
        thousands(axes, "y")
        figure.legend(loc="outside lower left", ncols=2, frameon=False)
        paid = sum(1 for step in content["steps"] if (step["break_even_months"] or MONTHS + 1) <= MONTHS)
        set_title(figure, f"{paid} of {len(measures)} measures have paid for themselves within {MONTHS} months")
    return figure, axes


def _threshold(found: Sequence[Payback]) -> float:
    """Below it the money axis is straight: a tenth of the smallest sum paid."""
    paid = [-each.balance_usd for each in found if each.month == 0 and each.balance_usd < 0.0]
    return max(min(paid, default=100.0) / 10.0, 1.0)


def bars(content: Mapping[str, Any]) -> list[Bar]:
    """What the sensitivity chart draws, the widest first."""
    swings: Sequence[Mapping[str, Any]] = content["sensitivity"]["swings"]
    if not swings:
        raise UsageError("no input changes the difference: there is nothing to draw")
    return [Bar(_label(each), each["low_usd"], each["high_usd"]) for each in swings]


def _label(swing: Mapping[str, Any]) -> str:
    return f"{swing['input']} ±{swing['share']:.0%}"


def draw_sensitivity(content: Mapping[str, Any]) -> tuple[Figure, Axes]:
    """A tornado: the cost of the mix less that of no measure, as each input falls or rises."""
    found, now = bars(content), content["sensitivity"]["difference_usd_per_month"]
    with styled():
        figure = new_figure(7.0, 1.6 + 0.35 * len(found))
        axes = figure.subplots()
        places = range(len(found))
        axes.barh(places, [each.low_usd - now for each in found], left=now, color=LOWER, label="input lower")
        axes.barh(places, [each.high_usd - now for each in found], left=now, color=HIGHER, hatch="//", label="higher")
        axes.axvline(now, color="black", linewidth=0.8)
        if min(each.low_usd for each in found) * max(each.high_usd for each in found) < 0.0:
            axes.axvline(0.0, color="black", linewidth=0.8, linestyle=":")
        axes.set_yticks(places, [each.input for each in found])
        axes.invert_yaxis()
        axes.set_xlabel(f"cost of {content['mix']} less that of no measure, USD a month")
        thousands(axes)
        figure.legend(loc="outside lower left", ncols=2, frameon=False)
        turning = [each["input"] for each in content["sensitivity"]["swings"] if each["turns"]]
        said = f"turns with {', '.join(turning)}" if turning else "is turned by no single input"
        set_title(figure, f"The difference of {number(now)} USD a month {said}")
    return figure, axes
