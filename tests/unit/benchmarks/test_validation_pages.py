"""Pages of measured rows: every row is on them, misses first, fitted and predicted told apart, the same bytes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.validation_pages import MARK, data_hash, write_pages
from benchmarks.validation_rows import errors_of, misses, read_rows

HEADER = "dataset,row,model,accelerator,engine,precision,tensor_parallel,batch,quantity,measured,predicted,error,fitted"
LINES = (
    "energy.csv,12,llama-3.1-8b,h100-sxm,vllm,bf16,1,8,power_w,486,489,0.0062,yes",
    "energy.csv,12,llama-3.1-8b,h100-sxm,vllm,bf16,1,8,power_w,486,583.2,0.2,left-out",
    "energy.csv,13,llama-3.1-8b,h100-sxm,vllm,bf16,1,32,power_w,560,532,-0.05,yes",
    "energy.csv,13,llama-3.1-8b,h100-sxm,vllm,bf16,1,32,power_w,560,504,-0.1,left-out",
    "energy.csv,14,qwen3-8b,b200,vllm,bf16,1,32,tpot_s,0.01,0.0055,-0.45,yes",
    "replay.csv,1,mixed,l4,vllm,bf16,1,1,tpot_s,0.02,0.021,0.05,never",
)
STAMP = "Figures of 2026-11-23, measured tables sha256 0123."


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "all.csv").write_text("\n".join((HEADER, *LINES)) + "\n")
    return folder


def test_figures_of_a_row_stand_together_and_the_honest_error_counts(rows: Path) -> None:
    first, second, third, never = read_rows(rows)
    assert first.fitted is not None
    assert first.predicted is not None
    assert (first.fitted.error, first.predicted.error, first.error) == (0.0062, 0.2, 0.2)
    assert (third.predicted, third.error) == (None, -0.45)
    assert (never.fitted, never.error) == (None, 0.05)
    assert misses([first, second, third, never]) == [third, first]


def test_spread_is_of_the_sizes_of_the_errors(rows: Path) -> None:
    found = errors_of(row.fitted for row in read_rows(rows))
    assert found is not None
    assert (found.rows, found.largest) == (3, 0.45)
    assert found.mean == pytest.approx((0.0062 + 0.05 + 0.45) / 3)
    assert errors_of([None]) is None


def test_every_row_is_on_a_page_and_misses_come_first(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    write_pages(read_rows(rows), STAMP, out)
    energy = (out / "energy.md").read_text()
    assert energy.index("Misses") < energy.index("| tpot_s | b200 | qwen3-8b | 14 |")
    assert energy.index("| tpot_s | b200") < energy.index("| power_w | h100-sxm")
    assert energy.index("| power_w | h100-sxm") < energy.index("## power_w: llama-3.1-8b on h100-sxm")
    assert "| 12 | vllm | bf16 | 1 | 8 | 486 W | 489 | +0.6 | 583.2 | +20.0 |" in energy
    assert "| 14 | vllm | bf16 | 1 | 32 | 10 ms | 5.5 | -45.0 |  |  |" in energy
    assert "None." in (out / "replay.md").read_text()


def test_the_index_links_all_pages_and_tells_fitted_and_predicted_apart(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    write_pages(read_rows(rows), STAMP, out)
    index = (out / "README.md").read_text()
    for link in ("checks.md", "energy.md", "replay.md"):
        assert f"]({link})" in index
    assert f"{STAMP} 4 measured figures, 2 misses." in index
    assert "| power_w | h100-sxm | llama-3.1-8b | 2 | 1 | 2.8 (4.6, 5.0) | 15.0 (19.0, 20.0) |" in index
    assert "| power_w | h100-sxm | all 1 |" in index
    head, everything = index.split("## All models of a table together")
    assert "qwen3-8b" in head
    assert "| l4 |" not in head
    assert "| l4 |" in everything


def test_a_second_call_writes_the_same_bytes_and_removes_only_its_own_old_pages(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    first = {path: path.read_bytes() for path in write_pages(read_rows(rows), STAMP, out)}
    (out / "old.md").write_text(f"{MARK}\n# of a dataset that is gone\n")
    (out / "checks.md").write_text("# written by hand\n")
    again = {path: path.read_bytes() for path in write_pages(read_rows(rows), STAMP, out)}
    assert again == first
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "checks.md", "energy.md", "replay.md"]


def test_an_unknown_kind_of_fit_is_refused(rows: Path) -> None:
    (rows / "all.csv").write_text(f"{HEADER}\n{LINES[0]}dunno\n")
    with pytest.raises(SystemExit, match="yesdunno"):
        read_rows(rows)


def test_the_hash_follows_the_measured_tables_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    before = data_hash(tmp_path)
    (tmp_path / "notes.txt").write_text("2")
    assert data_hash(tmp_path) == before
    (tmp_path / "a.csv").write_text("2")
    assert data_hash(tmp_path) != before


def test_throughput_is_summed_up_and_its_rows_stand_under_time(rows: Path, tmp_path: Path) -> None:
    text = "energy.csv,14,qwen3-8b,b200,vllm,bf16,1,32,output_tokens_per_s,3200,5818.18,0.818,yes"
    (rows / "more.csv").write_text(f"{HEADER}\n{text}\n")
    write_pages(read_rows(rows), STAMP, tmp_path / "pages")
    page = (tmp_path / "pages" / "energy.md").read_text()
    assert "Error % in the fit: 81.8 (81.8, 81.8); predicted: -." in page
    assert "5818" not in page
