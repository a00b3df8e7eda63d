"""Every command on a small scenario that really runs: what it prints, writes and answers."""

from __future__ import annotations

import csv
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


def test_run_prints_one_object_that_adds_up(dcsim: Dcsim) -> None:
    done = dcsim("run", "s.yaml", "--mix", "capped", "--json")
    found = json.loads(done.out)
    assert (done.status, found["schema"], found["mix"]) == (0, "dcsim.run/1", "capped")
    cost = found["cost_usd"]
    assert cost["total"] == pytest.approx(sum(value for name, value in cost.items() if name != "total"), rel=1e-9)


def test_run_shows_a_table_and_writes_a_folder(dcsim: Dcsim, folder: Path) -> None:
    done = dcsim("run", "s.yaml", "--out", "r")
    assert done.status == 0
    assert "baseline costs" in done.out
    assert "usd_per_month scales" in done.out.replace("\n", " ")
    assert sorted(path.name for path in (folder / "r").iterdir()) == [
        "ledger.json",
        "manifest.json",
        "scenario.resolved.yaml",
        "summary.json",
        "timeseries.parquet",
    ]


def test_the_same_seed_gives_the_same_answer_and_another_does_not(dcsim: Dcsim) -> None:
    first, again, other = (json.loads(dcsim("run", "s.yaml", "--seed", seed, "--json").out) for seed in (5, 5, 6))
    for found in (first, again, other):
        del found["engine"]["wall_s"]
    assert first == again
    assert first["services"] != other["services"]


def test_compare_prints_one_object_with_intervals_and_verdicts(dcsim: Dcsim) -> None:
    done = dcsim("compare", "s.yaml", "--replications", 3, "--workers", 1, "--json")
    found = json.loads(done.out)
    assert (done.status, found["schema"], found["deterministic"]) == (0, "dcsim.compare/1", False)
    energy = found["versus_baseline"]["capped"]["energy_kwh.facility"]
    assert energy["verdict"] == "lower"
    assert energy["ci_low"] <= energy["difference"] <= energy["ci_high"] < 0.0


def test_compare_writes_what_plot_and_report_read(dcsim: Dcsim, folder: Path) -> None:
    compared = dcsim("compare", "s.yaml", "--replications", 2, "--workers", 1, "--out", "c", "--report", "c.html")
    assert compared.status == 0
    assert "is the cheapest mix that does all the work and keeps every promise" in " ".join(compared.out.split())
    assert (folder / "c.html").read_text().count("<svg") == 3
    for kind in ("comparison", "cost", "timeseries"):
        assert dcsim("plot", "c", kind, "--out", f"{kind}.png", "--data", f"{kind}.csv").status == 0
        assert (folder / f"{kind}.png").read_bytes()[:4] == b"\x89PNG"
    table = {row["mix"]: row for row in csv.DictReader((folder / "cost.csv").read_text().splitlines())}
    totals = json.loads((folder / "c" / "comparison.json").read_text())["mixes"]
    assert float(table["capped"]["total"]) == totals["capped"]["cost_usd.total"]["mean"]
    assert dcsim("report", "c", "--out", "again.html").status == 0
    page = (folder / "again.html").read_text()
    assert page.count("<svg") == 3
    assert "--replications 2 --seed 3" in page


def test_the_resolved_scenario_of_a_folder_gives_the_same_run(dcsim: Dcsim, folder: Path) -> None:
    dcsim("run", "s.yaml", "--out", "r")
    again = json.loads(dcsim("run", "r/scenario.resolved.yaml", "--json").out)
    first = json.loads((folder / "r" / "summary.json").read_text())
    for found in (first, again):
        del found["engine"]["wall_s"]
    assert again == first


def test_sweep_runs_resumes_and_can_be_drawn(dcsim: Dcsim, folder: Path) -> None:
    command = ("sweep", "s.yaml", "--set", "pools.few.nodes=4,5", "--out", "w", "--workers", 1)
    planned = json.loads(dcsim(*command, "--dry-run", "--json").out)
    assert (planned["points"], planned["skipped"]) == (4, 0)
    assert not (folder / "w").exists()
    first = json.loads(dcsim(*command, "--json").out)
    counts = {"points": 4, "done": 4, "failed": 0, "skipped": 0}
    assert first == {"schema": "dcsim.sweep/1", **counts, "out": "w", "reasons": {"new": 4}}
    assert json.loads(dcsim(*command, "--json").out)["skipped"] == 4
    rows = pq.read_table(folder / "w" / "results.parquet").to_pylist()
    assert [(row["pools.few.nodes"], row["mix"]) for row in rows] == [
        (nodes, mix) for nodes in (4, 5) for mix in ("baseline", "capped")
    ]
    assert dcsim("plot", "w", "comparison", "--out", "w.svg").status == 0
    refused = dcsim("plot", "w", "timeseries", "--out", "w.svg")
    assert (refused.status, "keeps no time series" in refused.err) == (2, True)


def test_a_sweep_with_failed_points_ends_with_4_and_keeps_the_others(dcsim: Dcsim) -> None:
    done = dcsim("sweep", "s.yaml", "--set", "mixes.capped.energy.power_cap_w=500,1", "--out", "w", "--workers", 1)
    assert done.status == 4
    assert "failed: mix capped, mixes.capped.energy.power_cap_w=1" in done.err
    assert "Traceback" not in done.err


def test_validate_names_every_file(dcsim: Dcsim, folder: Path) -> None:
    (folder / "bad.yaml").write_text((folder / "s.yaml").read_text() + "hozizon: 3\nseeed: 1\n")
    done = dcsim("validate", "s.yaml", "bad.yaml")
    assert done.status == 3
    assert done.out == "s.yaml: ok\n"
    assert done.err.count("bad.yaml:") == 2
    assert dcsim("validate", "s.yaml").status == 0


def test_init_writes_a_scenario_that_is_valid_and_never_over_another(dcsim: Dcsim) -> None:
    assert dcsim("init", "mine.yaml").status == 0
    assert dcsim("validate", "mine.yaml").out == "mine.yaml: ok\n"
    again = dcsim("init", "mine.yaml")
    assert (again.status, "not written over" in again.err) == (2, True)


def test_schema_and_catalogue_can_be_read(dcsim: Dcsim) -> None:
    assert json.loads(dcsim("schema").out)["$schema"].startswith("https://json-schema.org/")
    assert "h100-sxm" in dcsim("catalog", "list", "accelerators").out
    shown = dcsim("catalog", "show", "accelerators", "h100-sxm")
    assert (shown.status, "tdp_w" in shown.out) == (0, True)
    assert "memory" in dcsim("catalog", "show", "accelerators", "h100-sxm", "--json").out
    assert dcsim("plot", "--list").out.count("\n") >= 4


def test_the_written_scenario_runs_from_where_it_lies(dcsim: Dcsim, folder: Path) -> None:
    (folder / "prices.csv").write_text("when,usd\n2023-01-01T00:00:00Z,50\n2023-01-01T01:00:00Z,60\n")
    tariff = "site.tariff={file: prices.csv, time_column: when, value_column: usd}"
    assert dcsim("run", "s.yaml", "--set", tariff, "--out", "deep/er/out").status == 0
    assert dcsim("run", "deep/er/out/scenario.resolved.yaml", "--out", "again").status == 0
    first, second = (json.loads((folder / each / "summary.json").read_text()) for each in ("deep/er/out", "again"))
    assert first["cost_usd"] == second["cost_usd"]
    assert first["scenario"] == second["scenario"] == "small"
