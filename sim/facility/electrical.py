"""The electrical chain from the meter to the racks: transformer, uninterruptible supply, distribution.

Losses are quadratic in the load of each stage; power in = power out + loss at every stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sim.facility.lanes import Number

TRANSFORMER_LIMITS: Mapping[str, tuple[float, float]] = {
    "transformer_fixed_share": (0.0, 0.05),
    "transformer_square_share": (0.0, 0.1),
    "transformer_installed_share": (1.0, 4.0),
}
LIMITS: Mapping[str, tuple[float, float]] = {
    "ups_fixed_share": (0.0, 0.1),
    "ups_linear_share": (0.0, 0.2),
    "ups_square_share": (0.0, 0.2),
    "ups_installed_share": (1.0, 4.0),
    "distribution_loss_share": (0.0, 0.1),
    **TRANSFORMER_LIMITS,
}


class Chain(Protocol):
    """What stands between the meter and the IT; part of its loss is heat in the hall."""

    def hall_losses_w(self, it_w: Number) -> Number:
        """Losses in the hall [W] at an IT power [W]."""

    def transformer_loss_w(self, load_w: Number) -> Number:
        """Loss outdoors [W] at the power of hall and plant [W]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCurve:
    """Loss of one stage as a share of its rating: fixed + linear * x + square * x**2, x = power out / rating."""

    rating_w: float
    fixed: float
    linear: float
    square: float

    def loss_w(self, output_w: Number) -> Number:
        """Loss at a power delivered [W]."""
        load = output_w / self.rating_w
        return self.rating_w * (self.fixed + load * (self.linear + load * self.square))


def transformer(figures: Mapping[str, float], design_it_w: float) -> LossCurve:
    """The transformer of a plant for a design IT power [W]."""
    return LossCurve(
        rating_w=design_it_w * figures["transformer_installed_share"],
        fixed=figures["transformer_fixed_share"],
        linear=0.0,
        square=figures["transformer_square_share"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectricalChain:
    """Distribution and UPS stand in the hall, and their loss is heat there; the transformer stands outdoors.

    The plant's own machines hang on the transformer, not on the UPS.
    """

    distribution_loss_share: float
    ups: LossCurve
    transformer: LossCurve

    @classmethod
    def sized(cls, figures: Mapping[str, float], design_it_w: float) -> ElectricalChain:
        """A chain whose stages are rated at their installed shares of the design IT power (2 = 2N)."""
        return cls(
            distribution_loss_share=figures["distribution_loss_share"],
            ups=LossCurve(
                rating_w=design_it_w * figures["ups_installed_share"],
                fixed=figures["ups_fixed_share"],
                linear=figures["ups_linear_share"],
                square=figures["ups_square_share"],
            ),
            transformer=transformer(figures, design_it_w),
        )

    def hall_losses_w(self, it_w: Number) -> Number:
        """Loss of distribution and UPS [W]: heat in the hall."""
        distribution_w = it_w * self.distribution_loss_share
        return distribution_w + self.ups.loss_w(it_w + distribution_w)

    def transformer_loss_w(self, load_w: Number) -> Number:
        """Loss of the transformer [W] that feeds hall and plant."""
        return self.transformer.loss_w(load_w)
