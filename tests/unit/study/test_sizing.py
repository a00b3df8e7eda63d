"""The smallest fleet is small: one replica fewer breaks a promise; more load never asks for less."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import UsageError
from sim.scenario import load
from sim.study.sizing import Kind, size

TEXT = """\
schema: 1
name: sized
horizon_h: 1
seed: 5
site: {plant: colocation}
pools:
  - {name: fleet, node: hgx-h100-8, nodes: 1}
services:
  - name: chat
    field: nlp
    model: llama-3.1-8b
    pool: fleet
    replicas: 2
    traffic:
      poisson: {rate_per_s: 30}
      profile: {daily: {peak_to_mean: 2, peak_hour: 12}}
      input_tokens: {lognormal: {mean: 800, cv: 1}}
      output_tokens: {lognormal: {mean: 300, cv: 0.7}}
    slo: {ttft_p99_s: 1, tpot_p99_s: 0.04}
mixes:
  baseline: {}
  leaner: {algorithm: {quantise: fp8}}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sizing") / "s.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def h100(file: Path) -> Kind:
    return size(load(file), ["h100-sxm"]).kinds[0]


def test_one_replica_fewer_breaks_a_promise(h100: Kind) -> None:
    need = h100.services["chat"]
    at_peak = {trial.replicas: trial for trial in need.curve}
    assert at_peak[need.replicas["peak"]].kept
    fewer = [trial for count, trial in at_peak.items() if count < need.replicas["peak"]]
    assert fewer
    assert not any(trial.kept for trial in fewer)


def test_the_curve_says_what_a_promise_costs(h100: Kind) -> None:
    curve = h100.services["chat"].curve
    assert [trial.replicas for trial in curve] == sorted(trial.replicas for trial in curve)
    costs = [trial.usd_per_month for trial in curve]
    assert costs == sorted(costs)


def test_the_peak_and_a_lost_node_ask_for_more(h100: Kind) -> None:
    need, fleets = h100.services["chat"], h100.fleets
    assert need.replicas["mean"] < need.replicas["peak"]
    assert fleets["mean"].nodes <= fleets["peak"].nodes < fleets["one_node_lost"].nodes
    assert fleets["one_node_lost"].nodes == fleets["peak"].nodes + 1
    assert fleets["one_node_lost"].usd_per_month > fleets["peak"].usd_per_month


def test_a_leaner_model_asks_for_fewer_replicas(file: Path, h100: Kind) -> None:
    leaner = size(load(file), ["h100-sxm"], mix="leaner").kinds[0]
    assert leaner.services["chat"].replicas["peak"] < h100.services["chat"].replicas["peak"]


def test_a_kind_that_cannot_keep_a_promise_says_why(file: Path) -> None:
    found = size(load(file, ["services.chat.slo.tpot_p99_s=0.004"]), ["l4"])
    assert found.cheapest is None
    assert "tpot" in str(found.kinds[0].why_not)


def test_the_same_question_has_the_same_answer(file: Path, h100: Kind) -> None:
    assert size(load(file), ["h100-sxm"]).kinds[0] == h100


def test_no_kind_is_sized_twice_nor_none_asked_for(file: Path) -> None:
    assert len(size(load(file, ["services.chat.slo.tpot_p99_s=0.004"]), ["l4", "l4"]).kinds) == 1
    with pytest.raises(UsageError, match="names no accelerator"):
        size(load(file), [])


def test_jobs_are_left_out_and_named(file: Path, tmp_path: Path) -> None:
    train = "{model: llama-3.1-8b, tokens: 1.0e6, precision: bf16, accelerators: 4, every_h: 1}"
    jobs = f"jobs:\n  - {{name: nightly, pool: fleet, policy: fifo, train: {train}}}\n"
    path = tmp_path / "jobs.yaml"
    path.write_text(TEXT + jobs)
    found = size(load(path, ["services.chat.slo.tpot_p99_s=0.004"]), ["l4"])
    assert any("'nightly'" in text for text in found.warnings)
    assert found.to_json()["warnings"] == list(found.warnings)


def test_accelerators_that_no_node_has_are_told(file: Path) -> None:
    with pytest.raises(UsageError, match="no node of the catalogue has h900"):
        size(load(file), ["h900"])
