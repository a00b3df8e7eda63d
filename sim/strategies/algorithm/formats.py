"""What a user should know of the number formats that measures chose: no arithmetic of their own, or slow arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sim.catalog.entries import Accelerator
from sim.models.peaks import compute_format
from sim.strategies.plan import Deployment, Plan
from sim.strategies.published import FIXED_TIME

WIDE: Final = ("bf16", "fp16")
TERA: Final = 1e12


def format_notes(plan: Plan) -> Iterator[str]:
    """A text for each service in a format that its accelerators lack, or compute slower than 16 bits."""
    for name, deployment in plan.deployments.items():
        device = plan.pools[deployment.service.pool].pool.node.accelerator
        for form in (deployment, deployment.lean):
            if form is not None and form.variant.model.family != FIXED_TIME:
                yield from _lacking(name, form, device)
                yield from _slow(name, form, device)


def _lacking(name: str, deployment: Deployment, device: Accelerator) -> Iterator[str]:
    """Arithmetic in a wider format than the weights'; the scenario tells of the format that it names itself."""
    weights, used = deployment.variant.weights, compute_format(deployment.variant, device)
    if weights.name in weights.compute and weights.name not in (used, deployment.service.precision):
        yield f"{name}: {device.name} has no native {weights.name}: weights are held in it, computing is {used}"
    if deployment.variant.sparse_gain > 1.0 and device.sparsity is None:
        yield f"{name}: units of {device.name} do not leave out zeros; what its model gains from them is too much"


def _slow(name: str, deployment: Deployment, device: Accelerator) -> Iterator[str]:
    """Units that the maker cut down, and the formats that are faster."""
    used = compute_format(deployment.variant, device)
    wide = max((device.flops[each] for each in WIDE if each in device.flops), default=0.0)
    if device.flops[used] < wide:
        faster = ", ".join(f"{each} {peak / TERA:g}" for each, peak in device.flops.items() if peak > wide)
        yield (
            f"{name}: {device.name} computes {used} at {device.flops[used] / TERA:g} TFLOP/s and 16 bits at"
            f" {wide / TERA:g}: prompts and large batches get slower (faster than both: {faster or 'none'})"
        )
