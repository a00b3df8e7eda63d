"""Keys of a scenario that say how requests are scheduled, and what is refused of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario import load
from sim.scenario.specs import PoissonTraffic

Write = Callable[[str], Path]
SCHEDULED = "compute: {router: prefix-affinity, admit: {queue_max: 32}, batch_max: promise, decision_ms: 5}"


def test_measures_of_scheduling_carry_their_options(small: str, written: Write) -> None:
    lean = load(written(small.replace("algorithm: [{quantise: fp8}]", SCHEDULED))).mixes[1]
    assert {each.kind: each.options for each in lean.measures if each.family == "compute"} == {
        "router": {"router": "prefix-affinity"},
        "admit": {"queue_max": 32},
        "batch_max": {"batch_max": "promise"},
        "decision_ms": {"decision_ms": 5},
    }


def test_groups_of_prompts_and_their_memory_are_read(small: str, written: Write) -> None:
    grouped = small.replace("{constant: 600}", "{constant: 600}\n      prefix_groups: 200")
    service = load(written(grouped.replace("replicas: 4", "replicas: 4\n    prefix_cache_share: 0.2"))).services[0]
    assert isinstance(service.traffic, PoissonTraffic)
    assert service.traffic.prefix_groups == 200
    assert service.prefix_cache_share == 0.2
    plain = load(written(small)).services[0]
    assert isinstance(plain.traffic, PoissonTraffic)
    assert plain.traffic.prefix_groups is None


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("{admit: {queue_max: 0}}", "queue_max"),
        ("{admit: {}}", "queue_max"),
        ("{batch_max: 0}", "batch_max"),
        ("{batch_max: promised}", "batch_max"),
        ("{decision_ms: -1}", "decision_ms"),
        ("{router: consolidated}", "did you mean 'consolidate'"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(mapping: str, said: str, small: str, written: Write) -> None:
    with pytest.raises(ScenarioError, match=said):
        load(written(small.replace("algorithm: [{quantise: fp8}]", f"compute: {mapping}")))


def test_models_without_prompts_have_no_groups(small: str, written: Write) -> None:
    desk = small.replace("model: llama-3.1-8b", "model: fixed-time").replace(
        "input_tokens: {constant: 600}\n      output_tokens: {constant: 120}",
        "service_s: {constant: 1}\n      prefix_groups: 3",
    )
    with pytest.raises(ScenarioError, match="says nothing to a model of family fixed-time"):
        load(written(desk))
