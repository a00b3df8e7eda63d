"""What a scenario asks for, as frozen dataclasses with names resolved and SI units; the schema compiles to these.

Nothing here knows pydantic, files on disk beyond their paths, or how anything is simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sim.catalog.entries import AIModel, Field, NodeType, PlantType, ServingEngine
from sim.scenario.grid_specs import NO_BATTERY, Battery, GeneratedSeries, TimeOfUse


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFile:
    """A file of hourly (or other) values against time: price or carbon. value = raw * scale + adder."""

    path: Path
    time_column: str
    value_column: str
    timezone: str  # of naive stamps
    scale: float  # raw value -> USD/kWh or g/kWh
    adder: float = 0.0
    max_gap_h: float = 3.0
    outside: Literal["error", "hold", "wrap"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherSource:
    """Exactly one of: constant (dry_bulb_c, relative_humidity), a preset's name, or a file with its format."""

    dry_bulb_c: float | None = None
    relative_humidity: float | None = None
    preset: str | None = None
    file: Path | None = None
    format: Literal["epw", "tmy2", "tmy3", "open-meteo"] | None = None  # None: told from the content


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What electricity costs."""

    energy_usd_per_kwh: float | SeriesFile | TimeOfUse | GeneratedSeries
    demand_usd_per_kw_month: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Carbon:
    """Carbon intensity of the grid (location based) and what a tonne costs."""

    g_per_kwh: float | SeriesFile | GeneratedSeries
    basis: Literal["direct", "lifecycle"] = "direct"
    usd_per_tonne: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantSpec:
    """A plant of the catalogue with the scenario's overrides of its figures."""

    type: PlantType
    overrides: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the fleet stands."""

    utc_offset_h: float
    elevation_m: float | None
    weather: WeatherSource
    tariff: Tariff
    carbon: Carbon
    water_usd_per_m3: float
    power_limit_w: float | None
    plant: PlantSpec
    battery: Battery = NO_BATTERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Economics:
    """Prices of capital, space and work."""

    discount_rate: float
    facility_usd_per_kw: float
    facility_life_y: float
    measure_life_y: float
    engineer_usd_per_h: float
    staff_usd_per_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquire:
    """How a pool is come by. own, sunk: capex; rent: USD per accelerator-hour while allocated; reserved: always."""

    kind: Literal["own", "sunk", "rent", "reserved"]
    capex_usd_per_node: float = 0.0
    life_y: float = 5.0
    resale_share: float = 0.0
    usd_per_accelerator_h: float = 0.0
    includes: frozenset[str] = frozenset()  # of energy, facility


@dataclass(frozen=True, slots=True, kw_only=True)
class Racks:
    """How the nodes of a pool stand in racks and rows, and what part of a rack's hot air reaches which inlet."""

    nodes_per_rack: int
    racks_per_row: int
    rise_k: float  # of the air over a rack at full heat
    own_share: float
    neighbour_share: float  # to each of the two racks beside it
    row_end_share: float  # more to its own, of the racks at the ends of a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Equal nodes under one roof."""

    name: str
    node: NodeType
    nodes: int
    acquire: Acquire
    racks: Racks | None = None  # None: all inlets are equal, as the plant has them

    @property
    def accelerators(self) -> int:
        """Accelerators of all nodes."""
        return self.nodes * self.node.accelerators


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A positive random quantity. kind: constant | exponential | lognormal | uniform; parameters by name."""

    kind: Literal["constant", "exponential", "lognormal", "uniform"]
    mean: float
    cv: float = 0.0  # lognormal
    low: float = 0.0  # uniform
    high: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Rate over the local day, mean 1: 1 + (peak_to_mean - 1) * cos(2 pi (hour - peak_hour) / 24); `weekend` scales."""

    peak_to_mean: float = 1.0
    peak_hour: float = 15.0
    weekend: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonTraffic:
    """Generated arrivals; token lengths for language models, `service_s` for fixed-time ones, items for the others."""

    rate_per_s: float
    profile: Profile = Profile()
    input_tokens: Distribution | None = None
    output_tokens: Distribution | None = None
    service_s: Distribution | None = None
    items: Distribution | None = None  # images, sequences, samples per request
    audio_s: Distribution | None = None  # of speech models
    prefix_groups: int | None = None  # prompts of a group begin alike; None: all of them do


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTraffic:
    """Replayed arrivals. rate_scale squeezes time; `resample_s` draws blocks of that length for each replication."""

    path: Path
    format: str | None = None  # None: told from the header
    rate_scale: float = 1.0
    repeat: bool = False
    align: Literal["first-row", "absolute"] = "first-row"
    resample_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """Promises to the users of a service; None where nothing is promised."""

    ttft_p99_s: float | None = None
    tpot_p99_s: float | None = None
    e2e_p99_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Request-level serving of one AI model."""

    name: str
    field: Field
    model: AIModel
    engine: ServingEngine
    precision: str
    pool: str
    tensor_parallel: int
    replicas_min: int
    replicas_max: int
    traffic: PoissonTraffic | TraceTraffic
    slo: Slo = Slo()
    prefix_hit_share: float = 0.0  # of each prompt, what a prefix cache holds already
    prefix_cache_share: float = 0.3  # of the memory for KV, what is kept for prefixes of groups
    reference: str | None = None  # E_algorithm's reference variant, pinned: "model/precision"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTrace:
    """Jobs from a log."""

    path: Path
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainJobs:
    """The same training job every `every_h` hours (once, at t = 0, where None)."""

    model: AIModel
    tokens: float
    precision: str
    accelerators: int
    every_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStream:
    """Gang-scheduled batch or training jobs."""

    name: str
    pool: str
    policy: Literal["fifo", "sjf", "ljf", "priority", "fair-share", "easy", "srpt"]
    work: JobTrace | TrainJobs
    priority: float = 0.0  # of jobs whose log has none; the highest goes first
    restart_s: float = 0.0  # what a job that was stopped needs before it goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure of a mix, checked by the schema: `kind` names its file in `sim.strategies.<family>`.

    `options` holds its parameters by name; `targets` the services or pools named by `for:`, None for all it can act on.
    `path` is where it stands in the scenario, for messages.
    """

    family: Literal["compute", "algorithm", "energy", "vertical"]
    kind: str
    options: Mapping[str, Any]
    targets: tuple[str, ...] | None = None
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A named set of measures, in the order they apply."""

    name: str
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A setting of an alternative that is searched over a range: `kind` of its `item` (and `measure`) by index."""

    measure: int
    item: int
    kind: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to use a family, none of it where empty; `written` as in the file, a list of items."""

    measures: tuple[Measure, ...] = ()
    written: tuple[Mapping[str, Any], ...] = ()
    knobs: tuple[Knob, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a chosen mix keeps beside the promises of the services; None where there is no limit."""

    accuracy_floor: float | None = None  # of each service
    peak_kw: float | None = None
    carbon_kg: float | None = None  # the last four over the measured window
    energy_kwh: float | None = None
    budget_usd: float | None = None
    budget_usd_per_month: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Alternatives by family that a choice may combine (none: the named mixes are the candidates), and its limits."""

    options: Mapping[str, tuple[Alternative, ...]] = field(default_factory=dict)
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything a run needs, before a mix is applied. `document` is the resolved file, for hashing and saving."""

    name: str
    start: datetime  # aware
    horizon_s: float
    warmup_s: float
    seed: int
    site: Site
    economics: Economics
    pools: tuple[Pool, ...]
    services: tuple[Service, ...]
    jobs: tuple[JobStream, ...]
    mixes: tuple[Mix, ...]
    choose: Choose = Choose()
    source: Path
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    assumed: tuple[str, ...] = ()  # catalogue figures that the scenario leans on and that are only assumed
    warnings: tuple[str, ...] = ()
