"""The time series of one run: power, PUE, temperatures, queues, price and carbon over one shared time axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sim.record.ledger import Floats
from sim.report.charts.style import OKABE_ITO, new_figure, set_title, styled, thousands
from sim.report.wording import duration, number
from sim.units import H_PER_DAY, S_PER_DAY, S_PER_H, W_PER_KW

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS_MAX = 1500  # more cannot be told apart on a page
DATES_FROM_S = 3 * S_PER_DAY  # longer runs are drawn over local dates, shorter ones over hours
POWER_COLOURS = {"IT": "#0072B2", "cooling": "#56B4E9", "losses": "#D55E00"}
Columns: TypeAlias = Mapping[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the chart draws: columns of the meter at most `POINTS_MAX` long, and what they are of."""

    title: str
    columns: Columns  # means over each drawn interval; `x` is its middle, hours from the start
    highest: Columns  # of the same names where there is an envelope: the largest value inside each drawn interval
    start: datetime  # local standard time
    long: bool
    limit_c: float | None = None


Panel: TypeAlias = Callable[["Axes", Series], None]


def series_of(
    meter: Columns, summary: Mapping[str, object], document: Mapping[str, object], limit_c: float | None = None
) -> Series:
    """The drawn series of a run: its meter's columns, its summary and its resolved scenario.

    `limit_c` is the temperature at which its accelerators slow down.
    """
    length = max(1, -(-len(meter["start_s"]) // POINTS_MAX))
    weights = meter["stop_s"] - meter["start_s"]
    columns = {name: _blocks(values, weights, length) for name, values in meter.items()}
    columns["x"] = (_first(meter["start_s"], length) + _last(meter["stop_s"], length)) / 2 / S_PER_H
    with np.errstate(invalid="ignore", divide="ignore"):
        columns["pue"] = np.where(columns["it_w"] > 0, columns["facility_w"] / columns["it_w"], np.nan)
    highest = {name: _highest(meter[name], length) for name in ("facility_w", "hottest_c")} if length > 1 else {}
    span_s = float(meter["stop_s"][-1])
    return Series(
        title=_title(meter, summary, span_s),
        columns=columns,
        highest=highest,
        start=_local_start(document),
        long=span_s > DATES_FROM_S,
        limit_c=limit_c,
    )


def _title(meter: Columns, summary: Mapping[str, object], span_s: float) -> str:
    """Mean and peak power of the measured window, as the figures of the run cover it."""
    window_s, peak_kw = (float(str(summary[name])) for name in ("window_s", "peak_kw"))
    measured_s = np.minimum(meter["stop_s"] - meter["start_s"], np.maximum(meter["stop_s"] - (span_s - window_s), 0.0))
    mean_kw = float(meter["facility_w"] @ measured_s) / window_s / W_PER_KW
    warmup = f" after {duration(span_s - window_s)} of warm-up" if window_s < span_s else ""
    power = f"mean {number(mean_kw)} kW, 15-minute peak {number(peak_kw)} kW"
    return f"{summary['mix']}: {power} over {duration(window_s)}{warmup}"


def draw_timeseries(series: Series) -> tuple[Figure, list[Axes]]:
    """Figure and axes, one panel below the other; panels without anything to show are left out."""
    panels: list[Panel] = [_power, _pue, _temperatures]
    panels += [_queues] if _named(series, "service_", "jobs_") else []
    panels += [_price_and_carbon]
    with styled():
        figure = new_figure(9.0, 1.0 + 1.6 * len(panels))
        grid = list(figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0])
        for axes, panel in zip(grid, panels, strict=True):
            panel(axes, series)
            axes.margins(x=0.0)
        _time_axis(grid[-1], series)
        set_title(figure, series.title)
    return figure, grid


def _power(axes: Axes, series: Series) -> None:
    parts = [series.columns[name] / W_PER_KW for name in ("it_w", "cooling_w", "losses_w")]
    axes.stackplot(_x(series), parts, labels=list(POWER_COLOURS), colors=list(POWER_COLOURS.values()))
    if "facility_w" in series.highest:
        axes.plot(_x(series), series.highest["facility_w"] / W_PER_KW, color="black", linewidth=0.6, label="highest")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("power, kW")
    _legend(axes)
    thousands(axes, "y")


def _pue(axes: Axes, series: Series) -> None:
    axes.plot(_x(series), series.columns["pue"], color="black", linewidth=1.0, label="PUE")
    axes.set_ylabel("PUE")


def _temperatures(axes: Axes, series: Series) -> None:
    lines = {"hottest_c": "hottest accelerator", "supply_c": "supply", "dry_bulb_c": "outdoor air"}
    for colour, (name, label) in zip(OKABE_ITO[5::-2], lines.items(), strict=True):
        axes.plot(_x(series), series.columns[name], color=colour, linewidth=1.0, label=label)
    if "hottest_c" in series.highest:
        axes.plot(_x(series), series.highest["hottest_c"], color=OKABE_ITO[5], linewidth=0.5, linestyle=":")
    if series.limit_c is not None:
        axes.axhline(series.limit_c, color="black", linestyle="--", linewidth=0.8, label="limit")
    axes.set_ylabel("temperature, °C")
    _legend(axes)


def _queues(axes: Axes, series: Series) -> None:
    names = _named(series, "service_waiting.", "service_running.", "jobs_running.", "jobs_queued.")
    owners = list(dict.fromkeys(name.partition(".")[2] for name in names))
    for name in names:
        group, _, owner = name.partition(".")
        waits = group in {"service_waiting", "jobs_queued"}
        axes.plot(
            _x(series),
            series.columns[name],
            color=OKABE_ITO[owners.index(owner) % len(OKABE_ITO)],
            linestyle="--" if waits else "-",
            linewidth=1.0,
            label=f"{owner} {'waiting' if waits else 'running'}",
        )
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("requests, jobs")
    _legend(axes)
    thousands(axes, "y")


def _price_and_carbon(axes: Axes, series: Series) -> None:
    axes.step(_x(series), series.columns["price_usd_per_kwh"], where="mid", color=OKABE_ITO[1], linewidth=1.0)
    axes.set_ylabel("price, USD/kWh", color=OKABE_ITO[1])
    right = axes.twinx()
    right.spines["right"].set_visible(True)
    right.step(
        _x(series), series.columns["carbon_g_per_kwh"], where="mid", color=OKABE_ITO[2], linestyle="--", linewidth=1.0
    )
    right.set_ylabel("carbon (dashed), g/kWh", color=OKABE_ITO[2])
    for each, name in ((axes, "price_usd_per_kwh"), (right, "carbon_g_per_kwh")):
        each.set_ylim(bottom=min(0.0, float(series.columns[name].min()) * 1.1))
        each.set_ylim(top=float(series.columns[name].max()) * 1.1 or 1.0)


def _time_axis(axes: Axes, series: Series) -> None:
    if not series.long:
        axes.set_xlabel(f"hours since {series.start:%Y-%m-%d %H:%M} local standard time")
        return
    axes.xaxis_date()
    axes.set_xlabel("local standard time")


def _x(series: Series) -> Floats:
    """Hours since the start, or days since 1970 where dates are drawn."""
    hours = series.columns["x"]
    if not series.long:
        return hours
    epoch = datetime(1970, 1, 1, tzinfo=series.start.tzinfo)
    return (series.start - epoch).total_seconds() / S_PER_DAY + hours / H_PER_DAY


def _named(series: Series, *prefixes: str) -> list[str]:
    return [name for name in series.columns if name.startswith(prefixes)]


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8.0)


def _local_start(document: Mapping[str, object]) -> datetime:
    start = datetime.fromisoformat(str(document.get("start", "2023-01-01T00:00:00Z")))
    site = document.get("site")
    offset = site.get("utc_offset_h") if isinstance(site, Mapping) else None
    return start if offset is None else start.astimezone(timezone(timedelta(hours=float(offset))))


def _blocks(values: Floats, weights: Floats, length: int) -> Floats:
    """Weighted means of blocks of rows; one row each where nothing need be thinned out."""
    if length == 1:
        return values
    edges = np.arange(0, len(values), length)
    return np.asarray(np.add.reduceat(values * weights, edges) / np.add.reduceat(weights, edges))


def _highest(values: Floats, length: int) -> Floats:
    return np.asarray(np.maximum.reduceat(values, np.arange(0, len(values), length)))


def _first(values: Floats, length: int) -> Floats:
    return values[::length]


def _last(values: Floats, length: int) -> Floats:
    ends = np.minimum(np.arange(0, len(values), length) + length - 1, len(values) - 1)
    return values[ends]
