"""The estimate chart draws the numbers of the estimate, over one shared axis of batches."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.lines import Line2D

from sim.errors import UsageError
from sim.report.charts.estimate import draw_estimate
from sim.study.estimating import Estimate, drawable, estimate

BATCHES = (64, 1, 8, 9000)


def made(power_cap_w: float | None = None, model: str = "llama-3.1-8b") -> Estimate:
    return estimate(
        accelerator="h100-sxm",
        model=model,
        batch=BATCHES,
        input_tokens=300,
        output_tokens=200,
        power_cap_w=power_cap_w,
    )


def ydata(line: Line2D) -> list[float]:
    return [float(each) for each in np.asarray(line.get_ydata())]


def test_curves_are_the_points_that_fit_in_order_of_their_batches() -> None:
    found = made()
    figure, (throughput, latency, energy) = draw_estimate(drawable(found))
    points = {point.batch: point for point in found.points}
    drawn = {line.get_label(): line for axes in (throughput, latency, energy) for line in axes.lines}
    assert all(list(np.asarray(line.get_xdata())) == [1, 8, 64] for line in drawn.values())
    for line, name, scale in (
        (throughput.lines[0], "output_tokens_per_s", 1.0),
        (latency.lines[0], "tpot_s", 1000.0),
        (latency.lines[1], "ttft_s", 1000.0),
        (energy.lines[0], "energy_j_per_token", 1.0),
    ):
        expected = [getattr(points[batch], name) * scale for batch in (1, 8, 64)]
        assert ydata(line) == pytest.approx(expected)
    assert "J/token at best, at batch 64" in figure.get_suptitle()


def test_the_panels_share_a_logarithmic_axis_of_batches() -> None:
    _, grid = draw_estimate(drawable(made()))
    assert all(axes.get_xscale() == "log" for axes in grid)
    assert len({axes.get_xlim() for axes in grid}) == 1
    assert [axes.get_ylabel() for axes in grid] == ["output tokens/s", "latency, ms", "J per output token"]


def test_a_capped_estimate_is_drawn_beside_the_uncapped_one() -> None:
    figure, (throughput, latency, _) = draw_estimate(drawable(made(power_cap_w=450.0)))
    assert [line.get_label() for line in throughput.lines] == ["no cap", "450 W cap"]
    free, capped = (ydata(line) for line in throughput.lines)
    fitting = {point.batch: point.output_tokens_per_s for point in made().points if point.fits}
    assert free == pytest.approx([fitting[batch] for batch in (1, 8, 64)])
    assert capped[-1] < free[-1]
    assert len(latency.lines) == 4
    assert "450 W cap: -" in figure.get_suptitle()


def test_nothing_that_fits_is_nothing_to_draw() -> None:
    with pytest.raises(UsageError, match="none of the batches fits"):
        draw_estimate(drawable(made(model="llama-3.1-405b")))
