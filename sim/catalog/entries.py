"""What the catalogue knows, as frozen dataclasses; read by `sim.catalog.reader`, used everywhere above.

Every numeric field of an entry comes from one data file that names the source of the figure or says `assumed`;
`sources` maps the field's dotted name to that text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

ASSUMED = "assumed"
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What all entries share: the name, and the source of each figure."""

    name: str
    title: str = ""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)

    def assumed(self) -> tuple[str, ...]:
        """Names of the figures that have no source but an assumption."""
        return tuple(key for key, text in self.sources.items() if text.startswith(ASSUMED))


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCurve:
    """Board power of one busy accelerator: floor + memory * u_memory + compute * u_compute - split * (1 - 1/N) [W].

    The dynamic part of the floor falls linearly with the clock, the compute term with voltage squared. Serving adds
    `sequence_w` for the share of time that an iteration spends per sequence: sampling, whose bytes and FLOPs the loads
    do not count.
    """

    floor_w: float
    memory_w: float
    compute_w: float
    split_w: float = 0.0  # taken off when N accelerators share one model, times (1 - 1/N)
    sequence_w: float = 0.0
    linger_s: float = 2.0  # an accelerator out of work stays at its floor this long before it idles


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The core clock: grid, and the voltage curve that is flat up to the knee and rises linearly to 1 at the top."""

    min_mhz: float
    max_mhz: float
    step_mhz: float
    knee_mhz: float
    knee_voltage: float  # voltage at and below the knee as a share of that at max_mhz


@dataclass(frozen=True, slots=True, kw_only=True)
class Thermal:
    """One accelerator as one RC element, and the limits of its firmware."""

    resistance_k_per_w: float  # die to coolant (air at the inlet, or supply water)
    capacity_j_per_k: float
    target_c: float  # above it the firmware lowers the clock step by step
    slowdown_c: float  # above it the clock is halved at once
    shutdown_c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """Power that an accelerator's transistors leak: w_at_60c * exp(per_k * (T - 60 degC)).

    The figures of power hold it already at the temperature of the machines that were measured, which were air cooled
    at `inlet_c`; a run adds by how much it differs.
    """

    w_at_60c: float
    per_k: float
    inlet_c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FanCurve:
    """Fans that follow the temperature of the accelerators: slowest up to slow_c, full from full_c, linear between.

    The resistance to the air is that of the accelerator at full speed, of which `flow_share` goes with speed ** -0.8.
    """

    slow_c: float
    full_c: float
    flow_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator(Entry):
    """One GPU, TPU or CPU package as a compute device."""

    kind: str  # gpu | tpu | cpu
    memory_bytes: float
    bandwidth_bytes_per_s: float
    flops: Mapping[str, float]  # dense peak by precision [FLOP/s]; a precision that is missing has no native support
    sparsity: str | None = None  # pattern of zeros that its arithmetic units leave out: 2:4
    tdp_w: float
    idle_w: float
    link_bytes_per_s: float  # to its neighbours in the node, one direction
    clock: Clock
    power: PowerCurve
    thermal_air: Thermal
    thermal_liquid: Thermal
    leakage: Leakage | None = None  # None: power does not follow temperature
    usd_per_h: float | None = None  # rent on the market
    embodied_kg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType(Entry):
    """A server: accelerators and what stands around them."""

    accelerator: Accelerator
    accelerators: int
    cpu_idle_w: float  # all sockets
    cpu_max_w: float
    other_w: float  # memory, disks, switches and network cards of the node
    fan_max_w: float
    fan_min_share: float  # slowest fan speed as a share of the fastest
    fan_curve: FanCurve | None = None  # None: speed follows the heat of the node
    psu: Mapping[float, float]  # load share -> efficiency, linear in between
    rated_w: float  # power supply rating, AC side
    capex_usd: float | None = None
    life_y: float = 5.0
    maintenance_share_per_y: float = 0.03  # of capex
    embodied_kg: float | None = None
    liquid_cooled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPace:
    """Pace of a model: b items take batch_s + b flops / (peak_share peak) seconds on one accelerator, and on N

    batch_s + split_s log2 N + b flops / (peak_share peak) ((1 - split_loss) / N + split_loss) seconds.
    """

    batch_s: float  # of one batch whatever its size: launches, host work, reading the weights
    peak_share: float  # of the peak of the model's precision, reached by the work on the items
    split_loss: float = 0.0  # share of the work on an item that further accelerators do not shorten
    split_s: float = 0.0  # what each doubling of the accelerators adds to a batch


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWork:
    """What a model that takes items (images, sequences, seconds of speech) does for each (docs/other-families.md)."""

    unit: str  # what one item is
    flops: float  # per item
    traffic_bytes: float  # moved to and from memory per item, beside the weights
    batch_max: int  # items that serving software takes into one batch
    paces: Mapping[str, ItemPace]  # fitted, by accelerator
    fallback: ItemPace  # for accelerators without measurements


@dataclass(frozen=True, slots=True, kw_only=True)
class AIModel(Entry):
    """An AI model as its performance model sees it; `family` names that model.

    llm | vision | encoder | speech | recommendation | tabular | diffusion | fixed-time; all but the first and last have
    `items`.
    """

    family: str
    parameters: float = 0.0
    active_parameters: float = 0.0
    layers: int = 0
    hidden: int = 0
    kv_heads: int = 0
    head_size: int = 0
    experts: int = 1
    experts_per_token: int = 1
    expert_parameters: float = 0.0  # of `parameters`, those inside experts
    heads: int = 0  # of queries; 0: hidden / head_size
    latent_size: int = 0  # values that latent attention keeps per token and layer instead of keys and values; 0: none
    window: int = 0  # tokens that the layers with a sliding window look back
    window_layers: int = 0  # layers with a sliding window
    # accelerator -> power above idle, measured over modelled: one point calibrates a model
    power_calibration: Mapping[str, float] = field(default_factory=dict)
    precision: str = "bf16"
    items: ItemWork | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)  # field -> score on the field's metric, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRange:
    """What the rows of a fit covered; outside it the constants are extrapolated."""

    rows: int
    batch_min: float
    batch_max: float
    tensor_parallel_max: int
    active_gparameters_min: float
    active_gparameters_max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFit:
    """Fitted constants of one serving engine on one accelerator (see docs/models.md for the equations)."""

    bandwidth_efficiency: float
    compute_efficiency: float  # decode
    prefill_efficiency: float
    layer_s: float  # launch overhead per layer and iteration
    sequence_s: float  # host work per running sequence and iteration
    all_reduce_s: float  # latency of one all-reduce
    narrow_efficiency: float = 1.0  # of the bandwidth reached with 16 bits, what weights of fewer than 8 bits reach
    prompt_s: float = 0.0  # per prompt and layer: launches of the iteration that takes it in
    exchange_s: float = 0.0  # latency of one all-to-all between experts
    latent_launches: float = 2.0  # launch overhead of a layer with latent attention over that of others
    quantised_launches: float = 0.0  # what quantising activations adds per layer of a mixture in 8 bits, as a share
    measured: FitRange | None = None
    spread: Mapping[str, float] = field(default_factory=dict)  # constant -> its standard error as a share
    models: tuple[str, ...] = ()  # of `ServingEngine.older_fits`: the models that take these constants


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingEngine(Entry):
    """Serving software: its fitted constants per accelerator, and the ones for accelerators without measurements."""

    fits: Mapping[str, EngineFit]
    fallback: EngineFit
    expert_fits: Mapping[str, EngineFit] = field(default_factory=dict)  # the same for mixtures of experts
    expert_fallback: EngineFit | None = None  # None: as `fallback`
    # by accelerator, constants of an older version for the mixtures that were measured with that version alone
    older_fits: Mapping[str, EngineFit] = field(default_factory=dict)
    version: str = ""  # of the software that was measured
    year: int | None = None  # of the newest rows
    memory_share: float  # of the accelerator's memory that weights and KV cache may fill
    overhead_bytes: float  # per accelerator: activations, graphs, communication buffers
    batch_max: int  # sequences decoding at once
    prefill_tokens_max: int  # tokens in one iteration: one per decoding sequence, the rest for prompts
    kv_policy: str = "recompute"  # when KV memory runs out; or reserve: admit only what fits with its whole output
    start_s: float  # process start and warm-up of a replica, without loading weights
    load_bytes_per_s: float  # reading weights from storage, per node


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision(Entry):
    """A number format: bytes held per value, and the peak it computes at."""

    bytes_per_value: float
    compute: tuple[str, ...]  # formats whose peak it can use, best first; the first that the accelerator has counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What a typical request of a field brings or asks for: mean, and standard deviation over mean."""

    mean: float
    cv: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """What a field demands of the pools that serve it, and what follows where a scenario does not keep to it."""

    demand: Literal["on-premise", "own-building"]  # no rented nodes; no nodes in another's building
    breach: Literal["refuse", "warn"]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Entry):
    """An application field: what its quality metric is, what is asked of it, what it is worth and what it costs."""

    metric: str
    floor: float  # accuracy below which a variant may not serve this field
    target: float  # accuracy at which E_vertical is 1
    models: tuple[str, ...] = ()  # AI models that are typical of it
    request: Mapping[str, Amount] = field(default_factory=dict)  # by key of generated traffic: input_tokens, items, ..
    promise: Mapping[str, float] = field(default_factory=dict)  # usual promises by key of `slo` [s]
    value_usd: float | None = None  # of one useful output at the target accuracy; None: unknown
    data_usd_per_sample: float | None = None  # one example of the field, collected or bought; None: unknown
    label_usd_per_sample: float | None = None  # the answer to it by someone who knows
    rules: tuple[FieldRule, ...] = ()


Maturity = Literal["production", "emerging", "research"]
# What a published spread is multiplied by: assumed. A technique in production was measured on many models by many; an
# emerging one on a few, by those who sell it; one of research on those that its paper chose.
MATURITY_SPREAD: Mapping[Maturity, float] = MappingProxyType({"production": 1.0, "emerging": 1.5, "research": 2.5})


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique(Entry):
    """What a measure of the algorithm or vertical family does and costs up front, by kind and option (`quantise.fp8`).

    Accuracy effects are relative to the model before it, per field; `*` stands for all fields without an own figure.
    """

    measure: str
    option: str
    accuracy_factor: Mapping[str, float]
    accuracy_spread: Mapping[str, float]  # one standard deviation of the factor, widened by the maturity
    accuracy_after: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # step before it -> field -> factor
    maturity: Maturity = "production"
    accelerator_h_per_gparameter: float = 0.0
    accelerator_h: float = 0.0
    engineer_h: float = 0.0
    data_usd: float = 0.0
    figures: Mapping[str, float] = field(default_factory=dict)  # what else the measure needs, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantType(Entry):
    """A cooling plant with its electrical chain: `kind` names the model in `sim.facility`, `figures` its numbers."""

    kind: str
    figures: Mapping[str, float]
    tables: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
