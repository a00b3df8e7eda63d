"""What a run is told: the scenario with one mix applied, and what the mix costs before the first request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from sim.models.variant import Variant
from sim.protocols import Autoscaler
from sim.scenario.grid_specs import NO_BATTERY, Battery
from sim.scenario.specs import JobStream, PlantSpec, Pool, Scenario, Service

Family = Literal["compute", "algorithm", "efficiency", "vertical"]
Router = Literal["round-robin", "least-loaded", "power-of-two", "consolidate", "prefix-affinity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpFront:
    """One-off cost of one measure. Accelerator-hours are priced at the hourly cost of `pool`, like any other."""

    family: Family
    measure: str
    engineer_h: float = 0.0
    accelerator_h: float = 0.0
    pool: str | None = None
    service: str | None = None  # charged to it alone; None: to all that the fleet serves
    data_usd: float = 0.0
    capital_usd: float = 0.0  # retrofit
    capital_usd_per_kw: float = 0.0  # of the fleet's provisioned power
    life_y: float | None = None  # None: the scenario's measure_life_y


Watched = Literal["load", "price_usd_per_kwh", "temperature_c"]


class Rewriting(Protocol):
    """What makes another form of a service."""

    def apply(self, target: Deployment) -> Deployment:
        """The service in that form; the target itself stays as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """A leaner form of a service that takes over while what is watched is high, and what a switch takes.

    load: requests in the system / requests that the replicas decode within the promise; price_usd_per_kwh: of energy
    now; temperature_c: of the pool's hottest accelerators.
    """

    leaner: Rewriting
    watched: Watched
    above: float  # leaner above this
    back: float  # as before at this or below
    period_s: float  # between looks
    switch_s: float  # every replica stands still for so long

    def wants_leaner(self, value: float, is_lean: bool) -> bool:
        """Whether the leaner form should serve, by what is watched and by the form that serves now."""
        return value > (self.back if is_lean else self.above)


@dataclass(frozen=True, slots=True)
class ResponseCache:
    """A memory of answers before the replicas of a service."""

    hit_share: float  # of the requests, those that are answered from it
    answer_s: float  # what that takes


@dataclass(frozen=True, slots=True)
class Cascade:
    """A smaller model that goes first; it runs beside the service on the same pool, under the service's name."""

    first: Deployment
    keep_share: float  # of its answers, those that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A service as it will run: the model variant, its accuracy in the field, and who routes and scales it."""

    service: Service
    variant: Variant
    accuracy: float
    accuracy_sd: float
    ungated_gain: float  # accuracy / target of the field, before the cut at 1
    router: Router = "round-robin"
    fill_share: float = 1.0  # of the batch that keeps the promised pace, how far some routers fill a replica
    queue_max: int | None = None  # requests waiting at a replica from which on it rejects more; None: no limit
    batch_limit: int | Literal["promise"] | None = None  # sequences at once; None: what memory and engine allow
    decision_s: float = 0.0  # from the arrival of a request to a replica having it
    added_tokens: int = 0  # that every prompt grows by on its way to a replica
    cache: ResponseCache | None = None  # of answers; None: every request reaches a replica
    cascade: Cascade | None = None
    autoscaler: Autoscaler | None = None
    sized: bool = False  # whether its replicas are counted from its peak once all measures have acted
    adaptation: Adaptation | None = None

    @property
    def lean(self) -> Deployment | None:
        """The service in the form that takes over while it adapts; None where it does not."""
        if self.adaptation is None:
            return None
        return self.adaptation.leaner.apply(replace(self, adaptation=None))


Placement = Literal["first-fit", "best-fit", "spread", "pack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """Nodes that nobody holds anything of go to sleep, and wake when they are needed."""

    after_s: float  # how long nobody holds anything
    node_share: float  # of its idle power, what a sleeping node draws
    wake_s: float  # until its accelerators can be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Jobs may start later than submitted, when their energy is cheapest or cleanest."""

    by: Literal["price", "carbon"]
    max_delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPlan:
    """A pool with its power settings; None where the mix leaves them alone."""

    pool: Pool
    power_cap_w: float | None = None  # per accelerator
    clock_mhz: float | None = None
    limit_w: float | None = None  # of the IT power of the whole pool
    sleep: Sleep | None = None
    shift: Shift | None = None
    placement: Placement = "first-fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One mix applied to one scenario."""

    scenario: Scenario
    mix: str
    plant: PlantSpec
    pools: Mapping[str, PoolPlan]
    deployments: Mapping[str, Deployment]
    jobs: Mapping[str, JobStream]
    battery: Battery = NO_BATTERY
    upfront: tuple[UpFront, ...] = ()
    assumed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
