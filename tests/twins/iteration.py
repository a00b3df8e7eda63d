"""Seconds and joules of one serving iteration, one number at a time: the plain twin of `sim.models.serving`."""

from __future__ import annotations

from dataclasses import dataclass

from sim.catalog.entries import Accelerator, EngineFit
from sim.models.variant import Variant


@dataclass(frozen=True)
class Replica:
    """What serves: a variant under fitted constants on some accelerators."""

    variant: Variant
    fit: EngineFit
    accelerator: Accelerator
    count: int


def clocks_mhz(accelerator: Accelerator) -> list[float]:
    clock, found = accelerator.clock, []
    at = clock.min_mhz
    while at <= clock.max_mhz + 1e-6:
        found.append(at)
        at += clock.step_mhz
    return found


def peak(replica: Replica) -> float:
    for name in replica.variant.weights.compute:
        if name in replica.accelerator.flops:
            return replica.accelerator.flops[name]
    raise AssertionError("no format")


def static_w(replica: Replica, clock_mhz: float) -> float:
    a = replica.accelerator
    floor = a.idle_w + (a.power.floor_w - a.idle_w) * clock_mhz / a.clock.max_mhz
    return max(a.idle_w, floor - a.power.split_w * (1 - 1 / replica.count))


def voltage(replica: Replica, clock_mhz: float) -> float:
    clock = replica.accelerator.clock
    if clock_mhz <= clock.knee_mhz:
        return clock.knee_voltage
    return clock.knee_voltage + (1 - clock.knee_voltage) * (clock_mhz - clock.knee_mhz) / (
        clock.max_mhz - clock.knee_mhz
    )


def joules(replica: Replica, clock_mhz: float, seconds: float, moved: float, flops: float) -> float:
    a, n = replica.accelerator, replica.count
    u_memory = moved / seconds / (n * a.bandwidth_bytes_per_s) if seconds else 0.0
    u_compute = flops / seconds / (n * peak(replica)) if seconds else 0.0
    watts = static_w(replica, clock_mhz) + a.power.memory_w * u_memory
    watts += a.power.compute_w * u_compute * voltage(replica, clock_mhz) ** 2
    return n * watts * seconds


def softening(watts: float, limit_w: float) -> float:
    """Mean over demand near a limit that the peaks of an iteration touch first."""
    return float((1 + (watts / limit_w) ** 20) ** (-1 / 20))


def launches(replica: Replica) -> float:
    """Layers, each with what quantising the activations of a mixture in 8 bits adds."""
    model = replica.variant.model
    quantises = model.experts > 1 and replica.variant.weights.bytes_per_value == 1
    return model.layers * (1 + (replica.fit.quantised_launches if quantises else 0))


def decode(replica: Replica, clock_mhz: float, batch: int, context: float, typical: float) -> tuple[float, float]:
    """Seconds and joules of an iteration that decodes `batch` sequences which hold `context` tokens together.

    Memory and arithmetic overlap as (m^4 + c^4)^(1/4), taken at `typical` tokens and straight from there on.
    """
    v, m, fit, a, n = replica.variant, replica.variant.model, replica.fit, replica.accelerator, replica.count
    missed = (1 - m.experts_per_token / m.experts) ** batch if batch else 0.0
    experts, width = m.expert_parameters / m.parameters, v.weights.bytes_per_value
    core_width = 2.0 if width < 1 and m.experts > 1 else width
    read = v.parameters * (core_width * (1 - experts) + width * experts * (1 - missed))
    flops = 2 * v.active_parameters * batch
    bandwidth = n * fit.bandwidth_efficiency * a.bandwidth_bytes_per_s
    narrow = fit.narrow_efficiency if width < 1 else 1.0
    kv = 2 * m.layers * m.kv_heads * m.head_size * v.kv_cache.bytes_per_value * max(1.0, n / m.kv_heads)
    memory_s = read / narrow / bandwidth + kv * typical / bandwidth
    compute_s = flops / (n * fit.compute_efficiency * peak(replica)) * a.clock.max_mhz / clock_mhz
    overlapped = (memory_s**4 + compute_s**4) ** 0.25
    seconds = overlapped + (memory_s / overlapped) ** 3 * kv / bandwidth * (context - typical)
    seconds += fit.layer_s * launches(replica) + fit.sequence_s * batch
    if n > 1:
        message = 2 * (n - 1) / n * batch * m.hidden * 2 / (0.7 * a.link_bytes_per_s)
        seconds += 2 * m.layers * (fit.all_reduce_s + message)
    sampling = n * a.power.sequence_w * fit.sequence_s * batch
    return seconds, joules(replica, clock_mhz, seconds, read + kv * context, flops) + sampling


def prefill(replica: Replica, clock_mhz: float, tokens: float) -> tuple[float, float]:
    """Seconds and joules that a prompt of `tokens` tokens adds to an iteration, without what it adds at any length."""
    v, m, n = replica.variant, replica.variant.model, replica.count
    flops = 2 * v.active_parameters * tokens + 2 * tokens**2 * m.heads * m.head_size * m.layers
    seconds = flops / (n * replica.fit.prefill_efficiency * peak(replica))
    seconds *= replica.accelerator.clock.max_mhz / clock_mhz
    if n > 1:
        seconds += 2 * m.layers * 2 * (n - 1) / n * tokens * m.hidden * 2 / (0.7 * replica.accelerator.link_bytes_per_s)
    return seconds, joules(replica, clock_mhz, seconds, 0.0, flops)


def capped_clock_mhz(replica: Replica, highest_mhz: float, cap_w: float, batch: int, context: float) -> float | None:
    """Highest clock on the grid, not above `highest_mhz`, at which a decode iteration keeps the cap; None: none."""
    kept = None
    for clock in clocks_mhz(replica.accelerator):
        seconds, spent = decode(replica, clock, batch, context, context)
        if clock <= highest_mhz + 1e-6 and spent / seconds / replica.count <= cap_w:
            kept = clock
    return kept
