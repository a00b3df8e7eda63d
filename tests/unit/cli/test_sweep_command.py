"""`dcsim sweep`: study files, plans and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pyarrow.parquet as pq
import pytest


class Answer(Protocol):
    status: int
    out: str
    err: str


Dcsim = Callable[..., Answer]
RATE = "services.desk.traffic.poisson.rate_per_s"
STUDY = f"""\
schema: 1
scenario: s.yaml
axes:
  pools.few.nodes: [4, 5]
  {RATE}: {{log: [0.5, 2, 3]}}
  site.tariff.energy_usd_per_kwh: 0.1:0.2:0.05
zip: [[{RATE}, site.tariff.energy_usd_per_kwh]]
mixes: [capped]
out: w
"""


def test_a_study_file_says_what_flags_say(dcsim: Dcsim, folder: Path) -> None:
    (folder / "study.yaml").write_text(STUDY)
    done = dcsim("sweep", "study.yaml", "--workers", 1, "--json")
    assert done.status == 0, done.err
    assert json.loads(done.out)["points"] == 6
    rows = pq.read_table(folder / "w" / "results.parquet").to_pylist()
    assert [(row["pools.few.nodes"], row[RATE], row["site.tariff.energy_usd_per_kwh"]) for row in rows] == [
        (nodes, rate, price) for nodes in (4, 5) for rate, price in ((0.5, 0.1), (1.0, 0.15), (2.0, 0.2))
    ]
    flags = [
        *("--set", "pools.few.nodes=4,5", "--set", f"{RATE}=log(0.5,2,3)"),
        *("--set", "site.tariff.energy_usd_per_kwh=0.1:0.2:0.05"),
        *("--zip", f"{RATE},site.tariff.energy_usd_per_kwh", "--mixes", "capped", "--out", "w"),
    ]
    again = json.loads(dcsim("sweep", "s.yaml", *flags, "--json").out)
    assert (again["points"], again["skipped"]) == (6, 6)


def test_a_flag_stands_over_the_study(dcsim: Dcsim, folder: Path) -> None:
    (folder / "study.yaml").write_text(STUDY)
    planned = json.loads(dcsim("sweep", "study.yaml", "--set", "pools.few.nodes=6", "--dry-run", "--json").out)
    assert planned["points"] == 3


def test_a_plan_counts_and_estimates_and_writes_nothing(dcsim: Dcsim, folder: Path) -> None:
    done = dcsim("sweep", "s.yaml", "--set", f"{RATE}=1:4:1", "--out", "w", "--dry-run", "--json")
    found = json.loads(done.out)
    assert (found["points"], found["reasons"]) == (8, {"new": 8})
    assert 0.0 < found["estimate"]["seconds"] < 60.0
    assert 8 * 1000 < found["estimate"]["bytes"] < 8 * 100_000
    assert "8 to run (8 new)" in done.err
    assert not (folder / "w").exists()


@pytest.mark.parametrize(
    ("change", "position"),
    [
        (("pools.few.nodes:", "pools.few.nods:"), "study.yaml:4:19"),
        (("log:", "lag:"), "study.yaml:5"),
        (("0.1:0.2:0.05", "0.1:0.2:0"), "study.yaml:6"),
        (("[0.5, 2, 3]", "[0.5, 2, 4]"), "study.yaml:7"),
        (("mixes: [capped]", "mixes: capped"), "study.yaml:8"),
        (("schema: 1", "schema: 2"), "study.yaml:1"),
        (("zip:", "zap:"), "study.yaml:7"),
        (("out: w", "out: w\nsample: sobol:4"), "study.yaml:10"),
    ],
)
def test_a_study_file_with_an_error_is_exit_3_with_its_position(
    dcsim: Dcsim, folder: Path, change: tuple[str, str], position: str
) -> None:
    (folder / "study.yaml").write_text(STUDY.replace(*change))
    done = dcsim("sweep", "study.yaml")
    assert done.status == 3, done.err
    assert done.err.startswith(position)
    assert not (folder / "w").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "seed=0:1e9:1", "--out", "w"], "2,000,000,002 points"),
        (["--set", "sead=1,2", "--out", "w"], "did you mean 'seed'"),
        (["--set", "seed=1,2"], "--out"),
        (["--out", "w"], "nothing is varied"),
        (["--set", "seed=1,2", "--set", "seed=3", "--out", "w"], "twice"),
        (["--set", "seed=whole(1,9)", "--out", "w"], "'seed' is a span"),
        (["--set", "seed=1,2", "--sample", "lhs:4", "--out", "w"], "needs a span"),
        (["--set", "seed=1,2", "--mixes", "caped", "--out", "w"], "did you mean 'capped'"),
        (["--set", "seed=1,2", "--zip", "seed,horizon_h", "--out", "w"], "'horizon_h'"),
    ],
)
def test_a_wrong_sweep_is_exit_2_in_one_line(dcsim: Dcsim, folder: Path, arguments: list[str], words: str) -> None:
    done = dcsim("sweep", "s.yaml", *arguments)
    assert done.status == 2, done.err
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not (folder / "w").exists()


def test_a_run_over_its_time_is_a_row_and_the_others_are_done(dcsim: Dcsim, folder: Path) -> None:
    sweep = ["sweep", "s.yaml", "--set", "horizon_h=0.2,20000", "--mixes", "baseline", "--out", "w", "--json"]
    done = dcsim(*sweep, "--timeout-s", 3, "--workers", 2)
    found = json.loads(done.out)
    assert (done.status, found["done"], found["failed"]) == (4, 1, 1)
    rows = pq.read_table(folder / "w" / "results.parquet").to_pylist()
    assert [row["status"] for row in rows] == ["done", "timed out"]
    assert rows[1]["error"] == "not done after 3 s"
    assert "1 points to run (1 timed out)" in dcsim(*sweep, "--timeout-s", 3).err


def rows_in_order(table: Path) -> list[str]:
    rows = pq.read_table(table / "results.parquet").to_pylist()
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@pytest.mark.parametrize("workers", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_results_depend_neither_on_workers_nor_on_order(dcsim: Dcsim, folder: Path, workers: int) -> None:
    orders = {
        "one": (["--set", "pools.few.nodes=4,5", "--set", f"{RATE}=0.5:1.5:0.5"], 1),
        "many": (["--set", "pools.few.nodes=4,5", "--set", f"{RATE}=0.5:1.5:0.5"], workers),
        "back": (["--set", "pools.few.nodes=5,4", "--set", f"{RATE}=1.5:0.5:-0.5"], 1),
        "turned": (
            ["--set", f"{RATE}=1,0.5,1.5", "--mixes", "capped,baseline", "--set", "pools.few.nodes=5,4"],
            workers,
        ),
    }
    for name, (axes, number) in orders.items():
        assert dcsim("sweep", "s.yaml", *axes, "--workers", number, "--out", name).status == 0
    tables = {name: rows_in_order(folder / name) for name in orders}
    assert len(tables["one"]) == 12
    assert all(table == tables["one"] for table in tables.values())
    assert (folder / "one" / "results.parquet").read_bytes() == (folder / "many" / "results.parquet").read_bytes()
