"""What the catalogue knows, as frozen dataclasses; read by `sim.catalog.reader`, used everywhere above.

Every numeric field of an entry comes from one data file that names the source of the figure or says `assumed`;
`sources` maps the field's dotted name to that text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

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

    The dynamic part of the floor falls linearly with the clock, the compute term with voltage squared.
    """

    floor_w: float
    memory_w: float
    compute_w: float
    split_w: float = 0.0  # taken off when N accelerators share one model, times (1 - 1/N)
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
class Accelerator(Entry):
    """One GPU, TPU or CPU package as a compute device."""

    kind: str  # gpu | tpu | cpu
    memory_bytes: float
    bandwidth_bytes_per_s: float
    flops: Mapping[str, float]  # dense peak by precision [FLOP/s]; a precision that is missing has no native support
    tdp_w: float
    idle_w: float
    link_bytes_per_s: float  # to its neighbours in the node, one direction
    clock: Clock
    power: PowerCurve
    thermal_air: Thermal
    thermal_liquid: Thermal
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
    psu: Mapping[float, float]  # load share -> efficiency, linear in between
    rated_w: float  # power supply rating, AC side
    capex_usd: float | None = None
    life_y: float = 5.0
    maintenance_share_per_y: float = 0.03  # of capex
    embodied_kg: float | None = None
    liquid_cooled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AIModel(Entry):
    """An AI model as its performance model sees it; `family` names that model: llm | fixed-time."""

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
    precision: str = "bf16"
    accuracy: Mapping[str, float] = field(default_factory=dict)  # field -> score on the field's metric, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFit:
    """Fitted constants of one serving engine on one accelerator (see docs/models.md for the equations)."""

    bandwidth_efficiency: float
    compute_efficiency: float  # decode
    prefill_efficiency: float
    layer_s: float  # launch overhead per layer and iteration
    sequence_s: float  # host work per running sequence and iteration
    all_reduce_s: float  # latency of one all-reduce


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingEngine(Entry):
    """Serving software: its fitted constants per accelerator, and the ones for accelerators without measurements."""

    fits: Mapping[str, EngineFit]
    fallback: EngineFit
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
class Field(Entry):
    """An application field: what its quality metric is, and what is asked of it."""

    metric: str
    floor: float  # accuracy below which a variant may not serve this field
    target: float  # accuracy at which E_vertical is 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique(Entry):
    """What a measure of the algorithm or vertical family does and costs up front, by kind and option (`quantise.fp8`).

    Accuracy effects are relative to the model before it, per field; `*` stands for all fields without an own figure.
    """

    measure: str
    option: str
    accuracy_factor: Mapping[str, float]
    accuracy_spread: Mapping[str, float]  # one standard deviation of the factor
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
