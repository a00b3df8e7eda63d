"""Four mixes on a real half hour: Azure conversations, ERCOT price and carbon, Dallas weather, all of 2023."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from sim.cli.main import dcsim

SCENARIO = """
schema: 1
name: azure-in-texas
start: "2023-11-16T12:15:46-06:00"
horizon_h: 0.5
seed: 1
site:
  weather: {{file: {data}/weather/openmeteo_US-TEX-ERCO_2023.json.gz}}
  tariff: {{file: {data}/price/US-TEX-ERCO_2023_utc.csv.gz, time_column: datetime_utc, value_column: price_usd_per_mwh,
            timezone: UTC, per: mwh, demand_usd_per_kw_month: 8}}
  carbon: {{file: {data}/carbon/electricitymaps_US-TEX-ERCO_2023_hourly.csv.gz, time_column: Datetime (UTC),
            value_column: "Carbon Intensity gCO\u2082eq/kWh (direct)", timezone: UTC, basis: direct}}
  plant: chilled-water
pools:
  - {{name: h100, node: hgx-h100-8, nodes: 1}}
services:
  - name: chat
    field: nlp
    model: llama-3.1-8b
    pool: h100
    replicas: {{min: 2, max: 8}}
    traffic: {{trace: {{file: {data}/llm_requests/AzureLLMInferenceTrace_conv_1815-1845.csv.gz, align: absolute}}}}
    slo: {{ttft_p99_s: 2.0, tpot_p99_s: 0.1}}
mixes:
  baseline: {{}}
  scaled: {{compute: {{router: least-loaded, autoscale: {{target_utilisation: 0.05}}}}}}
  quantised: {{algorithm: [{{quantise: fp8}}]}}
  all-four:
    compute: {{router: least-loaded, autoscale: {{target_utilisation: 0.05}}}}
    algorithm: [{{quantise: int4}}]
    energy: {{power_cap_w: 500, plant: direct-liquid}}
    vertical: [{{customise: lora}}]
"""


@pytest.fixture(scope="module")
def compared(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], Path]:
    """The folder, the object on standard output, and the trace."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "texas.yaml").write_text(SCENARIO.format(data=shared_data), "utf-8")
    arguments = ["compare", str(folder / "texas.yaml"), "--replications", "2", "--workers", "1", "--json"]
    done = CliRunner().invoke(dcsim, [*arguments, "--out", str(folder / "out")])
    assert done.exit_code == 0, done.stderr
    return folder / "out", json.loads(done.stdout), shared_data / "llm_requests"


def runs_of(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        path.parent.name: json.loads(path.read_text("utf-8"))
        for path in sorted((folder / "runs").glob("*/summary.json"))
    }


def test_every_row_of_the_trace_is_accounted_for(compared: tuple[Path, dict[str, Any], Path]) -> None:
    folder, _, traces = compared
    with gzip.open(traces / "AzureLLMInferenceTrace_conv_1815-1845.csv.gz", "rt") as file:
        rows = pd.read_csv(file)
    assert len(rows) == 9754
    for run in runs_of(folder).values():
        chat = run["services"]["chat"]
        assert chat["arrived"] == len(rows)
        assert chat["arrived"] == chat["completed"] + chat["rejected"] + chat["in_flight"]
        assert chat["in_flight"] < 200


def test_sums_products_and_energy_close_in_every_mix(compared: tuple[Path, dict[str, Any], Path]) -> None:
    folder, _, _ = compared
    runs = runs_of(folder)
    assert runs.keys() == {"baseline", "scaled", "quantised", "all-four"}
    for run in runs.values():
        cost, factors, energy = dict(run["cost_usd"]), dict(run["efficiency"]), run["energy_kwh"]
        assert cost.pop("total") == pytest.approx(math.fsum(cost.values()), rel=1e-9)
        assert factors.pop("total") == pytest.approx(math.prod(factors.values()), rel=1e-9)
        assert all(0.0 <= factor <= 1.0 for factor in factors.values())
        assert energy["facility"] == pytest.approx(energy["it"] + energy["cooling"] + energy["losses"], rel=1e-9)
        assert math.fsum(line["usd"] for line in run["cost_lines"]) == pytest.approx(run["cost_usd"]["total"], rel=1e-9)


def test_price_and_carbon_are_those_of_that_hour_in_texas(compared: tuple[Path, dict[str, Any], Path]) -> None:
    folder, _, traces = compared
    data = traces.parent
    carbon = pd.read_csv(data / "carbon" / "electricitymaps_US-TEX-ERCO_2023_hourly.csv.gz")
    column = next(name for name in carbon.columns if name.endswith("(direct)"))
    grams = carbon.set_index("Datetime (UTC)").loc["2023-11-16 18:00:00", column]
    price = pd.read_csv(data / "price" / "US-TEX-ERCO_2023_utc.csv.gz")
    usd_per_mwh = price[price.iloc[:, 0].astype(str).str.startswith("2023-11-16T18")].iloc[0, 1]
    run = runs_of(folder)["baseline"]
    assert run["carbon_kg"] == pytest.approx(run["energy_kwh"]["facility"] * grams / 1000.0, rel=1e-9)
    energy_usd = math.fsum(line["usd"] for line in run["cost_lines"] if line["item"].startswith("energy"))
    assert energy_usd == pytest.approx(run["energy_kwh"]["facility"] * usd_per_mwh / 1000.0, rel=1e-9)


def test_a_replayed_trace_is_compared_without_chance(compared: tuple[Path, dict[str, Any], Path]) -> None:
    _, comparison, _ = compared
    assert comparison["deterministic"] is True
    for mix in comparison["mixes"].values():
        assert mix["cost_usd.total"]["ci_low"] == mix["cost_usd.total"]["ci_high"]
    verdicts = comparison["versus_baseline"]
    assert verdicts["quantised"]["energy_kwh.facility"]["verdict"] == "lower"
    assert verdicts["quantised"]["services.chat.tpot_s.p99"]["verdict"] == "lower"
    assert verdicts["scaled"]["energy_kwh.facility"]["difference"] < 0.0
