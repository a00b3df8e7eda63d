"""Measures of the energy family that have several keys: other nodes, a limit on power, waiting jobs, sleep."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.document import Strict
from sim.scenario.schema.fields import Count, NonNegative, Positive, Share
from sim.scenario.schema.names import NodeName, PoolName


class Hardware(Strict):
    """Other nodes in place of a pool's, at as many accelerators; tensor-parallel degrees stay."""

    pool: PoolName = Field(description="Pool whose nodes are replaced.")
    node: NodeName = Field(description="Node type that takes their place (dcsim catalog list nodes).")
    nodes: Count | None = Field(default=None, description="How many. Default: as many accelerators as before.")
    capex_usd_per_node: NonNegative | None = Field(
        default=None,
        description="Price of one new node [USD]. Default: the old one's, in proportion to the catalogue's prices.",
    )
    usd_per_accelerator_h: NonNegative | None = Field(
        default=None, description="Rent of one new accelerator, where the pool is rented [USD/h]. Default: likewise."
    )
    stranded_share: Share | None = Field(
        default=None,
        description="Share of the old nodes' price that is lost: neither written off nor got back by selling them. "
        "Default: 0, as where they are not bought yet or sold at book value.",
    )


class Oversubscribe(Strict):
    """More nodes than the feed carries at full power."""

    limit_kw: Positive = Field(
        description="Mean IT power over 15 minutes of all pools that it acts on, divided among them by rating [kW]."
    )


class Shift(Strict):
    """Jobs wait for a better hour; their waiting counts from submission."""

    by: Literal["price", "carbon"] = Field(default="price", description="What is least over the run time of a job.")
    max_delay_h: Annotated[float, Field(ge=0, le=720)] = Field(
        description="How much later than submitted a job may start [h]."
    )


class Sleep(Strict):
    """Nodes without replicas or jobs go to sleep; each absent figure is the technique's."""

    after_s: NonNegative | None = Field(default=None, description="How long a node must be empty [s]. Default: 300.")
    node_share: Share | None = Field(
        default=None, description="Of its idle power, what a sleeping node draws. Default: .04."
    )
    wake_s: NonNegative | None = Field(default=None, description="How long waking takes [s]. Default: 300.")
