"""One training step: its parts, the layout chosen, and the checkpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.catalog.reader import Catalogue
from sim.models.training_step import Parallel, checkpoint_seconds, kernel_share, training_step, usual_parallel

CATALOGUE = Catalogue.built_in()
NODE = CATALOGUE.node("hgx-h100-8")
LARGE, SMALL = CATALOGUE.model("llama-3.1-405b"), CATALOGUE.model("llama-3.1-8b")
PEAK = 989e12


def test_a_job_on_one_accelerator_reaches_what_its_kernels_reach() -> None:
    step = training_step(SMALL, Parallel(1, 1, 1, 8), NODE, PEAK)
    assert step.mfu == pytest.approx(kernel_share(SMALL, NODE.accelerator))
    assert step.step_s == step.compute_s


def test_the_parts_of_a_step_and_its_utilisation_agree() -> None:
    parallel = Parallel(8, 16, 64, 32)
    step = training_step(LARGE, parallel, NODE, PEAK)
    tokens = parallel.data * parallel.micro_batches * parallel.sequence_tokens
    flops = 6.0 * LARGE.active_parameters * tokens
    assert step.mfu == pytest.approx(flops / (parallel.accelerators * PEAK * step.step_s))
    assert min(step.bubble_s, step.tensor_s, step.data_s) > 0.0


def test_fewer_micro_batches_leave_longer_bubbles() -> None:
    few, many = (training_step(LARGE, Parallel(8, 16, 64, count), NODE, PEAK) for count in (16, 64))
    assert few.bubble_s / few.compute_s == pytest.approx(4.0 * many.bubble_s / many.compute_s)


def test_a_slower_link_costs_time_in_tensor_parallel_alone() -> None:
    slow = replace(NODE, accelerator=replace(NODE.accelerator, link_bytes_per_s=NODE.accelerator.link_bytes_per_s / 4))
    parallel = Parallel(8, 1, 2, 8)
    usual, slowed = (training_step(LARGE, parallel, node, PEAK) for node in (NODE, slow))
    assert slowed.tensor_s == pytest.approx(4.0 * usual.tensor_s)
    assert slowed.compute_s == usual.compute_s


@pytest.mark.parametrize(("model", "count"), [("llama-3.1-8b", 8), ("llama-3.1-70b", 512), ("llama-3.1-405b", 8192)])
def test_the_usual_layout_uses_all_accelerators_and_splits_large_models(model: str, count: int) -> None:
    parallel = usual_parallel(CATALOGUE.model(model), count, NODE)
    assert parallel.accelerators == count
    assert parallel.tensor <= NODE.accelerators
    assert (parallel.tensor > 1) == (model != "llama-3.1-8b")


def test_a_checkpoint_is_written_by_all_nodes_at_once() -> None:
    assert checkpoint_seconds(LARGE, 16384, NODE) == pytest.approx(14.0 * LARGE.parameters / 2048e9)
    assert checkpoint_seconds(LARGE, 8192, NODE) == pytest.approx(2.0 * checkpoint_seconds(LARGE, 16384, NODE))
