"""Conversion of cabinets that are fed with direct current: one rectifier for several nodes, then one stage per node.

Each stage: power in = (power out + fixed) / efficiency, as in the published configuration of the Frontier computer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import electrical
from sim.facility.electrical import LossCurve
from sim.facility.lanes import Number, larger

LIMITS: Mapping[str, tuple[float, float]] = {
    "conversion_node_full_w": (100.0, 1e6),
    "conversion_node_fixed_w": (0.0, 1000.0),
    "conversion_node_efficiency": (0.5, 1.0),
    "rectifier_nodes": (1.0, 1000.0),
    "rectifier_fixed_w": (0.0, 10_000.0),
    "rectifier_efficiency": (0.5, 1.0),
    "unconverted_share": (0.0, 0.5),
    **electrical.TRANSFORMER_LIMITS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionStages:
    """The chain of a machine of so many nodes. Its IT power is the nodes' direct current, and what is not converted."""

    nodes: float
    unconverted_w: float  # switches of the cabinets, always on
    node_fixed_w: float
    node_efficiency: float
    rectifier_fixed_w: float  # of each node's share
    rectifier_efficiency: float
    transformer: LossCurve

    @classmethod
    def sized(cls, figures: Mapping[str, float], design_it_w: float) -> ConversionStages:
        """Stages for a design IT power [W]: so many nodes as take it at full power."""
        unconverted_w = figures["unconverted_share"] * design_it_w
        return cls(
            nodes=(design_it_w - unconverted_w) / figures["conversion_node_full_w"],
            unconverted_w=unconverted_w,
            node_fixed_w=figures["conversion_node_fixed_w"],
            node_efficiency=figures["conversion_node_efficiency"],
            rectifier_fixed_w=figures["rectifier_fixed_w"] / figures["rectifier_nodes"],
            rectifier_efficiency=figures["rectifier_efficiency"],
            transformer=electrical.transformer(figures, design_it_w),
        )

    def hall_losses_w(self, it_w: Number) -> Number:
        """Loss of both stages [W]: heat in the cabinets."""
        nodes_w = larger(it_w - self.unconverted_w, 0.0)
        converted_w = (nodes_w + self.nodes * self.node_fixed_w) / self.node_efficiency
        rectified_w = (converted_w + self.nodes * self.rectifier_fixed_w) / self.rectifier_efficiency
        return rectified_w - nodes_w

    def transformer_loss_w(self, load_w: Number) -> Number:
        """Loss of the transformer [W] that feeds hall and plant."""
        return self.transformer.loss_w(load_w)
