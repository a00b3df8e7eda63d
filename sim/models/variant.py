"""An AI model as it is deployed: which number formats, how much of it is left, and what that did to its accuracy."""

from __future__ import annotations

from dataclasses import dataclass

from sim.catalog.entries import AIModel, Precision
from sim.catalog.memory import mean_weight_bytes
from sim.models.early_exit import NO_EXIT, EarlyExit
from sim.models.speculation import DRAFT_BYTES, NO_DRAFT, Speculation


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A deployed form of a model. Measures of the algorithm and vertical families rewrite it, one after another."""

    model: AIModel
    weights: Precision  # bytes per weight, and the formats whose peak it may use
    kv_cache: Precision
    parameter_share: float = 1.0  # of the parameters, what pruning of rows, heads or layers left
    weight_share: float = 1.0  # of the weights, what zeroing single ones left; zeros are not stored
    index_bytes: float = 0.0  # per weight, zeroed or not: where the stored ones stand
    sparse_gain: float = 1.0  # most that kernels gain from zeros, in reading weights and in arithmetic
    adapter_byte_share: float = 0.0  # bytes of adapters that are read with the weights, as a share of them
    early_exit: EarlyExit = NO_EXIT  # layers that outputs skip
    speculation: Speculation = NO_DRAFT  # drafted tokens verified in each iteration of a language model
    accuracy_factor: float = 1.0  # product of the measures' effects
    accuracy_variance: float = 0.0  # of the logarithm of that product
    steps: tuple[str, ...] = ()  # measures applied, in order

    @property
    def name(self) -> str:
        """Name for results: model, format, measures."""
        return "/".join((self.model.name, self.weights.name, *self.steps))

    @property
    def parameters(self) -> float:
        """Parameters held in memory."""
        return self.model.parameters * self.parameter_share

    @property
    def active_parameters(self) -> float:
        """Parameters that work on each token."""
        return self.model.active_parameters * self.parameter_share

    @property
    def weight_bytes(self) -> float:
        """Bytes of all weights, adapters included."""
        per_weight = mean_weight_bytes(self.model, self.weights) * self.weight_share + self.index_bytes
        return self.parameters * per_weight * (1.0 + self.adapter_byte_share)

    @property
    def read_slowdown(self) -> float:
        """Time to read sparse weights over that of their bytes alone: kernels gain less than the bytes do."""
        dense = mean_weight_bytes(self.model, self.weights)
        stored = dense * self.weight_share + self.index_bytes
        return max(1.0, dense / (self.sparse_gain * stored))

    @property
    def held_bytes(self) -> float:
        """Bytes of weights that memory holds: those of a draft, too."""
        return self.weight_bytes + self.speculation.held_share * DRAFT_BYTES * self.active_parameters

    @property
    def expert_bytes(self) -> float:
        """Those of them inside experts; 0 for a dense model."""
        share = self.model.expert_parameters / self.model.parameters if self.model.experts > 1 else 0.0
        if not share:
            return 0.0
        return self.weight_bytes * share * self.weights.bytes_per_value / mean_weight_bytes(self.model, self.weights)
