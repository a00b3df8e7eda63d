"""The table of an estimate: one row per batch."""

from __future__ import annotations

from collections.abc import Iterator

from sim.models.estimate import Point
from sim.report.wording import MISSING, number
from sim.study.estimating import Estimate

MS_PER_S = 1000.0
BYTES_PER_GB = 1e9
HEADINGS = ("batch", "GB", "TTFT ms", "TPOT ms", "tokens/s", "W", "J/token", "bound")
LEGEND = """\
GB and tokens/s: the whole replica, output tokens; W: one accelerator; J: accelerators alone, without host and cooling.
TTFT: without a queue; TPOT = batch / tokens/s, so it carries prefill's share."""


def estimate_rows(found: Estimate) -> Iterator[tuple[str, ...]]:
    """A row for each batch; one that does not fit has a dash for what does not exist."""
    return (_row(point) for point in found.points)


def _row(point: Point) -> tuple[str, ...]:
    return (
        f"{point.batch:,}",
        number(point.memory_bytes / BYTES_PER_GB),
        number(_scaled(point.ttft_s, MS_PER_S)),
        number(_scaled(point.tpot_s, MS_PER_S)),
        number(point.output_tokens_per_s),
        number(point.power_w),
        number(point.energy_j_per_token),
        point.bound or (MISSING if point.fits else "does not fit"),
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
