"""The HTML page stands alone, says what the table says, and is harmless whatever the names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from sim.report.page import comparison_charts, render_page
from sim.report.plots import write_csv
from sim.study.comparison import Comparison, compare_samples
from sim.study.sample import Sample

EVIL = "<script>alert(1)</script>"


def test_the_page_holds_sentences_table_charts_warnings_and_command(comparison: Comparison) -> None:
    page = render_page(comparison, comparison_charts(comparison), "dcsim compare town.yaml")
    assert "lean is the cheapest mix" in page
    assert "<td>800.0 ±2.8 ↓20%</td>" in page
    assert page.count("<svg") == 2
    assert "a day is scaled to a month" in page
    assert "dcsim compare town.yaml" in page
    assert "Content-Security-Policy" in page


def test_the_page_asks_for_nothing_from_elsewhere(comparison: Comparison) -> None:
    page = render_page(comparison, comparison_charts(comparison), "dcsim compare town.yaml")
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", page)
    assert not re.findall(r"url\((?!['\"]?#)", page)


def test_the_data_in_the_page_are_those_of_the_comparison(comparison: Comparison) -> None:
    page = render_page(comparison, [], "dcsim compare town.yaml")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    assert json.loads(found.group(1)) == json.loads(json.dumps(comparison.to_json()))


def test_names_cannot_become_markup(sampled: Callable[..., Sample]) -> None:
    samples = {EVIL: sampled(100.0), "$\\frac{": sampled(90.0)}
    found = compare_samples(samples, EVIL, scenario=EVIL, horizon_s=3600.0, window_s=3600.0, seed=1, promises={})
    page = render_page(found, comparison_charts(found), f"dcsim compare {EVIL}")
    assert "<script>alert" not in page
    assert page.count("<script") == 1


def test_cells_of_a_spreadsheet_cannot_become_formulas(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    rows: list[Mapping[str, object]] = [{"mix": "=cmd|' /C calc'!A0", "cost": -1.5}]
    write_csv(path, rows)
    assert path.read_text().splitlines()[1] == "'=cmd|' /C calc'!A0,-1.5"
