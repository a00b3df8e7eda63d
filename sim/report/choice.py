"""A choice in words and text tables: the answer, the candidates with reasons, the steps, the shares, what binds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.report.wording import duration, level, number, percent
from sim.study.choosing.choice import Choice, Ranked
from sim.study.choosing.race import METRICS, Objective
from sim.study.choosing.relaxing import Relaxation
from sim.study.choosing.steps import Effect
from sim.study.statistics import Estimate

SHOWN_CANDIDATES = 12  # in the table; the JSON and the folder hold all
LONG_NAME = 28  # letters from which on a mix stands on a line of its own, above its figures
STEP_COLUMNS = (  # heading, metric
    ("cost USD", "cost_usd.total"),
    ("C comp.", "cost_usd.compute"),
    ("C alg.", "cost_usd.algorithm"),
    ("C eff.", "cost_usd.efficiency"),
    ("C vert.", "cost_usd.vertical"),
    ("energy kWh", "energy_kwh.facility"),
)
FACTOR_COLUMNS = (
    ("E", "efficiency.total"),
    ("E comp.", "efficiency.compute"),
    ("E alg.", "efficiency.algorithm"),
    ("E eff.", "efficiency.efficiency"),
    ("E vert.", "efficiency.vertical"),
    ("accuracy", "accuracy"),
)
OBJECTIVES: dict[Objective, tuple[str, str, str]] = {  # superlative, unit, what the gain of a limit is
    "cost": ("cheapest", "USD", "save"),
    "energy": ("least energy-hungry", "kWh", "save"),
    "carbon": ("cleanest", "kg CO2e", "save"),
    "throughput": ("fastest", "requests/s", "add"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def stacked(self) -> bool:
        """Whether the first column is so wide that it stands above the others, and the last one wraps."""
        return bool(self.rows) and max(len(row[0]) for row in self.rows) > LONG_NAME


def stacked_lines(table: Table, width: int) -> list[str]:
    """The rows as lines of at most `width` letters: the first cell, then the others below it in columns."""
    figures = [[*row[1:-1]] for row in (table.headings, *table.rows)]
    widths = [max(len(row[place]) for row in figures) for place in range(len(figures[0]))]
    indent = " " * (4 + sum(widths) + 2 * len(widths))
    lines = []
    for row in (table.headings, *table.rows):
        lines += textwrap.wrap(row[0], width, subsequent_indent="    ", break_on_hyphens=False)
        cells = "  ".join(cell.rjust(size) for cell, size in zip(row[1:-1], widths, strict=True))
        if cells.strip() or row[-1]:
            lines += textwrap.wrap(f"    {cells}  {row[-1]}", width, subsequent_indent=indent, break_on_hyphens=False)
    return lines


def answer(choice: Choice) -> list[str]:
    """The answer in one sentence, then how sure it is."""
    if choice.chosen is None:
        return [_nothing(choice), *_ways(choice)]
    return [_chosen(choice), *_ties(choice), _certainty(choice)]


def tables(choice: Choice) -> Iterator[Table]:
    """Candidates in order with reasons, steps to the chosen mix, and the share of each measure."""
    yield _candidates(choice)
    if choice.steps:
        yield _effects("Step by step (what each further measure changed)", choice, _steps(choice), STEP_COLUMNS)
        yield _effects("", choice, _steps(choice), FACTOR_COLUMNS)
        latency = _latency_columns(choice)
        if latency:
            yield _effects("", choice, _steps(choice), latency)
    if choice.attribution is not None and len(choice.steps) > 1:
        shares = [(each.name, each.effect) for each in choice.attribution.shares]
        how = "exact" if choice.attribution.orders is None else f"{choice.attribution.orders} sampled orders"
        title = f"Share of each measure whatever the order (Shapley, {how})"
        yield _effects(title, choice, [*shares, ("together", choice.attribution.total)], STEP_COLUMNS)


def binding(choice: Choice) -> list[str]:
    """One line for each limit that binds; of a feasible choice alone."""
    if choice.chosen is None:
        return []
    if not choice.relaxations:
        return ["No limit binds: relaxing any one of them would not change the choice."]
    return [_relaxed(choice, each) for each in choice.relaxations]


def legend(choice: Choice) -> str:
    """What the marks of the tables mean."""
    marks = "> chosen   * on the front: no other is as good in cost, energy, throughput and accuracy and better in one"
    if any(not each.feasible for each in choice.candidates):
        marks += "   x out"
    return f"{marks}   (..) not shown: the interval holds 0" if choice.steps and not choice.deterministic else marks


def finding(choice: Choice) -> str:
    """The answer in one short line, as a chart's title states it."""
    if choice.chosen is None:
        return "No mix keeps every promise and limit"
    return f"{choice.chosen} is the {OBJECTIVES[choice.objective][0]} mix that keeps every promise and limit"


def _chosen(choice: Choice) -> str:
    _, unit, _ = OBJECTIVES[choice.objective]
    metric = METRICS[choice.objective]
    assert choice.confirmed is not None
    value = choice.confirmed.figures[metric].mean if metric in choice.confirmed.figures else None
    lead = f"Choose {choice.chosen}: {finding(choice).removeprefix(f'{choice.chosen} is ')}, "
    lead += f"{number(value)} {unit}" + (
        "" if choice.objective == "throughput" else f" for {duration(choice.window_s)}"
    )
    versus = choice.confirmed.versus_baseline.get(metric)
    if choice.chosen == choice.baseline:
        return f"{lead}."
    if versus is None or value is None:
        return f"{lead}; {choice.baseline} cannot run."
    return f"{lead}, {_against(versus, value, choice)}."


def _against(versus: Estimate, value: float, choice: Choice) -> str:
    before = value - versus.mean
    share = versus.mean / before if before else 0.0
    text = f"{percent(share)} {'below' if share <= 0 else 'above'} {choice.baseline}"
    if versus.ci_low is None or versus.ci_high is None or versus.ci_low == versus.ci_high or not before:
        return text
    low, high = sorted(abs(100.0 * each / before) for each in (versus.ci_low, versus.ci_high))
    return f"{text} ({level(choice.confidence)} interval {low:.1f} to {high:.1f} %)"


def _ties(choice: Choice) -> list[str]:
    if not choice.ties:
        return []
    shown = ", ".join(choice.ties[:3]) + (f" and {len(choice.ties) - 3} more" if len(choice.ties) > 3 else "")
    return [f"As good, since no difference is shown: {shown}."]


def _certainty(choice: Choice) -> str:
    if choice.deterministic:
        return "Nothing in these runs is random: one run of each mix, differences are exact."
    if choice.replications < 2:
        return "One replication of each mix: how sure this is cannot be said."
    return (
        f"Up to {choice.replications} replications of {len(choice.candidates)} candidates under common random numbers; "
        f"the figures of the chosen mix are from {choice.replications} fresh ones. {choice.runs} runs in all."
    )


def _nothing(choice: Choice) -> str:
    near = choice.nearest
    if near is None:
        return "No candidate could run."
    missed = "; ".join((*(each.text for each in near.breaks), *near.less_work))
    return f"No mix keeps every promise and limit. {near.mix} comes nearest: {missed}."


def _ways(choice: Choice) -> list[str]:
    """For each limit that alone stands in the way of some mix, what it would have to be."""
    return [
        f"With the limit on {each.limit.title} at {each.limit.shown(each.needed)} in place of"
        f" {each.limit.shown(each.limit.bound)}, {each.mix} keeps everything."
        for each in choice.relaxations
    ]


def _relaxed(choice: Choice, found: Relaxation) -> str:
    _, unit, verb = OBJECTIVES[choice.objective]
    gain = "" if found.gain is None else f" would {verb} {number(found.gain.mean)} {unit}"
    price = "" if found.per_unit is None else f", {number(found.per_unit)} {unit} per {found.limit.unit or 'unit'}"
    moved = f"{found.limit.shown(found.limit.bound)} to {found.limit.shown(found.needed)}"
    return f"The limit on {found.limit.title} binds: from {moved} it{gain}{price} (by {found.mix})."


def _candidates(choice: Choice) -> Table:
    shown = list(choice.candidates[:SHOWN_CANDIDATES])
    if all(each.name != choice.baseline for each in shown):
        shown.append(choice.candidate(choice.baseline))
    rows = [_candidate(choice, each) for each in shown]
    left = len(choice.candidates) - len(shown)
    if left:
        rows.append([f"  and {left} more (--json and --out have all)", *[""] * 6])
    return Table("Candidates", ("  mix", "USD", "kWh", "per s", "accuracy", "runs", "why not"), rows)


def _candidate(choice: Choice, each: Ranked) -> list[str]:
    mark = (
        "> " if each.name == choice.chosen else "* " if each.name in choice.front else "  " if each.feasible else "x "
    )
    figures = (each.figures.get(key) for key in ("cost_usd", "energy_kwh", "throughput_per_s", "accuracy"))
    return [mark + each.name, *(number(value) for value in figures), str(each.replications), each.why_not or "chosen"]


def _steps(choice: Choice) -> list[tuple[str, Effect]]:
    return [(each.name, each.effect) for each in choice.steps]


def _effects(
    title: str,
    choice: Choice,
    rows: Sequence[tuple[str, Effect]],
    columns: Sequence[tuple[str, str]],
) -> Table:
    known = [column for column in columns if any(column[1] in effect for _, effect in rows)]
    cells = [[name, *(_change(effect.get(metric), choice) for _, metric in known)] for name, effect in rows]
    return Table(title, ("measure", *(heading for heading, _ in known)), cells)


def _latency_columns(choice: Choice) -> list[tuple[str, str]]:
    """The latencies that are promised; the JSON holds the others."""
    promised = [limit for limit in choice.limits if limit.unit == "s"]
    return [(limit.title, limit.metric) for limit in promised]


def _change(found: Estimate | None, choice: Choice) -> str:
    """A difference with its sign; in brackets where its interval holds 0."""
    if found is None:
        return "-"
    if found.mean == 0.0:
        return "0"
    text = f"{'+' if found.mean > 0 else '-'}{number(abs(found.mean))}"
    return text if choice.deterministic or found.excludes_zero or found.ci_low is None else f"({text})"
