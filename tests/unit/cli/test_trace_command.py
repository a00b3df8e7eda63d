"""`dcsim trace`: statistics as JSON and in words, first rows, and one schema for every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pandas as pd
import pytest


class Answer(Protocol):
    status: int
    out: str
    err: str


Dcsim = Callable[..., Answer]

AZURE = """\
TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.0000000,100,10
2023-11-16 18:15:48.0000000,300,30
2023-11-16 18:15:52.0000000,200,20
"""
SWF = "; a comment\n1 10 5 60 4 -1 -1 4 60 -1 1 1 1 1 1 -1 -1 -1\n2 30 0 20 1 -1 -1 1 20 -1 1 1 1 1 1 -1 -1 -1\n"


@pytest.fixture
def traces(folder: Path) -> Path:
    (folder / "a.csv").write_text(AZURE)
    (folder / "j.swf").write_text(SWF)
    return folder


def test_statistics_are_one_json_object(dcsim: Dcsim, traces: Path) -> None:
    done = dcsim("trace", "stats", "a.csv", "--json")
    found = json.loads(done.out)
    assert found["schema"] == "dcsim.trace/1"
    assert (found["rows"], found["span_s"]) == (3, 6.0)
    assert found["columns"]["input_tokens"]["sum"] == 600.0


def test_statistics_are_readable(dcsim: Dcsim, traces: Path) -> None:
    done = dcsim("trace", "stats", "j.swf")
    assert "accelerators" in done.out
    assert "swf, 2 rows" in done.err


def test_a_converted_trace_reads_back_the_same(dcsim: Dcsim, traces: Path) -> None:
    assert dcsim("trace", "convert", "a.csv", "--out", "a.parquet").status == 0
    frame = pd.read_parquet("a.parquet")
    assert list(frame.arrival_s) == [0.0, 2.0, 6.0]
    again = json.loads(dcsim("trace", "stats", "a.parquet", "--json").out)
    first = json.loads(dcsim("trace", "stats", "a.csv", "--json").out)
    assert again["columns"] == first["columns"]


def test_jobs_convert_with_their_accelerators(dcsim: Dcsim, traces: Path) -> None:
    dcsim("trace", "convert", "j.swf", "--out", "j.parquet")
    frame = pd.read_parquet("j.parquet")
    assert list(frame.submit_s) == [0.0, 20.0]
    assert list(frame.accelerators) == [4, 1]


def test_the_first_rows_are_shown(dcsim: Dcsim, traces: Path) -> None:
    done = dcsim("trace", "head", "a.csv", "-n", "2")
    lines = done.out.splitlines()
    assert lines[0].split() == ["arrival_s", "input_tokens", "output_tokens"]
    assert len(lines) == 3


def test_what_is_no_trace_is_refused(dcsim: Dcsim, traces: Path) -> None:
    (traces / "b.csv").write_text("x,y\n1,2\n")
    assert dcsim("trace", "stats", "b.csv").status == 3
    assert dcsim("trace", "convert", "a.csv", "--out", "a.txt").status == 2
    assert dcsim("trace", "convert", "a.csv", "--out", "a.csv").status == 2


def test_training_jobs_are_scheduled_in_rounds(dcsim: Dcsim, traces: Path) -> None:
    row = "LM (batch size 80)\tpython3 main.py\ttext\t--steps\t1\t43900\t1\t1\t-1.000000\t0\n"
    (traces / "g.trace").write_text(row)
    found = json.loads(dcsim("trace", "rounds", "g.trace", "--fleet", "v100=4", "--json").out)
    assert found["schema"] == "dcsim.rounds/1"
    assert found["policies"]["max-min"]["makespan_s"] == pytest.approx(1000.0)
    assert "max-min-blind" in dcsim("trace", "rounds", "g.trace", "--fleet", "v100=4,k80=4").out
    assert dcsim("trace", "rounds", "g.trace", "--fleet", "v100").status == 2
    assert dcsim("trace", "rounds", "j.swf", "--fleet", "v100=4").status == 3
    assert dcsim("trace", "rounds", "g.trace", "--fleet", "h100=4").status == 3


def test_a_trace_of_one_row_has_no_rate(dcsim: Dcsim, folder: Path) -> None:
    (folder / "one.csv").write_text("".join(AZURE.splitlines(keepends=True)[:2]))
    done = dcsim("trace", "stats", "one.csv")
    assert done.status == 0, done.err
    assert "1 rows" in done.err
    assert "per second" not in done.err
