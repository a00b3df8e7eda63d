"""The peak that a variant computes at on an accelerator, by the number format of its weights.

Plain Python, so that checking a scenario needs no arrays.
"""

from __future__ import annotations

from sim.catalog.entries import Accelerator
from sim.errors import ScenarioError
from sim.models.variant import Variant


def peak_flops(variant: Variant, accelerator: Accelerator) -> float:
    """Peak FLOP/s in the format that the variant computes in; the arithmetic of zeros is left out where units can.

    Raises ScenarioError where the accelerator has none of the format's compute formats.
    """
    gain = variant.sparse_gain if accelerator.sparsity else 1.0
    return gain * accelerator.flops[compute_format(variant, accelerator)]


def compute_format(variant: Variant, accelerator: Accelerator) -> str:
    """The first of the format's compute formats that the accelerator has; ScenarioError where it has none of them."""
    for name in variant.weights.compute:
        if name in accelerator.flops:
            return name
    raise ScenarioError(
        f"{variant.model.name} in {variant.weights.name} computes in {' or '.join(variant.weights.compute)}; "
        f"{accelerator.name} has {', '.join(sorted(accelerator.flops))}"
    )


def drawing_share(variant: Variant, accelerator: Accelerator) -> float:
    """Power of the arithmetic units at their peak in the format used, over that in 16 bits: at most 1.

    Narrow formats do more with the same power; units of a format that the maker cut down (int8 on B300) are few.
    """
    wide = max((accelerator.flops[name] for name in ("bf16", "fp16") if name in accelerator.flops), default=0.0)
    return min(1.0, peak_flops(variant, accelerator) / wide) if wide else 1.0
