"""Layers that are skipped where an early answer is sure enough: less arithmetic per token, fewer bytes where all agree.

A share of the outputs leaves after `depth` of the layers, the others run through all. Each output saves its arithmetic
and its reading of the cache; the weights of the upper layers, and their launches, are saved only by iterations in which
every token has left: with B tokens that is the share to the power of B. So early exits help small batches most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class EarlyExit:
    """How much of a model its outputs run through."""

    skipped: float  # share of the layers that an output skips on average
    depth: float  # of the layers, what those that leave early run through

    @property
    def leaving(self) -> float:
        """Share of the outputs that leave early."""
        return self.skipped / (1.0 - self.depth)

    @property
    def work(self) -> float:
        """Of the arithmetic of an output, what is left on average."""
        return 1.0 - self.skipped


NO_EXIT: Final = EarlyExit(skipped=0.0, depth=0.5)
