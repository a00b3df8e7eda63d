"""How long a training job takes at full clock, and what it asks of memory and compute there.

Seconds = FLOPs / (N * MFU * peak). FLOPs without recomputation: 6 per active parameter and token, and three times those
of inference for models that take items. MFU is that of a step with its communication (`sim.models.training_step`), or
a share of the model's family. Published MFU, to which the step is set, was measured
under the board's design power, which holds the clock of compute-bound work below its top; since a run applies that
limit itself, the utilisation at full clock is solved for first.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2

from sim.catalog.entries import Accelerator, AIModel, NodeType
from sim.errors import ScenarioError
from sim.models.power import job_tables
from sim.models.training_step import (
    FLOPS_PER_PARAMETER_AND_TOKEN,
    checkpoint_seconds,
    training_step,
    usual_parallel,
)

ITEM_PASSES = 3.0  # of the FLOPs of one forward pass: forward, and twice backward
# Share of the peak while a model of items is trained on one accelerator, by family. Its vendor (DeepLearningExamples):
# ResNet-50 19.5 % on A100 and 23.6 % on V100, BERT-large 67 % and 60 % in sequences of 512; the others are assumed.
ITEM_SHARES: Mapping[str, float] = {"vision": 0.215, "encoder": 0.63, "speech": 0.2, "diffusion": 0.4}
OTHER_ITEM_SHARE = 0.1  # recommendation, tables: what waits for memory; assumed
# What each doubling of the accelerators adds to a step: ResNet-50 6.7-6.9 of 8, BERT-large 7.9 of 8, and 30.1 of 32
# nodes (same source); others as BERT, assumed.
DOUBLING_LOSSES: Mapping[str, float] = {"vision": 0.057}
OTHER_DOUBLING_LOSS = 0.0065
CHECKPOINT_EVERY_S = 3600.0  # of work; assumed
MEMORY_UTILISATION = 0.3  # of bandwidth while training a language model; assumed
PEAK_STAND_INS = {"bf16": "fp16", "fp16": "bf16"}  # older parts have but one of the 16-bit formats


def train_seconds(
    model: AIModel, tokens: float, precision: str, accelerators: int, node: NodeType
) -> tuple[float, float, float]:
    """Seconds at full clock of training `model` on `tokens` tokens, with u_memory and u_compute at full clock.

    A model of items (images, sequences, seconds of speech) trains on as many of them. A checkpoint is written after
    each hour of work.

    Raises ScenarioError where the node's accelerator does not compute in `precision`.
    """
    peak = _peak_flops(node.accelerator, precision)
    u_memory, u_compute = full_clock_utilisation(node.accelerator, training_mfu(model, accelerators, node, peak))
    work_s = training_flops(model) * tokens / (accelerators * u_compute * peak)
    checkpoints_s = work_s // CHECKPOINT_EVERY_S * checkpoint_seconds(model, accelerators, node)
    return work_s + checkpoints_s, u_memory, u_compute


def training_flops(model: AIModel) -> float:
    """FLOPs of training on one token, or on one item."""
    if model.items is not None:
        return ITEM_PASSES * model.items.flops
    return FLOPS_PER_PARAMETER_AND_TOKEN * model.active_parameters


def training_mfu(model: AIModel, accelerators: int, node: NodeType, peak_flops: float) -> float:
    """Model FLOPs utilisation of a job of a size, in the usual layout on such nodes; of items, one model copy each."""
    if model.items is not None:
        loss = DOUBLING_LOSSES.get(model.family, OTHER_DOUBLING_LOSS) * log2(accelerators)
        return ITEM_SHARES.get(model.family, OTHER_ITEM_SHARE) / (1.0 + loss)
    return training_step(model, usual_parallel(model, accelerators, node), node, peak_flops).mfu


def full_clock_utilisation(accelerator: Accelerator, mfu: float) -> tuple[float, float]:
    """Utilisations (memory, compute) at full clock of a job that reaches `mfu` under the board's design power.

    Where the board cannot sustain `mfu`, compute is 1 and the job as fast as the board allows.
    """
    low, high = mfu, 1.0
    for _ in range(30):
        middle = (low + high) / 2.0
        if _sustained_mfu(accelerator, middle, mfu) < mfu:
            low = middle
        else:
            high = middle
    return _memory_at(high, mfu), high


def _sustained_mfu(accelerator: Accelerator, u_compute: float, mfu: float) -> float:
    """Achieved compute utilisation under design power of a job with u_compute at full clock."""
    speed = job_tables(accelerator, _memory_at(u_compute, mfu), u_compute, None, None)[-1, 0]
    return float(speed) * u_compute


def _memory_at(u_compute: float, mfu: float) -> float:
    """Memory utilisation at full clock: it grows with the speed like compute does, and ends at 1."""
    return min(1.0, MEMORY_UTILISATION * u_compute / mfu)


def _peak_flops(accelerator: Accelerator, precision: str) -> float:
    """Peak FLOP/s in a training format."""
    for name in (precision, PEAK_STAND_INS.get(precision, precision)):
        if name in accelerator.flops:
            return accelerator.flops[name]
    raise ScenarioError(
        f"{accelerator.name} does not compute in {precision}; it has {', '.join(sorted(accelerator.flops))}"
    )
