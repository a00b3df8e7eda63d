"""An evaluation in words and text tables: what a mix does, whether it scales, in which order, at which prices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.report.choice import Table
from sim.report.wording import less, number
from sim.study.evaluating.cases import ACCURACY, MONTHLY
from sim.study.evaluating.evaluation import Effect, Evaluation
from sim.study.evaluating.scaling import Scaled

NEVER_MONTHS = 1200.0  # no measure lives a century
EFFECTS = {
    MONTHLY: "cost, USD a month",
    "efficiency.total": "efficiency E",
    "efficiency.compute": "  E compute",
    "efficiency.algorithm": "  E algorithm",
    "efficiency.efficiency": "  E efficiency",
    "efficiency.vertical": "  E vertical",
    "energy_kwh.facility": "energy, kWh",
    "peak_kw": "peak, kW",
    "carbon_kg": "carbon, kg",
    ACCURACY: "accuracy",
}


def answer(found: Evaluation) -> list[str]:
    """What the mix comes to, one sentence each."""
    cost = found.effects[MONTHLY]
    share = cost.difference.mean / cost.baseline
    sentences = [
        f"{found.mix} costs {less(-share)} than no measure: {number(cost.mix)} USD a month "
        f"against {number(cost.baseline)}."
    ]
    if not found.mix_feasible:
        sentences.append(f"{found.mix} does not keep every promise and limit.")
    turning = [swing.input for swing in found.swings if swing.turns]
    if turning:
        sentences.append(f"Within what is uncertain, the answer turns with: {', '.join(turning)}.")
    else:
        sentences.append("No single input within its uncertainty turns the answer.")
    stopped = [row for row in (*found.loads, *found.models) if row.why_not is not None]
    return [*sentences, *(f"Not tried on {row.scale}: {row.why_not}." for row in stopped)]


def tables(found: Evaluation) -> Iterator[Table]:
    """Effects, loads, models, steps, sensitivity, ways to come by the fleet."""
    yield Table("What it does", ("", "without", "with", "change", "95 % interval"), list(_effects(found)))
    yield from _scaled("At larger loads, per 1,000 requests", found.loads)
    yield from _scaled("On larger models, fleets sized for the peak, per 1,000 requests", found.models)
    yield Table(
        "Measure by measure, in the best order; USD",
        ("measure", "up front", "saves a month", "back after", "pays from", "month then"),
        [
            (
                step.measure,
                number(step.upfront_usd),
                number(step.saving_usd_per_month),
                _duration(step.break_even_months),
                "no volume"
                if step.break_even_requests_per_month is None
                else f"{number(step.break_even_requests_per_month)} req./month",
                number(step.usd_per_month),
            )
            for step in found.steps
        ],
    )
    yield Table(
        f"What could turn it: cost less that of no measure, now {number(found.difference_usd_per_month)} USD a month",
        ("input", "varied by", "lower", "higher", "turns it"),
        [
            (
                each.input,
                f"±{each.share:.0%}",
                number(each.low_usd),
                number(each.high_usd),
                "yes" if each.turns else "",
            )
            for each in found.swings
        ],
    )
    yield Table(
        "Own, rent, reserve, or buy tokens",
        ("way", "USD a month", "USD per million tokens", "at", "equal to now at"),
        [
            (
                each.way,
                each.why_not or _or_dash(each.usd_per_month),
                _or_dash(each.usd_per_million_output_tokens),
                each.price,
                ""
                if each.break_even_usd_per_accelerator_h is None
                else f"{each.break_even_usd_per_accelerator_h:.2f} USD/h",
            )
            for each in found.ways
        ],
    )


def _effects(found: Evaluation) -> Iterator[tuple[str, ...]]:
    latencies = [name for name in found.effects if name.startswith("services.")]
    for name in (*EFFECTS, *latencies):
        if name in found.effects:
            yield (EFFECTS[name] if name in EFFECTS else _latency(name), *_figures(found.effects[name]))


def _figures(effect: Effect) -> tuple[str, ...]:
    change, interval = effect.difference, ""
    if change.ci_low is not None and change.ci_high is not None and change.ci_low != change.ci_high:
        interval = f"{number(change.ci_low)} to {number(change.ci_high)}"
    share = f" ({change.mean / effect.baseline:+.1%})" if effect.baseline else ""
    return (number(effect.baseline), number(effect.mix), f"{number(change.mean)}{share}", interval)


def _latency(name: str) -> str:
    _, service, figure, quantile = name.split(".")
    return f"{service} {figure.removesuffix('_s')} {quantile}, s"


def _scaled(title: str, rows: Sequence[Scaled]) -> Iterator[Table]:
    ran = [row for row in rows if row.why_not is None]
    if ran:
        yield Table(title, ("", "USD without", "with", "change", "E without", "with", "promises"), list(map(_row, ran)))


def _row(row: Scaled) -> tuple[str, ...]:
    share = "-" if row.saving_share is None else f"{-row.saving_share:+.1%}"
    kept = {(True, True): "kept", (True, False): "broken with", (False, True): "broken without"}
    promises = kept.get((row.baseline_feasible, row.mix_feasible), "broken")
    usd, factor = (row.baseline_usd, row.mix_usd), (row.baseline_efficiency, row.mix_efficiency)
    return (row.scale, *map(_or_dash, usd), share, *map(_or_dash, factor), promises)


def _duration(months: float | None) -> str:
    if months is None or months > NEVER_MONTHS:
        return "never"
    return f"{number(months)} months"


def _or_dash(value: float | None) -> str:
    return "-" if value is None else number(value)
