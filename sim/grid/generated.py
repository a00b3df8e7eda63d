"""Made-up hours of price or carbon, so that studies need no file: day, week and year around a mean, and noise.

With h the local hour, d the day of the year and w the share by which weekends differ,

    value = mean (1 + daily cos(2 pi (h - peak) / 24) + half_daily cos(4 pi (h - peak) / 24)
                    + seasonal cos(2 pi (d - peak day) / 365.25) + w (weekend - 2/7) + x + spike) + adder

x reverts to 0: x' = phi x + noise sqrt(1 - phi^2) N(0, 1), phi = exp(-1 h / memory), so its deviation is
`noise` at all times. A spike holds for an hour, with a chance of spikes_per_y / 8760 and a height drawn exponentially;
what spikes add on average is taken off the rest, so `mean` stays the mean. The noise of an hour depends on the seed and
on its place in the year alone: runs of one year meet the same hours, wherever they begin.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from sim.grid.signals import StepSignal
from sim.kernels.draws import draw, draw_exponential, draw_normal, stream_key
from sim.scenario.grid_specs import GeneratedSeries
from sim.units import H_PER_YEAR, S_PER_H

DAYS_PER_YEAR = 365.25
WEEKEND_SHARE = 2.0 / 7.0
FIRST_WEEKEND_DAY = 5


def generated_signal(
    source: GeneratedSeries, start: datetime, horizon_s: float, what: str
) -> tuple[StepSignal, tuple[str, ...]]:
    """The hours of a run from `start` (aware), and how many were raised to the lowest value; `what` names the draws."""
    local = start.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=source.utc_offset_h)
    first = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    skipped = math.floor((local - first).total_seconds() / S_PER_H)
    last = math.ceil((local - first).total_seconds() / S_PER_H + horizon_s / S_PER_H)
    noise = _noise(source, last, what)
    starts_s, values, raised = [], [], 0
    for hour in range(skipped, last):
        moment = first + timedelta(hours=hour)
        value = source.mean * (1.0 + _shape(source, moment) + noise[hour]) + source.adder
        if source.lowest is not None and value < source.lowest:
            value, raised = source.lowest, raised + 1
        starts_s.append((moment - local).total_seconds())
        values.append(value)
    notes = (f"{what}: {raised} of {len(values)} generated hours raised to {source.lowest:g}",) if raised else ()
    return StepSignal.of(starts_s, values), notes


def _shape(source: GeneratedSeries, moment: datetime) -> float:
    """What the clock and the calendar add, as a share of the mean; 0 over whole years but for rounding of weeks."""
    turn = 2.0 * math.pi * (moment.hour - source.peak_hour) / 24.0
    day = moment.timetuple().tm_yday
    peak_day = (source.peak_month - 0.5) * DAYS_PER_YEAR / 12.0
    is_weekend = moment.weekday() >= FIRST_WEEKEND_DAY
    return (
        source.daily * math.cos(turn)
        + source.half_daily * math.cos(2.0 * turn)
        + source.seasonal * math.cos(2.0 * math.pi * (day - peak_day) / DAYS_PER_YEAR)
        + source.weekend * (is_weekend - WEEKEND_SHARE)
    )


def _noise(source: GeneratedSeries, hours: int, what: str) -> list[float]:
    """Noise and spikes of the first hours of a year, as shares of the mean."""
    key, spike_key = (stream_key(source.seed, 0, purpose, what) for purpose in ("grid noise", "grid spikes"))
    phi, chance = math.exp(-1.0 / source.memory_h), source.spikes_per_y / H_PER_YEAR
    scale, level = source.noise * math.sqrt(1.0 - phi * phi), source.noise * draw_normal(key, 0)
    found = []
    for hour in range(hours):
        spiked = chance > 0.0 and draw(spike_key, 2 * hour) < chance
        height = source.spike * draw_exponential(spike_key, 2 * hour + 1) if spiked else 0.0
        found.append(level + height - chance * source.spike)
        level = phi * level + scale * draw_normal(key, hour + 1)
    return found
