"""Replicas sized from the peak: enough for it, fewer for a leaner model, never more than the scenario has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.scenario import load
from sim.strategies import apply_mix
from sim.strategies.compute.allocate import with_room
from sim.study import run

TEXT = """\
schema: 1
name: sized
horizon_h: 1
seed: 5
site: {plant: colocation}
pools:
  - {name: h100, node: hgx-h100-8, nodes: 2}
services:
  - name: chat
    field: nlp
    model: llama-3.1-8b
    pool: h100
    replicas: 16
    traffic:
      poisson: {rate_per_s: 40}
      profile: {daily: {peak_to_mean: 1.5, peak_hour: 0}}
      input_tokens: {lognormal: {mean: 800, cv: 1}}
      output_tokens: {lognormal: {mean: 300, cv: 0.7}}
    slo: {tpot_p99_s: 0.05}
mixes:
  all: {}
  sized: {compute: {allocate: sized}}
  leaner: {compute: {allocate: sized}, algorithm: {quantise: fp8}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text(TEXT)
    return path


def replicas(file: Path, mix: str, settings: Sequence[str] = ()) -> int:
    return apply_mix(load(file, settings), mix).deployments["chat"].service.replicas_max


def test_a_sized_service_keeps_its_promise_with_fewer_replicas(file: Path) -> None:
    count = replicas(file, "sized")
    assert 1 < count < 16
    found = run(load(file), "sized").summary
    assert found["feasible"] is True
    starved = run(load(file, [f"services.chat.replicas={max(1, count // 2)}"]), "all").summary
    assert starved["feasible"] is False


def test_a_leaner_model_asks_for_fewer(file: Path) -> None:
    assert replicas(file, "leaner") < replicas(file, "sized")


def test_twice_the_traffic_asks_for_about_twice_the_replicas(file: Path) -> None:
    once, twice = replicas(file, "sized"), replicas(file, "sized", ["services.chat.traffic.poisson.rate_per_s=80"])
    assert once < twice <= 2 * once


def test_a_maximum_below_the_need_is_kept_and_told(file: Path) -> None:
    plan = apply_mix(load(file, ["services.chat.replicas=2"]), "sized")
    assert plan.deployments["chat"].service.replicas_max == 2
    assert any("its peak asks for" in text for text in plan.warnings)


def test_room_covers_what_a_poisson_number_exceeds_in_one_of_a_hundred_cases() -> None:
    assert with_room(0.0, 10) == 1
    assert with_room(100.0, 1) == 124  # Poisson(100) exceeds 124 with a probability of .9 %
    assert with_room(100.0, 10) == 13
