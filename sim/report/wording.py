"""Numbers and names as readers see them: three or four significant digits, thousands separators, units in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.study.statistics import Estimate

MISSING = "-"


@dataclass(frozen=True, slots=True)
class Figure:
    """How one figure of a run is shown: its title, its unit, and what one shown unit is in the figure's own."""

    title: str
    unit: str = ""
    scale: float = 1.0

    @property
    def label(self) -> str:
        """Title and unit, for axes and rows."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


WHOLE_RUN = {
    "cost_usd.total": Figure("cost", "USD"),
    "cost_usd.compute": Figure("compute", "USD"),
    "cost_usd.algorithm": Figure("algorithm", "USD"),
    "cost_usd.efficiency": Figure("efficiency", "USD"),
    "cost_usd.vertical": Figure("vertical", "USD"),
    "usd_per_month": Figure("USD per month"),
    "efficiency.total": Figure("efficiency E"),
    "value_usd": Figure("worth of outputs", "USD"),
    "net_benefit_usd": Figure("worth less cost", "USD"),
    "energy_kwh.facility": Figure("energy", "kWh"),
    "peak_kw": Figure("peak", "kW"),
    "pue": Figure("PUE"),
    "wue_l_per_kwh": Figure("WUE", "L/kWh"),
    "water_l": Figure("water", "L"),
    "carbon_kg": Figure("carbon", "kg"),
}
OF_A_SERVICE = {
    "usd_per_million_output_tokens": Figure("USD/M output tokens"),
    "usd_per_useful_output": Figure("USD/1,000 outputs", scale=1000.0),
    "j_per_output_token": Figure("J per output token"),
    "throughput_per_s": Figure("throughput", "1/s"),
    "goodput_per_s": Figure("goodput", "1/s"),
    "ttft_s.p99": Figure("TTFT p99", "s"),
    "tpot_s.p99": Figure("TPOT p99", "s"),
    "e2e_s.p99": Figure("end to end p99", "s"),
    "slo_attainment": Figure("promise kept"),
    "accuracy": Figure("accuracy"),
    "value_usd": Figure("worth of outputs", "USD"),
    "net_benefit_usd": Figure("worth less cost", "USD"),
}
OF_A_JOB_STREAM = {
    "completed": Figure("completed"),
    "wait_s.mean": Figure("mean wait", "s"),
    "turnaround_s.mean": Figure("mean turnaround", "s"),
    "slowdown.mean": Figure("mean slowdown"),
    "utilisation": Figure("utilisation"),
}


def figure_of(metric: str) -> Figure:
    """How a metric is shown; one that has no entry here is shown by its own name."""
    family, _, rest = metric.partition(".")
    owner, _, name = rest.partition(".")
    known = {"services": OF_A_SERVICE, "jobs": OF_A_JOB_STREAM}.get(family, {}).get(name)
    if known is None:
        return WHOLE_RUN.get(metric, Figure(metric))
    return Figure(f"{owner} {known.title}", known.unit, known.scale)


def decimals_of(value: float) -> int:
    """Decimals that show four significant digits, three of numbers below one."""
    if value == 0.0:
        return 0
    magnitude = math.floor(math.log10(abs(value)))
    return max(0, (3 if magnitude >= 0 else 2) - magnitude)


def number(value: float | None, decimals: int | None = None) -> str:
    """A number with three or four significant digits, or as many decimals as asked; a dash where there is none."""
    if value is None:
        return MISSING
    if value != 0.0 and abs(value) < 1e-4 and decimals is None:
        return f"{value:.2e}"
    if value == int(value) and decimals is None:
        decimals = 0
    return f"{value:,.{decimals_of(value) if decimals is None else decimals}f}"


def with_interval(found: Estimate | None, scale: float = 1.0) -> str:
    """Mean and half-width with the same decimals: `1,034 ±11`; a width below the last digit shown is not written."""
    if found is None:
        return MISSING
    mean, half = found.mean * scale, (found.half_width or 0.0) * scale
    decimals = decimals_of(mean)
    if half < 0.5 * 10.0**-decimals:
        return number(mean)
    return f"{number(mean, decimals)} ±{number(half, decimals)}"


def percent(share: float) -> str:
    """A share as a signless percentage: `16.2 %`."""
    return f"{abs(share):.1%}".replace("%", " %")


def less(share: float) -> str:
    """A share that is saved, or lost where it is negative: `16.2 % less`, `16.2 % more`."""
    return f"{percent(share)} {'less' if share >= 0.0 else 'more'}"


def short_percent(share: float) -> str:
    """A share as a signless percentage in little room: `16%`, below one percent `0.4%`."""
    return "<0.1%" if abs(share) < 0.0005 else f"{abs(share):.{0 if abs(share) >= 0.0095 else 1}%}"


def level(confidence: float) -> str:
    """A level of confidence: `95 %`."""
    return f"{100.0 * confidence:.3g} %"


def duration(seconds: float) -> str:
    """A span of simulated time in its natural unit."""
    for unit, length in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:g} {unit}" if seconds % length == 0 else f"{seconds / length:.1f} {unit}"
    return f"{seconds:g} s"
