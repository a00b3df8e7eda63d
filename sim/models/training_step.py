"""One optimiser step of a training job: arithmetic, what communication adds to it, and the checkpoint.

step = compute (1 + bubble) + exposed tensor-parallel all-reduces + exposed gradient exchange            [s]

compute = 6 P_act tokens / (N share F), share: what kernels alone reach of the peak. Sources and misses:
docs/other-families.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from sim.catalog.entries import Accelerator, AIModel, NodeType

FLOPS_PER_PARAMETER_AND_TOKEN = 6.0  # forward 2, backward 4 (Kaplan et al. 2020)
KERNEL_SHARE = 0.56  # of peak, of a dense language model; between MegaScale's 55 % and Megatron's 44-52 % MFU on A100
KERNEL_SHARES = {"h100-sxm": 0.50, "h200-sxm": 0.50}  # told by 43 % at 8,192 GPUs, Llama 3 (paper, table 4, recalled)
MOE_SHARE = 0.87  # of a dense model's: DeepSeek-V3 reached 35-40 % bf16-equivalent (its report, recalled)
LINK_EFFICIENCY = 0.7  # of the link's rate that an all-reduce reaches; assumed, as peers do
EXPOSED = 0.5  # of communication that no arithmetic hides; assumed
NETWORK_BYTES_PER_S = 50e9  # between nodes, per accelerator: 400 Gb/s, as in clusters of H100; assumed for all
SEQUENCE_TOKENS = 8192.0  # assumed: as Llama 3
BATCH_TOKENS_MAX = 16.8e6  # of one step: Llama 3 at full size
BATCH_TOKENS_PER_ACCELERATOR = 65_536.0  # as long as the step stays below its maximum; assumed: 8 sequences
CHUNKS_MAX = 8  # of interleaved pipeline stages; assumed
HELD_BYTES = 4.0  # per parameter on each accelerator of a model copy: weights and gradients, 16 bits each
SHARDED_BYTES = 12.0  # per parameter over all accelerators: master weights and two moments, 32 bits each
STATE_MEMORY_SHARE = 0.6  # of memory for all that; activations hold the rest; assumed
STORAGE_BYTES_PER_S = 1e9  # per node: 2 TB/s sustained for 2,048 nodes (Llama 3)


@dataclass(frozen=True, slots=True)
class Parallel:
    """How a job is laid over its accelerators; tensor * pipeline * data of them."""

    tensor: int
    pipeline: int
    data: int
    micro_batches: int  # of one sequence each, per pipeline and step
    sequence_tokens: float = SEQUENCE_TOKENS

    @property
    def accelerators(self) -> int:
        """All of them."""
        return self.tensor * self.pipeline * self.data


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Seconds of one step under the board's design power, and what it comes to."""

    compute_s: float
    bubble_s: float  # pipeline stages that wait for work
    tensor_s: float  # all-reduces within the node that nothing hides
    data_s: float  # exchange of gradients and weights that nothing hides
    mfu: float  # model FLOPs over the peak of all accelerators in the time of the step

    @property
    def step_s(self) -> float:
        """The whole step."""
        return self.compute_s + self.bubble_s + self.tensor_s + self.data_s


def training_step(model: AIModel, parallel: Parallel, node: NodeType, peak_flops: float) -> TrainingStep:
    """One step of a language model; `peak_flops` of one accelerator in the format of training."""
    accelerator, micro = node.accelerator, parallel.micro_batches
    stage_flops = FLOPS_PER_PARAMETER_AND_TOKEN * model.active_parameters * parallel.sequence_tokens / parallel.pipeline
    compute_s = micro * stage_flops / (parallel.tensor * kernel_share(model, accelerator) * peak_flops)
    chunks = min(CHUNKS_MAX, max(1, model.layers // parallel.pipeline))
    bubble_s = compute_s * (parallel.pipeline - 1) / (micro * chunks)
    tensor_s = micro * EXPOSED * _all_reduces_s(model, parallel, accelerator)
    data_s = EXPOSED * _gradients_s(model, parallel, node)
    whole_s = compute_s + bubble_s + tensor_s + data_s
    mfu = micro * stage_flops / (parallel.tensor * peak_flops * whole_s)
    return TrainingStep(compute_s, bubble_s, tensor_s, data_s, mfu)


def usual_parallel(model: AIModel, accelerators: int, node: NodeType) -> Parallel:
    """The layout that keeps the model's state in memory with the least splitting, tensor before pipeline.

    A job too small for that holds its state elsewhere (host memory); what this costs is not modelled.
    """
    room = STATE_MEMORY_SHARE * node.accelerator.memory_bytes - SHARDED_BYTES * model.parameters / accelerators
    needed = HELD_BYTES * model.parameters / room if room > 0.0 else float("inf")
    tensor = 1
    while tensor < needed and 2 * tensor <= min(node.accelerators, accelerators):
        tensor *= 2
    pipeline = 1
    while tensor * pipeline < needed and 2 * tensor * pipeline <= accelerators and 2 * pipeline <= model.layers:
        pipeline *= 2
    data = max(1, accelerators // (tensor * pipeline))
    tokens = min(BATCH_TOKENS_MAX, BATCH_TOKENS_PER_ACCELERATOR * accelerators)
    return Parallel(tensor, pipeline, data, max(1, round(tokens / (data * SEQUENCE_TOKENS))))


def kernel_share(model: AIModel, accelerator: Accelerator) -> float:
    """Share of the peak that the kernels reach without any communication."""
    return KERNEL_SHARES.get(accelerator.name, KERNEL_SHARE) * (MOE_SHARE if model.experts > 1 else 1.0)


def checkpoint_seconds(model: AIModel, accelerators: int, node: NodeType) -> float:
    """Seconds of writing weights and optimiser state, every node its share, training held meanwhile."""
    nodes = ceil(accelerators / node.accelerators)
    return (2.0 + SHARDED_BYTES) * model.parameters / (nodes * STORAGE_BYTES_PER_S)


def _all_reduces_s(model: AIModel, parallel: Parallel, accelerator: Accelerator) -> float:
    """Four all-reduces of the hidden state for each layer of a stage and micro-batch, forward and backward together."""
    moved = 2.0 * (parallel.tensor - 1) / parallel.tensor * parallel.sequence_tokens * model.hidden * 2.0
    layers = model.layers / parallel.pipeline
    return 4.0 * layers * moved / (LINK_EFFICIENCY * accelerator.link_bytes_per_s)


def _gradients_s(model: AIModel, parallel: Parallel, node: NodeType) -> float:
    """Gradients reduced and weights gathered once a step, over the links in one node and over the network beyond."""
    moved = 2.0 * 2.0 * model.parameters / (parallel.tensor * parallel.pipeline) * (parallel.data - 1) / parallel.data
    inside = parallel.accelerators <= node.accelerators
    return moved / (LINK_EFFICIENCY * node.accelerator.link_bytes_per_s if inside else NETWORK_BYTES_PER_S)
