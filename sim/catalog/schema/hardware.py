"""Data files of accelerators and nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from sim.catalog.entries import Accelerator, Clock, FanCurve, Leakage, NodeType, PowerCurve, Thermal
from sim.catalog.schema.base import (
    Count,
    EntryFile,
    NonNegative,
    Positive,
    PositiveShare,
    Reference,
    Share,
    Table,
    keys_as_references,
)
from sim.document import Strict, fault

BYTES_PER_GIB = 2.0**30
BYTES_PER_GB = 1e9
FLOPS_PER_TFLOPS = 1e12


class ClockBlock(Strict):
    """The core clock of an accelerator: a grid from min to max, and where the voltage starts to rise."""

    min_mhz: Positive
    max_mhz: Positive
    step_mhz: Positive
    knee_mhz: Positive
    knee_voltage: PositiveShare

    @model_validator(mode="after")
    def _is_a_grid(self) -> Self:
        if not self.min_mhz <= self.knee_mhz <= self.max_mhz:
            raise fault(
                f"knee_mhz ({self.knee_mhz:g}) must lie in {self.min_mhz:g}..{self.max_mhz:g}, from min_mhz to max_mhz",
                "knee_mhz",
            )
        steps = (self.max_mhz - self.min_mhz) / self.step_mhz
        if abs(steps - round(steps)) > 1e-9:
            raise fault(f"from min_mhz to max_mhz must be whole steps of step_mhz; they are {steps:g} now", "step_mhz")
        return self


class PowerBlock(Strict):
    """The power curve of a busy accelerator (see `sim.catalog.entries.PowerCurve`)."""

    floor_w: Positive
    memory_w: NonNegative
    compute_w: NonNegative
    split_w: NonNegative = 0.0
    sequence_w: NonNegative = 0.0
    linger_s: NonNegative


class ThermalBlock(Strict):
    """One accelerator as one RC element, and the limits of its firmware."""

    resistance_k_per_w: Positive
    capacity_j_per_k: Positive
    target_c: float
    slowdown_c: float
    shutdown_c: float

    @model_validator(mode="after")
    def _limits_rise(self) -> Self:
        if not self.target_c < self.slowdown_c < self.shutdown_c:
            raise fault(
                f"target_c ({self.target_c:g}), slowdown_c ({self.slowdown_c:g}) and shutdown_c ({self.shutdown_c:g}) "
                "must rise in this order",
                "target_c",
            )
        return self


class LeakageBlock(Strict):
    """Leakage that rises with temperature (see `sim.catalog.entries.Leakage`)."""

    w_at_60c: NonNegative
    per_k: NonNegative
    inlet_c: float


class FanCurveBlock(Strict):
    """Fan speed by the temperature of the accelerators."""

    slow_c: float
    full_c: float
    flow_share: Share

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.slow_c < self.full_c:
            raise fault(f"slow_c ({self.slow_c:g}) must be below full_c ({self.full_c:g})", "slow_c")
        return self


class AcceleratorFile(EntryFile):
    """One GPU, TPU or CPU package."""

    kind: Literal["gpu", "tpu", "cpu"]
    memory_gib: Positive  # makers' "GB" of accelerator memory are binary: an H100 of 80 "GB" holds 80 * 2**30 bytes
    bandwidth_gb_per_s: Positive
    tflops: dict[str, Positive]
    sparsity: Literal["2:4"] | None = None
    tdp_w: Positive
    idle_w: NonNegative
    link_gb_per_s: Positive
    clock: ClockBlock
    power: PowerBlock
    thermal_air: ThermalBlock
    thermal_liquid: ThermalBlock
    leakage: LeakageBlock | None = None
    usd_per_h: Positive | None = None
    embodied_kg: NonNegative | None = None

    @model_validator(mode="after")
    def _powers_rise(self) -> Self:
        if self.idle_w > self.tdp_w:
            raise fault(f"idle_w ({self.idle_w:g}) must not exceed tdp_w ({self.tdp_w:g})", "idle_w")
        if not self.idle_w <= self.power.floor_w <= self.tdp_w:
            raise fault(
                f"power.floor_w ({self.power.floor_w:g}) must lie between idle_w ({self.idle_w:g}) "
                f"and tdp_w ({self.tdp_w:g})",
                "power",
            )
        if not self.tflops:
            raise fault("tflops must name the peak of at least one precision", "tflops")
        return self

    def references(self) -> Iterable[Reference]:
        """The precisions that it computes in."""
        return keys_as_references("tflops", "precisions", self.tflops)

    def entry(self, name: str, sources: Mapping[str, str]) -> Accelerator:
        """The accelerator in SI units."""
        return Accelerator(
            name=name,
            title=self.title,
            sources=sources,
            kind=self.kind,
            memory_bytes=self.memory_gib * BYTES_PER_GIB,
            bandwidth_bytes_per_s=self.bandwidth_gb_per_s * BYTES_PER_GB,
            flops={precision: peak * FLOPS_PER_TFLOPS for precision, peak in self.tflops.items()},
            sparsity=self.sparsity,
            tdp_w=self.tdp_w,
            idle_w=self.idle_w,
            link_bytes_per_s=self.link_gb_per_s * BYTES_PER_GB,
            clock=Clock(**self.clock.model_dump()),
            power=PowerCurve(**self.power.model_dump()),
            thermal_air=Thermal(**self.thermal_air.model_dump()),
            thermal_liquid=Thermal(**self.thermal_liquid.model_dump()),
            leakage=None if self.leakage is None else Leakage(**self.leakage.model_dump()),
            usd_per_h=self.usd_per_h,
            embodied_kg=self.embodied_kg,
        )


def _efficiencies(table: dict[float, float]) -> dict[float, float]:
    """A power supply's table: load shares and efficiencies are shares above 0."""
    for load, efficiency in table.items():
        if not (0.0 <= load <= 1.0 and 0.0 < efficiency <= 1.0):
            raise fault(f"load share and efficiency must lie in 0..1 ({load:g}: {efficiency:g})")
    return table


class NodeFile(EntryFile):
    """A server around its accelerators."""

    accelerator: str
    accelerators: Count
    cpu_idle_w: NonNegative
    cpu_max_w: NonNegative
    other_w: NonNegative
    fan_max_w: NonNegative
    fan_min_share: Share
    fan_curve: FanCurveBlock | None = None
    psu: Annotated[Table, AfterValidator(_efficiencies)]
    rated_w: Positive
    capex_usd: NonNegative | None = None
    life_y: Positive
    maintenance_share_per_y: Share
    embodied_kg: NonNegative | None = None
    liquid_cooled: bool = False

    @model_validator(mode="after")
    def _cpu_powers_rise(self) -> Self:
        if self.cpu_idle_w > self.cpu_max_w:
            raise fault(
                f"cpu_idle_w ({self.cpu_idle_w:g}) must not exceed cpu_max_w ({self.cpu_max_w:g})", "cpu_idle_w"
            )
        return self

    @model_validator(mode="after")
    def _fans_turn(self) -> Self:
        if self.fan_curve is not None and not 0.0 < self.fan_min_share < 1.0:
            raise fault(
                f"with a fan_curve, fan_min_share ({self.fan_min_share:g}) must lie between 0 and 1", "fan_min_share"
            )
        return self

    def references(self) -> Iterable[Reference]:
        """The accelerator inside."""
        return (Reference(("accelerator",), "accelerators", self.accelerator),)

    def entry(self, name: str, sources: Mapping[str, str], accelerator: Accelerator) -> NodeType:
        """The node with its accelerator resolved."""
        figures = self.model_dump(exclude={"sources", "accelerator", "fan_curve"})
        curve = None if self.fan_curve is None else FanCurve(**self.fan_curve.model_dump())
        return NodeType(name=name, sources=sources, accelerator=accelerator, fan_curve=curve, **figures)
