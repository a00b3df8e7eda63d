"""How many replicas one service needs on one kind of node: each number is tried by a run at a steady load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil
from typing import Final, Literal

from sim.errors import InputError
from sim.scenario.specs import Measure, Mix, PoissonTraffic, Profile, Service, TraceTraffic
from sim.study.point import simulated
from sim.study.sizing.kinds import Task, pool_of
from sim.units import S_PER_H

REQUESTS: Final = 4000  # of one trial: enough that 1 % of them, which a promise on p99 is about, are 40
SHORTEST_S, LONGEST_S = 900.0, 12.0 * S_PER_H  # horizon of a trial
WARMUP_SHARE: Final = 0.2  # of a trial's horizon
DEGREES: Final = (1, 2, 4, 8)
REPLICAS_MAX: Final = 4096
CURVE: Final = (0.5, 0.75, 1.0, 1.25, 1.5)  # shares of the replicas needed, for the curve of promise against cost
Level = Literal["mean", "peak"]
LEVELS: Final[tuple[Level, ...]] = ("mean", "peak")


@dataclass(frozen=True, slots=True)
class Trial:
    """One service alone at a steady load on so many replicas."""

    replicas: int
    kept: bool  # every promise
    attainment: float | None
    ttft_p99_s: float | None
    tpot_p99_s: float | None
    usd_per_month: float
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Need:
    """What one service needs of one kind: replicas at its mean and at its peak, and the trials at the peak."""

    tensor_parallel: int
    replicas: Mapping[Level, int]
    curve: Sequence[Trial]


def need_of(task: Task, service: Service) -> Need | str:
    """The tensor-parallel degree that takes fewest accelerators at the peak, with its replicas; else why none does."""
    best: Need | None = None
    reasons = []
    for degree in (each for each in DEGREES if each <= task.node.accelerators):
        found = _need_at(task, replace(service, tensor_parallel=degree))
        if isinstance(found, str):
            reasons.append(found)
        elif best is None or found.replicas["peak"] * degree < best.replicas["peak"] * best.tensor_parallel:
            best = found
    return best if best is not None else reasons[-1]


def _need_at(task: Task, service: Service) -> Need | str:
    """Replicas at one tensor-parallel degree, or why no number of them is enough."""
    load = task.loads[service.name]
    trials = {level: _trials(task, service, getattr(load, f"{level}_per_s")) for level in LEVELS}
    alone = trials["mean"](1)
    if isinstance(alone, str):
        return alone
    replicas: dict[Level, int] = {}
    for level in LEVELS:
        fewest = _fewest(trials[level])
        if isinstance(fewest, str):
            return fewest
        replicas[level] = fewest
    most = replicas["peak"]
    curve = [trials["peak"](count) for count in sorted({max(1, round(most * share)) for share in CURVE})]
    return Need(service.tensor_parallel, replicas, [each for each in curve if isinstance(each, Trial)])


def _fewest(trial: Callable[[int], Trial | str]) -> int | str:
    """The smallest number of replicas whose trial keeps every promise: doubling, then halving the bracket."""
    high, last = 1, trial(1)
    while isinstance(last, Trial) and not last.kept:
        if high >= REPLICAS_MAX:
            return last.why_not or "no number of replicas keeps the promises"
        if high >= 8 and _hopeless(trial(high // 4), last):
            return last.why_not or "no number of replicas keeps the promises"
        high *= 2
        last = trial(high)
    if isinstance(last, str):
        return last
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        found = trial(middle)
        kept = isinstance(found, Trial) and found.kept
        low, high = (low, middle) if kept else (middle, high)
    return high


def _hopeless(fewer: Trial | str, more: Trial) -> bool:
    """Whether four times the replicas bring no promise nearer: what is missing is speed, or accuracy, not replicas."""
    if isinstance(fewer, str) or fewer.attainment is None or more.attainment is None:
        return False
    return more.attainment <= fewer.attainment + 1e-3


def _trials(task: Task, service: Service, rate_per_s: float) -> Callable[[int], Trial | str]:
    """Runs of the service alone at a steady rate, each number of replicas once; a text where it cannot run at all."""

    @cache
    def trial(replicas: int) -> Trial | str:
        horizon_s = min(max(REQUESTS / rate_per_s, SHORTEST_S), LONGEST_S)
        nodes = ceil(replicas / (task.node.accelerators // service.tensor_parallel))
        steady = replace(
            service, replicas_min=replicas, replicas_max=replicas, traffic=_steady(task, service, rate_per_s)
        )
        pool = pool_of(task, service.pool, nodes)
        small = replace(
            task.scenario,
            pools=(pool,),
            services=(steady,),
            mixes=(_for_one(task.scenario.mixes[0], service),),
            horizon_s=horizon_s,
            warmup_s=WARMUP_SHARE * horizon_s,
        )
        try:
            summary = simulated(small, None, task.seed).summary
        except InputError as fault:
            return fault.problems[0].text if fault.problems else str(fault)
        return _trial_of(summary, service.name, replicas)

    return trial


def _trial_of(summary: Mapping[str, object], name: str, replicas: int) -> Trial:
    services = summary["services"]
    assert isinstance(services, Mapping)
    found = services[name]
    warnings = summary["warnings"]
    assert isinstance(warnings, list)
    broken = next((text for text in warnings if text.startswith(f"{name}: ")), None)
    overloaded = broken is not None and "overloaded" in broken
    kept = summary["feasible"] is True and not overloaded
    month = summary["usd_per_month"]
    assert isinstance(month, float)
    return Trial(
        replicas,
        kept,
        found["slo_attainment"],
        found["ttft_s"]["p99"],
        found["tpot_s"]["p99"],
        month,
        None if kept else broken,
    )


def _steady(task: Task, service: Service, rate_per_s: float) -> PoissonTraffic | TraceTraffic:
    """The traffic of a service at a constant rate: without its profile, or its trace replayed faster or slower."""
    traffic = service.traffic
    if isinstance(traffic, PoissonTraffic):
        return replace(traffic, rate_per_s=rate_per_s, profile=Profile())
    share = rate_per_s / task.loads[service.name].mean_per_s
    return replace(traffic, rate_scale=traffic.rate_scale * share, repeat=True, align="first-row")


def _for_one(mix: Mix, service: Service) -> Mix:
    """The measures that act on one service, its pool or the site."""
    return replace(mix, measures=tuple(_reaching(mix, {service.name, service.pool})))


def _reaching(mix: Mix, names: set[str]) -> Iterator[Measure]:
    for measure in mix.measures:
        targets = None if measure.targets is None else tuple(name for name in measure.targets if name in names)
        if targets is None or targets:
            yield replace(measure, targets=targets)
