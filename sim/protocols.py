"""What a part must offer to take its place in a run: signals of time, plants, autoscalers; and what they exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Signal(Protocol):
    """A quantity over simulated time (a price, a carbon intensity); time 0 is the start of the scenario."""

    def at(self, time_s: float) -> float:
        """Value at an instant."""

    def integral(self, start_s: float, stop_s: float) -> float:
        """Integral over [start_s, stop_s], in value times seconds."""


@dataclass(frozen=True, slots=True)
class Air:
    """Outdoor air at one instant."""

    dry_bulb_c: float
    wet_bulb_c: float
    relative_humidity: float  # 0..1
    pressure_pa: float


@dataclass(frozen=True, slots=True)
class FacilityResponse:
    """What the building does with a given IT power in given air; electricity at the meter is IT + cooling + losses."""

    cooling_w: float  # compressors, fans and pumps of the plant
    losses_w: float  # transformer, UPS, distribution
    supply_c: float  # what the plant delivers to the nodes: air at the rack, or water at the cold plate
    water_l_per_s: float
    free_share: float  # share of the heat carried off without a compressor


class Plant(Protocol):
    """A cooling plant together with the electrical chain that feeds the hall."""

    def respond(self, it_w: float, air: Air) -> FacilityResponse:
        """Steady answer to an IT power (which is also the heat) in the given outdoor air."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """What an autoscaler may look at: one service at one control instant, and since the instant before."""

    time_s: float
    active: int  # replicas that take requests
    starting: int
    running: int  # sequences being decoded
    waiting: int  # requests in the queues of the replicas, and those that found no replica
    busy_share: float  # of the active replicas' time since the last instant
    arrivals_per_s: float
    batch_max: int  # sequences that one replica can decode at once within the promise on the time per token
    replicas_min: int
    replicas_max: int
    start_s: float = 0.0  # from taking accelerators to taking requests, for one more replica


class Autoscaler(Protocol):
    """Decides how many replicas a service should have."""

    period_s: float

    def replicas(self, view: ServiceView) -> int:
        """Wanted number of replicas; the engine keeps it within the service's limits and the pool's room."""
