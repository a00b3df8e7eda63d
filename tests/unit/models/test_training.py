"""Training time from model FLOPs utilisation, and the utilisations behind its power."""

from __future__ import annotations

import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.power import job_tables
from sim.models.training import full_clock_utilisation, train_seconds, training_mfu
from sim.models.training_step import checkpoint_seconds

CATALOGUE = Catalogue.built_in()
LLAMA, NODE = CATALOGUE.model("llama-3.1-8b"), CATALOGUE.node("hgx-h100-8")


def test_under_design_power_the_job_reaches_the_published_utilisation() -> None:
    seconds, u_memory, u_compute = train_seconds(LLAMA, 1e8, "bf16", 8, NODE)
    speed = job_tables(NODE.accelerator, u_memory, u_compute, None, None)[-1, 0]
    achieved = 6.0 * LLAMA.active_parameters * 1e8 / (seconds / speed * 8 * 989e12)
    assert achieved == pytest.approx(training_mfu(LLAMA, 8, NODE, 989e12), rel=1e-6)
    assert 0.45 < achieved < 0.55


def test_each_hour_of_work_ends_with_a_checkpoint() -> None:
    short, long = (train_seconds(LLAMA, tokens, "bf16", 8, NODE)[0] for tokens in (1e8, 1e9))
    written = (long - 10.0 * short) / checkpoint_seconds(LLAMA, 8, NODE)
    assert written == pytest.approx(round(written)) == 10.0 * short // 3600.0


def test_utilisation_falls_with_the_size_of_the_job() -> None:
    found = [training_mfu(LLAMA, count, NODE, 989e12) for count in (1, 8, 64, 512, 8192, 16384)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(0.5)


def test_a_mixture_of_experts_trains_at_a_lower_utilisation() -> None:
    mixture, dense = CATALOGUE.model("qwen3-30b-a3b"), CATALOGUE.model("qwen3-32b")
    assert training_mfu(mixture, 64, NODE, 989e12) < 0.9 * training_mfu(dense, 64, NODE, 989e12)


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


def test_an_image_model_trains_in_three_times_its_forward_flops() -> None:
    model, node = CATALOGUE.model("resnet-50"), CATALOGUE.node("dgx-a100-8")
    seconds, u_memory, u_compute = train_seconds(model, 90 * 1.281e6, "fp16", 8, node)
    work_s = 3 * 8.2e9 * 90 * 1.281e6 / (8 * node.accelerator.flops["fp16"])
    assert seconds * u_compute == pytest.approx(work_s, rel=1e-3)  # and a checkpoint
    assert 0.0 < u_memory <= 1.0
    # 90 rounds of ImageNet on eight A100 at 16,621 images a second (vendor's row of ResNet-50)
    assert seconds == pytest.approx(90 * 1.281e6 / 16_621, rel=0.13)
