"""A model with fewer weights: zeros in a pattern that tensor cores leave out, zeros anywhere, narrower or fewer layers.

Zeros are left out of storage: of w bytes a weight, w * weight_share + index_bits / 8 stay (2:4 in 16 bits: .5625).
Both sides of the roofline gain from them, reading and arithmetic, each by the technique's `sparse_gain` at most, which
is what kernels were measured to reach; so a whole iteration gains less. Zeros without a pattern gain nothing there.

Narrower layers keep their heads, and so the size of the context (Minitron: 4096 -> 3072 hidden for .56 of the weights,
the square root); fewer layers also launch fewer kernels and keep less context. The accuracy that a cut costs is known
at one share and is taken to grow with a power of the share cut away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Final

from sim.catalog import Catalogue, entries
from sim.models.peaks import peak_flops
from sim.models.variant import Variant
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.algorithm.order import lost_work
from sim.strategies.algorithm.retraining import retraining_h
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME, published_variant
from sim.strategies.technique import Context

PATTERN: Final = "2:4"
STRUCTURES: Final = ("width", "depth")
BITS_PER_BYTE: Final = 8.0


@dataclass(frozen=True, slots=True)
class Cut:
    """What is taken away: a pattern of zeros, or a structure of which a share of the parameters is kept."""

    what: str  # 2:4, unstructured, width or depth
    kept: float = 1.0  # of the parameters, by width or depth

    @property
    def step(self) -> str:
        """Its name among the steps of a variant."""
        return f"prune-{self.what}" if self.what not in STRUCTURES else f"prune-{self.what}-{self.kept:g}"

    @property
    def empty(self) -> bool:
        """Whether it takes nothing away."""
        return self.what in STRUCTURES and self.kept == 1.0


@dataclass(frozen=True, slots=True)
class Pruning:
    """Prunes a model and heals it by training on the answers of the whole one, where the technique does."""

    cut: Cut
    technique: entries.Technique
    catalogue: Catalogue
    devices: Mapping[str, entries.Accelerator]  # by pool

    @classmethod
    def build(cls, context: Context) -> Pruning:
        """From `prune: "2:4"`, `prune: unstructured`, `prune: {width: SHARE}` or `prune: {depth: SHARE}`."""
        ((key, value),) = context.measure.options.items()
        cut = Cut(key, float(value)) if key in STRUCTURES else Cut(str(value))
        technique = context.catalogue.technique("prune", cut.what.replace(":", "of"))
        devices = {pool.name: pool.node.accelerator for pool in context.scenario.pools}
        return cls(cut, technique, context.catalogue, devices)

    def obstacle(self, target: Deployment) -> str | None:
        """A model with weights, cut once in each way, layers before zeros; patterns need units that know them."""
        service, variant = target.service, target.variant
        if variant.model.family == FIXED_TIME:
            return f"'{service.name}' runs a fixed-time model, which has no weights"
        if any(step.startswith(f"prune-{self.cut.what}") for step in variant.steps):
            return f"'{service.name}' is pruned so already ({', '.join(variant.steps)})"
        if variant.weight_share < 1.0:
            return f"'{service.name}' has zeros already, which more pruning moves: prune width or depth first"
        device = self.devices[service.pool]
        if self.cut.what == PATTERN and device.sparsity != PATTERN:
            return f"'{service.name}' runs on {device.name}, whose units do not leave out zeros in a {PATTERN} pattern"
        return lost_work(target, "prune")

    def apply(self, target: Deployment) -> Deployment:
        """The service on what is left of its model."""
        if self.cut.empty:
            return target
        factor, spread = effect_of(self.technique, target)
        severity = self._severity()
        pruned = self._shaped(target.variant)
        steps = (*target.variant.steps, self.cut.step)
        changed = replace(target, variant=replace(pruned, steps=steps))
        return with_effect(changed, 1.0 - severity * (1.0 - factor), severity * spread)

    def _severity(self) -> float:
        """The effect on accuracy over the published one."""
        if self.cut.what not in STRUCTURES:
            return 1.0
        figures = self.technique.figures
        return float(((1.0 - self.cut.kept) / (1.0 - figures["published_share"])) ** figures["loss_exponent"])

    def _shaped(self, variant: Variant) -> Variant:
        """The variant with fewer weights."""
        kept, model, figures = self.cut.kept, variant.model, self.technique.figures
        if self.cut.what == "width":
            narrow = replace(model, hidden=round(model.hidden * sqrt(kept)))
            return replace(variant, model=narrow, parameter_share=variant.parameter_share * kept)
        if self.cut.what == "depth":
            windows = ceil(model.window_layers * kept)
            shallow = replace(model, layers=ceil(model.layers * kept), window_layers=windows)
            return replace(variant, model=shallow, parameter_share=variant.parameter_share * kept)
        return replace(
            variant,
            weight_share=figures["weight_share"],
            index_bytes=figures["index_bits"] / BITS_PER_BYTE,
            sparse_gain=figures["sparse_gain"],
        )

    def upfront(self, target: Deployment) -> UpFront:
        """One-shot pruning, healing on the service's own accelerators, data and engineers; nothing for no cut."""
        cost = technique_cost("algorithm", self.technique, target, target.variant.parameters)
        name = f"prune {self.cut.what}" + (f" {self.cut.kept:g}" if self.cut.what in STRUCTURES else "")
        if self.cut.empty:
            return UpFront(family=cost.family, measure=name)
        return replace(cost, measure=name, accelerator_h=cost.accelerator_h + self._healing_h(target))

    def _healing_h(self, target: Deployment) -> float:
        """Accelerator-hours of retraining in the model's published format; zeros are trained as if dense."""
        if "tokens" not in self.technique.figures:
            return 0.0
        whole = target.variant
        wide = published_variant(whole.model, self.catalogue.precision(whole.model.precision), self.catalogue)
        peak = peak_flops(wide, self.devices[target.service.pool])
        return retraining_h(self.technique.figures, self._shaped(whole), whole, peak)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
