"""From a plan to a world at t = 0: nodes, replicas in their places, tables of the performance model, traffic."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.adapt_variant import FORMS, with_leaner
from sim.engine.cascade import Escalated, FirstAnswers, FirstService, SecondService, Stage, first_name
from sim.engine.fixed_time_service import FixedTimeService
from sim.engine.inflow import Inflow
from sim.engine.latencies import Latencies
from sim.engine.nodes import Nodes, full_power_w
from sim.engine.pool_jobs import PoolJobs
from sim.engine.prefix_caches import prefix_caches, prefix_groups
from sim.engine.remembered import Remembered
from sim.engine.replicas import Replicas
from sim.engine.shift_jobs import release_s
from sim.engine.token_service import TokenService
from sim.engine.world import PoolRun, ServiceRun, World
from sim.errors import ScenarioError
from sim.facility import build_plant, load_weather
from sim.grid import build_signal, negative_hours_note
from sim.kernels import serving_layout as at
from sim.kernels.draws import stream_key
from sim.models.power import busy_power_w, clock_grid_mhz, job_tables
from sim.models.replica import prompt_tokens_max, replica_tables
from sim.models.serving import ServingTables
from sim.models.steady import steady_state
from sim.models.work import cached_tokens, held_context_tokens
from sim.protocols import Signal
from sim.scenario.specs import Service
from sim.strategies.plan import Deployment, Plan, PoolPlan
from sim.strategies.room import check_room, fewest_replicas
from sim.workload import JobTable, Traffic, open_jobs, open_traffic
from sim.workload.longer import LongerPrompts

Floats = NDArray[np.float64]
ROUTERS = {
    "round-robin": at.ROUND_ROBIN,
    "least-loaded": at.LEAST_LOADED,
    "power-of-two": at.POWER_OF_TWO,
    "consolidate": at.CONSOLIDATE,
    "prefix-affinity": at.PREFIX_AFFINITY,
}
KV_POLICIES = {"reserve": at.RESERVE, "recompute": at.RECOMPUTE}
TYPICAL_LOAD = 0.5  # assumed: share of its design power that the plant carries before the run begins
FIXED_TIME_ACTIVITY = 0.5  # assumed: memory and compute utilisation while a fixed-time request is at work


@dataclass(frozen=True, slots=True)
class Built:
    """A world, and what was found while it was made."""

    world: World
    random: bool
    warnings: tuple[str, ...]


def build_world(plan: Plan, seed: int, replication: int) -> Built:
    """A world at t = 0; raises InputError of a kind where something cannot be."""
    check_room(plan)
    scenario, site = plan.scenario, plan.scenario.site
    weather = load_weather(site.weather, scenario.start, scenario.horizon_s, site.utc_offset_h, site.elevation_m)
    price, price_notes = build_signal(site.tariff.energy_usd_per_kwh, scenario.start, scenario.horizon_s, "price")
    carbon, carbon_notes = build_signal(site.carbon.g_per_kwh, scenario.start, scenario.horizon_s, "carbon intensity")
    design_w = sum(pool.pool.nodes * full_power_w(pool, fan_share=1.0) for pool in plan.pools.values())
    facility = build_plant(plan.plant, design_w, weather)
    plant_now = facility.respond(TYPICAL_LOAD * design_w, weather.air(0.0))
    pools, parts = {}, _Parts()
    for name, pool in plan.pools.items():
        nodes = Nodes(pool, facility, plant_now.supply_c)
        signals = {"price": price, "carbon": carbon}
        jobs = _pool_jobs(plan, pool, nodes, signals, seed, replication, parts)
        services = [
            run
            for deployment in plan.deployments.values()
            if deployment.service.pool == name
            for run in _runs(plan, deployment, pool, seed, replication, parts)
        ]
        pools[name] = PoolRun(nodes, services, jobs)
        for run in services:
            pools[name].energy_seen_j[run.name] = run.energy_j.copy()
            pools[name].busy_seen_s[run.name] = run.busy_s.copy()
    world = World(plan, pools, facility, plant_now, weather, price, carbon)
    _place(world, plan.deployments)
    price_notes = (*price_notes, *negative_hours_note(price, scenario.horizon_s, "price"))
    notes = (*plan.warnings, *weather.warnings, *facility.warnings, *price_notes, *carbon_notes, *parts.warnings)
    return Built(world, parts.random, notes)


def start_seconds(deployment: Deployment) -> float:
    """From taking accelerators to taking requests: the engine's own start, and reading the weights."""
    engine = deployment.service.engine
    return engine.start_s + deployment.variant.held_bytes / engine.load_bytes_per_s


class _Parts:
    """What the parts say of themselves while the world is made."""

    def __init__(self) -> None:
        self.random = False
        self.warnings: list[str] = []

    def note(self, part: Traffic | JobTable) -> None:
        self.random |= part.random
        self.warnings.extend(part.warnings)


def _runs(
    plan: Plan, deployment: Deployment, pool: PoolPlan, seed: int, replication: int, parts: _Parts
) -> list[ServiceRun]:
    """The runs of a service: one, or two where a smaller model goes first."""
    cascade, service, from_s = deployment.cascade, deployment.service, plan.scenario.warmup_s
    if cascade is None:
        return [_service(plan, deployment, pool, seed, replication, parts)]
    whole, key = Latencies(service.slo, from_s), stream_key(seed, replication, "cascade", service.name)
    answers = FirstAnswers(service.slo, from_s, cascade.keep_share, key, whole)
    first = _service(plan, cascade.first, pool, seed, replication, parts, Stage(FirstService, whole, answers))
    first.name = first_name(service.name)
    group_key = stream_key(seed, replication, "prefix_group", service.name)
    behind = Stage(SecondService, whole, whole, Escalated(answers, prefix_groups(service), group_key))
    return [first, _service(plan, deployment, pool, seed, replication, parts, behind)]


def _service(
    plan: Plan,
    deployment: Deployment,
    pool: PoolPlan,
    seed: int,
    replication: int,
    parts: _Parts,
    stage: Stage | None = None,
) -> ServiceRun:
    """A service with its replicas and traffic; with `stage`, one of two models behind another."""
    service, scenario = deployment.service, plan.scenario
    traffic = open_traffic(service, scenario.start, scenario.horizon_s, scenario.site.utc_offset_h, seed, replication)
    parts.note(traffic)
    if deployment.added_tokens:
        traffic = LongerPrompts(traffic, deployment.added_tokens)
    replicas = Replicas(service.replicas_max, service.tensor_parallel)
    stage = stage or Stage(TokenService, *2 * (Latencies(service.slo, scenario.warmup_s),))
    latencies = stage.whole
    cache, key = deployment.cache, stream_key(seed, replication, "cache", service.name)
    remembered = None if cache is None else Remembered(cache, key, latencies)
    inflow = stage.inflow or Inflow(traffic, deployment.decision_s, scenario.warmup_s, remembered)
    dispatch = at.Dispatch(
        router=ROUTERS[deployment.router],
        queue_max=at.ENDLESS if deployment.queue_max is None else deployment.queue_max,
        key=stream_key(seed, replication, "router", service.name),
    )
    if deployment.variant.model.family == "fixed-time":
        power = _fixed_time_power(pool, service.tensor_parallel)
        linger_s = pool.pool.node.accelerator.power.linger_s
        return FixedTimeService(service.name, power, linger_s, replicas, dispatch, inflow, latencies)
    tables = _tables(deployment, pool, traffic)
    within = batch_within_promise(tables, service, traffic)
    limit = tables.batch_max if deployment.batch_limit is None else deployment.batch_limit
    rates = _rates(tables, deployment, pool, min(within if limit == "promise" else limit, tables.batch_max))
    forms, adaptation, lean = 1, deployment.adaptation, deployment.lean
    if adaptation is not None and lean is not None:
        leaner = _rates(_tables(lean, pool, traffic), lean, pool, rates.batch_max)
        forms, rates = FORMS, with_leaner(rates, leaner, adaptation.switch_s)
    kept = min(within, rates.batch_max)
    dispatch = dispatch._replace(room=max(int(deployment.fill_share * kept), 1))
    prefixes, kept_tokens = prefix_caches(service, traffic, rates.kv_capacity)
    rates = rates._replace(kv_capacity=rates.kv_capacity - kept_tokens)
    return stage.kind(service.name, rates, kept, replicas, dispatch, prefixes, inflow, stage.log, forms)


def _tables(deployment: Deployment, pool: PoolPlan, traffic: Traffic) -> ServingTables:
    """The performance model of one replica at the traffic's typical context."""
    service, accelerator = deployment.service, pool.pool.node.accelerator
    return replica_tables(
        deployment.variant,
        service.engine,
        accelerator,
        service.tensor_parallel,
        typical_context_tokens(traffic),
        pool.power_cap_w,
        pool.clock_mhz,
    )


def _rates(tables: ServingTables, deployment: Deployment, pool: PoolPlan, batch_max: int) -> at.Rates:
    """The performance model as the kernel reads it, for at most `batch_max` sequences at once."""
    service = deployment.service
    return at.Rates(
        decode=tables.decode,
        prefill=tables.prefill,
        waiting_w=_waiting_w(pool, service.tensor_parallel),
        linger_s=pool.pool.node.accelerator.power.linger_s,
        batch_max=batch_max,
        kv_capacity=tables.kv_capacity_tokens,
        prompt_tokens_max=prompt_tokens_max(deployment.variant, service.engine),
        kv_policy=KV_POLICIES[service.engine.kv_policy],
        prefix_share=service.prefix_hit_share,
    )


def batch_within_promise(tables: ServingTables, service: Service, traffic: Traffic) -> int:
    """Most sequences that a replica can decode at once so that a token takes no longer than promised, prompts included.

    What the replica can hold where nothing is promised; at least 1. Prompts of groups find no prefix.
    """
    promised_s = service.slo.tpot_p99_s
    if promised_s is None:
        return tables.batch_max
    prompt_tokens, answer_tokens = traffic.mean_input_tokens, traffic.mean_output_tokens
    hits = 0.0 if prefix_groups(service) else cached_tokens(prompt_tokens, service.prefix_hit_share)

    def pace_s(batch: int) -> float:
        return steady_state(tables, batch, prompt_tokens, answer_tokens, cached_tokens=hits).tpot_s

    return max(bisect_right(range(1, tables.batch_max + 1), promised_s, key=pace_s), 1)


def typical_context_tokens(traffic: Traffic) -> float:
    """Tokens that a running sequence holds on average; long outputs, which stay longer, count for more."""
    return max(
        held_context_tokens(traffic.mean_input_tokens, traffic.mean_output_tokens, traffic.cv_output_tokens), 1.0
    )


def _waiting_w(pool: PoolPlan, accelerators: int) -> Floats:
    """Watts of a replica without work at each clock level: at its active floor, and idle."""
    accelerator = pool.pool.node.accelerator
    clock_mhz = np.minimum(clock_grid_mhz(accelerator), pool.clock_mhz or accelerator.clock.max_mhz)
    floor_w = accelerators * busy_power_w(accelerator, clock_mhz, 0.0, 0.0, accelerators)
    return np.column_stack((floor_w, np.full(len(floor_w), accelerators * accelerator.idle_w)))


def _fixed_time_power(pool: PoolPlan, accelerators: int) -> Floats:
    """Watts of a replica at work, at its active floor, idle, and at work at its best clock, at each level."""
    activity = (FIXED_TIME_ACTIVITY, FIXED_TIME_ACTIVITY)
    work = accelerators * job_tables(pool.pool.node.accelerator, *activity, pool.power_cap_w, pool.clock_mhz)[:, 1]
    return np.column_stack((work, _waiting_w(pool, accelerators), np.full(len(work), work.min())))


def _pool_jobs(
    plan: Plan,
    pool: PoolPlan,
    nodes: Nodes,
    signals: Mapping[str, Signal],
    seed: int,
    replication: int,
    parts: _Parts,
) -> PoolJobs | None:
    """The job streams of a pool, None where it has none; `signals` are what they may be shifted by."""
    streams = [stream for stream in plan.jobs.values() if stream.pool == pool.pool.name]
    if not streams:
        return None
    policies = {stream.policy for stream in streams}
    if len(policies) > 1:
        named = ", ".join(f"{stream.name}: {stream.policy}" for stream in streams)
        text = f"pool '{pool.pool.name}' has jobs under several policies ({named}); one queue has one policy"
        raise ScenarioError(f"{text}: give them the same, or pools of their own")
    horizon_s = plan.scenario.horizon_s
    tables = [open_jobs(stream, pool.pool.node, horizon_s, seed, replication) for stream in streams]
    for table in tables:
        parts.note(table)
    accelerator = pool.pool.node.accelerator
    rates = np.stack(
        [job_tables(accelerator, table.u_memory, table.u_compute, pool.power_cap_w, pool.clock_mhz) for table in tables]
    )
    kept_for_services = sum(
        fewest_replicas(deployment) * deployment.service.tensor_parallel
        for deployment in plan.deployments.values()
        if deployment.service.pool == pool.pool.name
    )
    most = pool.pool.accelerators - kept_for_services
    names, shift = [stream.name for stream in streams], pool.shift
    release = None if shift is None else [release_s(table, shift, signals[shift.by], horizon_s) for table in tables]
    restart_s = [stream.restart_s for stream in streams]
    return PoolJobs(names, tables, rates, policies.pop(), nodes.free, most, horizon_s, release, restart_s)


def _place(world: World, deployments: Mapping[str, Deployment]) -> None:
    """All replicas start on, as far as there is room; an autoscaler takes away what is too many.

    Those that a service never goes below come first, so that services which share a pool do not crowd them out.
    """
    firsts = {first_name(name): each.cascade.first for name, each in deployments.items() if each.cascade is not None}
    deployments = {**deployments, **firsts}
    fewest = {name: fewest_replicas(each) for name, each in deployments.items()}
    most = {name: each.service.replicas_max for name, each in deployments.items()}
    for service in deployments:
        if not _started(world, service, fewest[service]):
            raise ScenarioError(f"service '{service}' does not fit on pool '{deployments[service].service.pool}'")
    for service in deployments:
        _started(world, service, most[service] - fewest[service])


def _started(world: World, service: str, count: int) -> bool:
    """Whether so many more replicas of a service found room; they are on."""
    for _ in range(count):
        replica = world.hold_replica(service)
        if replica is None:
            return False
        world.switch_on(service, replica)
    return True
