"""The tables hold every figure a decision needs, with marks, and fit a terminal."""

from __future__ import annotations

from sim.report.tables import GAP, Table, comparison_tables, legend
from sim.study.comparison import Comparison


def cells(tables: list[Table], label: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in tables:
        line = next(line for line in table.lines if line.label.strip() == label)
        found.update(zip(table.mixes, line.cells, strict=True))
    return found


def test_tables_fit_the_width_and_each_begins_with_the_baseline(comparison: Comparison) -> None:
    tables = comparison_tables(comparison, 80)
    assert len(tables) == 2
    assert [mix for table in tables for mix in table.mixes[1:]] == ["lean", "near", "tiny", "dear"]
    for table in tables:
        assert table.mixes[0] == "baseline"
        columns = zip(*(line.cells for line in table.lines if line.cells), strict=True)
        label = max(len(line.label) for line in table.lines)
        assert label + sum(GAP + max(map(len, column)) for column in columns) <= 80


def test_a_wide_page_takes_one_table(comparison: Comparison) -> None:
    (table,) = comparison_tables(comparison, 1000)
    assert list(table.mixes) == list(comparison.mixes)


def test_every_figure_a_decision_needs_is_there(comparison: Comparison) -> None:
    labels = [line.label.strip() for line in comparison_tables(comparison)[0].lines]
    for label in (
        "cost, USD",
        "compute",
        "algorithm",
        "efficiency",
        "vertical",
        "USD per month",
        "USD/M output tokens",
        "USD/1,000 outputs",
        "J per output token",
        "goodput, 1/s",
        "TTFT p99, s",
        "TPOT p99, s",
        "accuracy",
        "peak, kW",
        "carbon, kg",
        "feasible",
    ):
        assert label in labels


def test_cells_show_means_intervals_and_verdicts(comparison: Comparison) -> None:
    tables = comparison_tables(comparison)
    cost = cells(tables, "cost, USD")
    assert cost["baseline"] == "1,000 ±2"
    assert cost["lean"] == "800.0 ±2.8 ↓20%"
    assert cost["tiny"].endswith(" !")
    assert cost["dear"].endswith(" ↑20%")
    assert cells(tables, "J per output token")["lean"] == "1.500 ="
    assert cells(tables, "USD/1,000 outputs")["baseline"] == "2"
    assert cells(tables, "feasible") == {"baseline": "yes", "lean": "yes", "near": "yes", "tiny": "no", "dear": "yes"}


def test_the_legend_explains_the_marks_in_use(comparison: Comparison) -> None:
    assert legend(comparison) == "against baseline: ↓ lower   ↑ higher   = no difference shown   ! not comparable"
