"""The same work from Python: load, run, compare, sweep, draw."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim


def test_a_run_gives_its_summary_and_time_series(folder: Path) -> None:
    run = sim.run(sim.load(folder / "s.yaml", "pools.few.nodes=5"), "capped", seed=1)
    assert run.summary["mix"] == "capped"
    frame = run.timeseries
    meter = frame["facility_w"] - frame["it_w"] - frame["cooling_w"] - frame["losses_w"]
    assert abs(meter).max() <= 1e-9 * frame["facility_w"].max()
    figure, _ = sim.draw(run, "timeseries")
    assert figure.axes
    sim.save(figure, folder / "t.svg")
    assert (folder / "t.svg").read_text().startswith("<?xml")


def test_a_comparison_gives_a_table_and_charts(folder: Path) -> None:
    found = sim.compare(sim.load("s.yaml"), ["baseline", "capped"], replications=2, workers=1)
    table = found.table()
    assert table.loc[("capped", "energy_kwh.facility"), "verdict"] in {"lower", "no difference shown"}
    assert sim.draw(found, "cost")[0].axes
    with pytest.raises(sim.UsageError, match="no time series"):
        sim.draw(found, "timeseries")


def test_a_sweep_gives_a_frame(folder: Path) -> None:
    found = sim.sweep("s.yaml", {"pools.few.nodes": [4, 5]}, out=folder / "w", workers=1)
    assert list(found.frame["pools.few.nodes"]) == [4, 4, 5, 5]
    assert found.done == 4


def test_where_nothing_is_random_one_run_of_each_mix_decides(folder: Path) -> None:
    text = (folder / "s.yaml").read_text().replace("power_cap_w: 500", "power_cap_w: 250")  # one that these jobs feel
    services, mixes = text.index("services:"), text.index("mixes:")
    jobs = "jobs: [{name: batch, pool: few, policy: fifo, trace: {file: jobs.swf}}]\n"
    (folder / "jobs.yaml").write_text(text[:services] + jobs + text[mixes:])
    (folder / "jobs.swf").write_text(
        "".join(f"{i} {20 * i} -1 60 1 -1 -1 1 60 -1 1 1 1 1 1 -1 -1 -1\n" for i in range(1, 21))
    )
    found = sim.compare(sim.load("jobs.yaml"), replications=10, workers=1)
    assert (found.deterministic, found.replications) == (True, 1)
    energy = found.versus_baseline["capped"]["energy_kwh.facility"]
    assert energy.ci_low == energy.difference == energy.ci_high
    assert energy.verdict in {"lower", "higher"}


def test_a_scenario_changes_without_its_file(folder: Path) -> None:
    settings = ("pools.few.nodes=6", "mixes.capped.energy.power_cap_w=250")
    scenario = sim.load("s.yaml")
    larger = sim.with_(scenario, *settings)
    assert (scenario.pools[0].nodes, larger.pools[0].nodes) == (4, 6)
    assert sim.with_(scenario).document == scenario.document
    again = sim.run(sim.load("s.yaml", *settings), "capped").summary
    assert sim.run(larger, "capped").summary["cost_usd"] == again["cost_usd"]
    with pytest.raises(sim.InputError, match="nodes must be at least 1"):
        sim.with_(scenario, "pools.few.nodes=-1")


def test_stored_runs_are_repriced_and_break_even(folder: Path) -> None:
    sim.compare(sim.load("s.yaml"), replications=1, workers=1, out=folder / "out")
    found = sim.reprice(folder / "out", "site.tariff.energy_usd_per_kwh=0.5")
    before, after = found.figures("baseline")["cost_usd.total"]
    assert after > before
    assert sim.break_even(folder / "out", "site.tariff.energy_usd_per_kwh").at == 0.09
