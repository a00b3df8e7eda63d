"""Charts draw the numbers they are given; the drawn artists are read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer

from sim.errors import UsageError
from sim.record.ledger import Floats
from sim.report.charts.comparison import comparison_bars, draw_comparison
from sim.report.charts.cost import draw_cost
from sim.report.charts.style import BASELINE_COLOUR, FAMILY_COLOURS, mix_colours, picture, save
from sim.report.charts.timeseries import POINTS_MAX, draw_timeseries, series_of
from sim.study.comparison import Comparison
from sim.study.sample import Sample

Compared = Callable[[Mapping[str, Sample]], Comparison]
Sampled = Callable[..., Sample]

COST = "cost_usd.total"


def test_bars_are_the_means_with_the_baseline_first_and_grey(comparison: Comparison) -> None:
    _, axes = draw_comparison(comparison, [COST])
    bars = [each.patches[0] for each in axes[0][0].containers if isinstance(each, BarContainer)]
    assert [bar.get_width() for bar in bars] == [m[COST].mean for m in comparison.mixes.values()]
    assert to_hex(bars[0].get_facecolor()) == BASELINE_COLOUR
    assert [to_hex(bar.get_facecolor()).lower() for bar in bars] == [
        colour.lower() for colour in mix_colours(list(comparison.mixes)).values()
    ]
    assert bars[0].get_y() < bars[1].get_y()
    assert axes[0][0].yaxis_inverted()
    assert axes[0][0].get_xlim()[0] == 0.0
    assert axes[0][0].get_xlabel() == "cost, USD"
    assert [label.get_text() for label in axes[0][0].get_yticklabels()][3] == "tiny\n(infeasible)"


def test_whiskers_are_the_intervals(comparison: Comparison) -> None:
    _, axes = draw_comparison(comparison, [COST])
    segments = [each.get_segments()[0] for each in axes[0][0].collections if hasattr(each, "get_segments")]
    drawn = [(float(segment[0][0]), float(segment[1][0])) for segment in segments]
    assert drawn == [pytest.approx((m[COST].ci_low, m[COST].ci_high)) for m in comparison.mixes.values()]


def test_differences_are_drawn_beside_hollow_where_none_is_shown(comparison: Comparison) -> None:
    _, axes = draw_comparison(comparison, [COST, "energy_kwh.facility"])
    dots = [line for line in axes[0][1].lines if line.get_marker() in {"o", "x"}]
    versus = comparison.versus_baseline
    assert [dot.get_xdata()[0] for dot in dots] == [metrics[COST].difference for metrics in versus.values()]  # type: ignore[index]
    assert [dot.get_marker() for dot in dots] == ["o", "o", "x", "o"]
    same = [line for line in axes[1][1].lines if line.get_marker() == "o"]
    assert {dot.get_markerfacecolor() for dot in same} == {"white"}


def test_drawn_numbers_can_be_had_as_data(comparison: Comparison) -> None:
    bars = comparison_bars(comparison, ["services.queue.usd_per_useful_output"])
    assert [bar.mean for bar in bars] == pytest.approx([2.0] * 5)
    assert bars[0].difference is None
    assert bars[1].difference == 0.0


def test_a_metric_that_no_run_has_is_refused(comparison: Comparison) -> None:
    with pytest.raises(UsageError, match=r"no\.such"):
        draw_comparison(comparison, ["no.such"])


def test_the_cost_stack_adds_up_to_the_total(comparison: Comparison) -> None:
    _, axes = draw_cost(comparison)
    stacks = [each for each in axes.containers if isinstance(each, BarContainer)]
    assert [each.get_label() for each in stacks] == list(FAMILY_COLOURS)
    widths = np.array([[bar.get_width() for bar in stack.patches] for stack in stacks])
    totals = [metrics[COST].mean for metrics in comparison.mixes.values()]
    assert widths.sum(axis=0) == pytest.approx(totals)
    ends = [bar.get_x() + bar.get_width() for bar in stacks[-1].patches]
    assert ends == pytest.approx(totals)


def test_titles_state_the_finding(comparison: Comparison) -> None:
    for figure in (draw_comparison(comparison)[0], draw_cost(comparison)[0]):
        assert figure.get_suptitle() == "lean and near are the cheapest: no difference between them shown"


def meter(rows: int, step_s: float) -> dict[str, Floats]:
    start = np.arange(rows) * step_s
    it_w = 1000.0 + 100.0 * np.sin(np.arange(rows))
    flat = {"supply_c": 24.0, "dry_bulb_c": 30.0, "price_usd_per_kwh": 0.1, "carbon_g_per_kwh": 400.0}
    return {
        "start_s": start,
        "stop_s": start + step_s,
        "it_w": it_w,
        "cooling_w": it_w * 0.2,
        "losses_w": it_w * 0.05,
        "facility_w": it_w * 1.25,
        "hottest_c": 50.0 + 10.0 * np.cos(np.arange(rows)),
        **{name: np.full(rows, value) for name, value in flat.items()},
        "service_waiting.chat": np.ones(rows),
        "service_running.chat": np.full(rows, 7.0),
    }


SUMMARY: Mapping[str, object] = {"mix": "lean", "peak_kw": 1.4, "window_s": 86_400.0}
DOCUMENT: Mapping[str, object] = {"start": "2023-07-01T06:00:00+00:00", "site": {"utc_offset_h": -6}}


def test_a_short_run_is_drawn_over_hours_as_measured() -> None:
    columns = meter(24, 3600.0)
    series = series_of(columns, SUMMARY, DOCUMENT, limit_c=83.0)
    figure, axes = draw_timeseries(series)
    x, y = axes[1].lines[0].get_data()
    assert list(x) == [hour + 0.5 for hour in range(24)]  # type: ignore[arg-type]
    assert y == pytest.approx([1.25] * 24)
    hottest, limit = axes[2].lines[0], axes[2].lines[-1]
    assert list(hottest.get_ydata()) == list(columns["hottest_c"])  # type: ignore[arg-type]
    assert set(limit.get_ydata()) == {83.0}  # type: ignore[arg-type]
    assert [line.get_label() for line in axes[3].lines] == ["chat waiting", "chat running"]
    assert axes[-1].get_xlabel() == "hours since 2023-07-01 00:00 local standard time"
    assert figure.get_suptitle().endswith("peak 1.400 kW over 24 h")


def test_the_power_stack_ends_at_the_meter() -> None:
    columns = meter(24, 3600.0)
    _, axes = draw_timeseries(series_of(columns, SUMMARY, DOCUMENT))
    top = axes[0].collections[-1].get_paths()[0].vertices
    assert float(np.max(np.asarray(top)[:, 1])) == pytest.approx(columns["facility_w"].max() / 1000.0)


def test_a_long_run_is_thinned_to_means_with_its_peaks_and_drawn_over_dates() -> None:
    columns = meter(8760, 3600.0)
    series = series_of(columns, SUMMARY, DOCUMENT)
    assert len(series.columns["x"]) <= POINTS_MAX
    weights = np.add.reduceat(np.ones(8760), np.arange(0, 8760, 6))
    assert np.average(series.columns["it_w"], weights=weights) == pytest.approx(columns["it_w"].mean())
    assert series.highest["hottest_c"].max() == columns["hottest_c"].max()
    _, axes = draw_timeseries(series)
    assert axes[-1].get_xlabel() == "local standard time"
    days_since_1970 = np.asarray(axes[1].lines[0].get_xdata())
    assert days_since_1970[0] == pytest.approx(19_539.125)  # 2023-07-01 03:00, the middle of the first six hours


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_equal_charts_are_equal_bytes(comparison: Comparison, kind: str) -> None:
    first, second = (picture(draw_cost(comparison)[0], kind) for _ in range(2))
    assert first == second


def test_a_picture_is_written_whole_or_refused(comparison: Comparison, tmp_path: Path) -> None:
    figure, _ = draw_cost(comparison)
    save(figure, tmp_path / "c.png")
    assert (tmp_path / "c.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(UsageError, match="png"):
        save(figure, tmp_path / "c.gif")


def test_mean_power_leaves_the_warm_up_out() -> None:
    columns = meter(24, 3600.0) | {"facility_w": np.array([9000.0] * 4 + [1000.0] * 20)}
    title = series_of(columns, {**SUMMARY, "window_s": 72_000.0}, DOCUMENT).title
    assert title == "lean: mean 1 kW, 15-minute peak 1.400 kW over 20 h after 4 h of warm-up"


def test_titles_stay_inside_the_chart(compared: Compared, sampled: Sampled) -> None:
    names = [f"{mix}, services.chat.replicas={count}, plant=direct-liquid" for mix in "ab" for count in (1, 2)]
    found = compared({name: sampled(700.0 + 50.0 * place) for place, name in enumerate(names)})
    for figure in (draw_comparison(found)[0], draw_cost(found)[0]):
        figure.draw_without_rendering()
        right = figure.bbox.x1
        titles = [*figure.texts, *(axes.title for axes in figure.axes)]
        assert all(title.get_window_extent().x1 <= right for title in titles)
