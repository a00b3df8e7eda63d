"""Training time from model FLOPs utilisation, and the utilisations behind its power."""

from __future__ import annotations

import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.power import job_tables
from sim.models.training import full_clock_utilisation, train_seconds, training_mfu

CATALOGUE = Catalogue.built_in()
LLAMA, NODE = CATALOGUE.model("llama-3.1-8b"), CATALOGUE.node("hgx-h100-8")


def test_under_design_power_the_job_reaches_the_published_utilisation() -> None:
    seconds, u_memory, u_compute = train_seconds(LLAMA, 2e9, "bf16", 8, NODE)
    speed = job_tables(NODE.accelerator, u_memory, u_compute, None, None)[-1, 0]
    achieved = 6.0 * LLAMA.active_parameters * 2e9 / (seconds / speed * 8 * 989e12)
    assert achieved == pytest.approx(0.45, rel=1e-6)


def test_utilisation_falls_with_the_size_of_the_job() -> None:
    assert training_mfu(LLAMA, 8192) == pytest.approx(0.43)
    assert training_mfu(LLAMA, 16384) == pytest.approx(0.41)
    assert training_mfu(LLAMA, 1) == training_mfu(LLAMA, 8) > training_mfu(LLAMA, 512) > training_mfu(LLAMA, 8192)


def test_a_mixture_of_experts_trains_at_a_lower_utilisation() -> None:
    assert training_mfu(CATALOGUE.model("qwen3-30b-a3b"), 8192) == pytest.approx(0.37, abs=0.01)


def test_a_part_without_bf16_trains_in_fp16() -> None:
    node = CATALOGUE.node("v100-8")
    assert train_seconds(LLAMA, 1e6, "bf16", 8, node) == train_seconds(LLAMA, 1e6, "fp16", 8, node)


def test_a_format_that_the_part_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(ScenarioError, match="a100-80g-sxm does not compute in fp8; it has bf16, fp16, int8"):
        train_seconds(LLAMA, 1e6, "fp8", 8, CATALOGUE.node("dgx-a100-8"))


def test_where_power_never_binds_the_utilisation_is_the_published_one() -> None:
    u_memory, u_compute = full_clock_utilisation(CATALOGUE.accelerator("v100-sxm2"), 0.1)
    assert u_compute == pytest.approx(0.1)
    assert u_memory == pytest.approx(0.3)
