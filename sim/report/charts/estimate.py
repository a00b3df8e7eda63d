"""The estimate chart: throughput, latency and energy against batch, without limits and under the cap or clock asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.errors import UsageError
from sim.report.charts.style import OKABE_ITO, new_figure, styled, thousands
from sim.report.wording import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MS_PER_S = 1000.0
UNLIMITED = "no cap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One batch of one curve; in shown units."""

    curve: str
    batch: int
    output_tokens_per_s: float
    tpot_ms: float
    ttft_ms: float
    energy_j_per_token: float


def estimate_dots(content: Mapping[str, Any]) -> list[Dot]:
    """What the chart draws, curve by curve and batch by batch, of a `dcsim.estimate/1` object with points.

    `uncapped` beside `points` holds the same batches without cap and clock knob. UsageError where no batch fits.
    """
    asked, uncapped = content["asked"], content.get("uncapped")
    dots = _curve(UNLIMITED, uncapped) if uncapped else []
    dots += _curve(_limits(asked), content["points"])
    if not dots:
        raise UsageError("none of the batches fits: there is nothing to draw")
    return dots


def draw_estimate(content: Mapping[str, Any]) -> tuple[Figure, list[Axes]]:
    """Figure and axes, one panel below the other over the same batches."""
    dots = estimate_dots(content)
    with styled():
        figure = new_figure(7.5, 7.0)
        grid = list(figure.subplots(3, 1, sharex=True))
        for index, name in enumerate(dict.fromkeys(dot.curve for dot in dots)):
            _draw_curve(grid, [dot for dot in dots if dot.curve == name], index)
        _label(grid, sorted({dot.batch for dot in dots}))
        figure.suptitle(_title(content["asked"], dots), x=0.01, ha="left")
        figure.supxlabel(_caption(content["asked"]), fontsize=8.0, x=0.01, ha="left")
    return figure, grid


def _curve(name: str, points: Sequence[Mapping[str, Any]]) -> list[Dot]:
    return [
        Dot(
            curve=name,
            batch=point["batch"],
            output_tokens_per_s=point["output_tokens_per_s"],
            tpot_ms=point["tpot_s"] * MS_PER_S,
            ttft_ms=point["ttft_s"] * MS_PER_S,
            energy_j_per_token=point["energy_j_per_token"],
        )
        for point in sorted(points, key=lambda point: int(point["batch"]))
        if point["fits"]
    ]


def _limits(asked: Mapping[str, Any]) -> str:
    """Name of the curve asked for: its cap and clock."""
    cap, clock = asked["power_cap_w"], asked["clock_mhz"]
    limits = [] if cap is None else [f"{cap:g} W cap"]
    limits += [] if clock is None else [f"at most {clock:g} MHz"]
    return ", ".join(limits) or UNLIMITED


def _draw_curve(grid: Sequence[Axes], dots: Sequence[Dot], index: int) -> None:
    batches, name = [dot.batch for dot in dots], dots[0].curve
    colour, marker = OKABE_ITO[index], "os"[index]
    throughput, latency, energy = grid
    look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.2}
    throughput.plot(batches, [dot.output_tokens_per_s for dot in dots], label=name, **look)
    latency.plot(batches, [dot.tpot_ms for dot in dots], label=f"TPOT, {name}", **look)
    latency.plot(batches, [dot.ttft_ms for dot in dots], label=f"TTFT, {name}", linestyle="--", **look)
    energy.plot(batches, [dot.energy_j_per_token for dot in dots], label=name, **look)


def _label(grid: Sequence[Axes], batches: Sequence[int]) -> None:
    throughput, latency, energy = grid
    throughput.set_ylabel("output tokens/s")
    throughput.set_ylim(bottom=0.0)
    latency.set_ylabel("latency, ms")
    latency.set_ylim(bottom=0.0)
    energy.set_ylabel("J per output token")
    energy.set_yscale("log")
    energy.set_xscale("log", base=2)
    energy.set_xlabel("batch: sequences decoding at once")
    energy.set_xlim(batches[0] / 1.2, batches[-1] * 1.2)
    thousands(energy)
    for axes in grid:
        thousands(axes, "y")
        axes.legend(loc="best", frameon=False, fontsize=8.0)


def _title(asked: Mapping[str, Any], dots: Sequence[Dot]) -> str:
    """The finding: the best joules, and what the cap does at the largest batch that both curves have."""
    count = asked["tensor_parallel"] * asked["pipeline_parallel"] * asked["data_parallel"]
    where = f"{asked['model']} {asked['precision']} on {count} {asked['accelerator']}"
    first, last = dots[0].curve, dots[-1].curve
    if first == last:
        best = min(dots, key=lambda dot: dot.energy_j_per_token)
        return f"{where}: {number(best.energy_j_per_token)} J/token at best, at batch {best.batch:,}"
    batch = max({dot.batch for dot in dots if dot.curve == first} & {dot.batch for dot in dots if dot.curve == last})
    free, held = (next(dot for dot in dots if (dot.curve, dot.batch) == (name, batch)) for name in (first, last))
    joules = _change(held.energy_j_per_token, free.energy_j_per_token)
    speed = _change(held.output_tokens_per_s, free.output_tokens_per_s)
    return f"{where}, {last}: {joules} J/token, {speed} tokens/s at batch {batch:,}"


def _change(value: float, base: float) -> str:
    relative = value / base - 1.0
    return ("+" if relative > 0 else "-" if relative < 0 else "") + percent(relative)


def _caption(asked: Mapping[str, Any]) -> str:
    tokens = f"{asked['input_tokens']:g} tokens in, {asked['output_tokens']:g} out, {asked['engine']}"
    return f"{tokens}; energy of the accelerators alone; TTFT without a queue; TPOT carries prefill's share"
