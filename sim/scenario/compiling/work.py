"""Services and jobs: names resolved, and checked against the pool that they run on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sim.catalog.entries import Accelerator, AIModel, Precision
from sim.catalog.memory import kv_capacity_tokens, memory_fault, memory_need
from sim.document import Route
from sim.document.wording import hint, listed, shown
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.compiling.fleet import check_room
from sim.scenario.compiling.rules import check_rules
from sim.scenario.compiling.traffic import NEEDS, traffic_of
from sim.scenario.schema import work as schema
from sim.units import S_PER_H

FIXED_TIME = "fixed-time"
SPLIT = "diffusion"  # the family whose items are shared by the accelerators of a replica
DEFAULT_POLICY: schema.JobPolicy = "fifo"
CACHE_PRECISION = "bf16"  # serving engines keep the KV cache 16 bits wide unless told otherwise
CACHE_BYTES = 2.0
NARROWER = ("fp8", "int8", "int4")  # formats that may be suggested where weights do not fit


def services_of(
    services: Sequence[schema.Service], pools: Mapping[str, specs.Pool], horizon_s: float, desk: Desk
) -> tuple[specs.Service, ...]:
    """The services, each checked alone and all together with their pools."""
    found = [
        (_service(service, horizon_s, ("services", index), desk), ("services", index))
        for index, service in enumerate(services)
    ]
    for pool in pools.values():
        here: list[tuple[specs.Service, Route]] = [(each, path) for each, path in found if each.pool == pool.name]
        check_room(pool, here, desk)
        for service, path in here:
            _check_device(service, pool.node.accelerator, path, desk)
            check_rules(service, pool, path, desk)
    return tuple(service for service, _ in found)


def jobs_of(jobs: Sequence[schema.Jobs], pools: Mapping[str, specs.Pool], desk: Desk) -> tuple[specs.JobStream, ...]:
    """The streams of jobs; a pool has one queue, so its streams have one policy."""
    first: dict[str, tuple[str, schema.JobPolicy]] = {}
    for index, stream in enumerate(jobs):
        if stream.policy is None:
            continue
        name, policy = first.setdefault(stream.pool, (stream.name, stream.policy))
        if stream.policy != policy:
            text = f"pool '{stream.pool}' has one queue, and jobs of '{name}' are under {policy}"
            desk.fault(("jobs", index, "policy"), f"{text}: give both the same, or pools of their own")
    policies = {pool: policy for pool, (_, policy) in first.items()}
    return tuple(
        _jobs(stream, policies.get(stream.pool, DEFAULT_POLICY), pools.get(stream.pool), ("jobs", index), desk)
        for index, stream in enumerate(jobs)
    )


def _service(service: schema.Service, horizon_s: float, path: Route, desk: Desk) -> specs.Service:
    model = desk.model(service.model)
    field = desk.field(service.field)
    if model.family not in NEEDS:
        text = f"models of family {model.family} are not built yet; built: {', '.join(NEEDS)}"
        desk.fault((*path, "model"), text)
    elif model.family != FIXED_TIME and field.name not in model.accuracy:
        text = f"the catalogue knows no accuracy of {model.name} in field '{field.name}'; known: "
        desk.fault((*path, "field"), text + (listed(model.accuracy) or "none"))
    _check_slo(service.slo, model, (*path, "slo"), desk)
    _check_reference(service.reference, (*path, "reference"), desk)
    return specs.Service(
        name=service.name,
        field=field,
        model=model,
        engine=desk.engine(service.engine),
        precision=desk.precision(service.precision or model.precision).name,
        pool=service.pool,
        tensor_parallel=service.tensor_parallel,
        replicas_min=service.replicas.min,
        replicas_max=service.replicas.max,
        traffic=traffic_of(service.traffic, model.family, horizon_s, (*path, "traffic"), desk),
        slo=specs.Slo(**service.slo.model_dump()),
        prefix_hit_share=service.prefix_hit_share,
        prefix_cache_share=service.prefix_cache_share,
        reference=service.reference,
    )


def _check_slo(slo: schema.Slo, model: AIModel, path: Route, desk: Desk) -> None:
    if model.family == "llm":
        return
    for name in ("ttft_p99_s", "tpot_p99_s"):
        if getattr(slo, name) is not None:
            desk.fault((*path, name), f"a {model.family} model has no tokens; promise e2e_p99_s", key=True)


def _check_reference(reference: str | None, path: Route, desk: Desk) -> None:
    if reference is None:
        return
    for kind, name in zip(("models", "precisions"), reference.split("/"), strict=True):
        known = desk.catalogue.names(kind)
        if name not in known:
            desk.fault(path, f"no {kind.removesuffix('s')} {shown(name)}{hint(name, known)}")


def _check_device(service: specs.Service, accelerator: Accelerator, path: Route, desk: Desk) -> None:
    """Whether the accelerator computes in the service's format and holds a replica."""
    if service.model.family == FIXED_TIME:
        return
    weights = desk.catalogue.precision(service.precision)
    _check_native(weights, accelerator, (*path, "precision"), desk)
    if service.model.items is not None:
        _check_split(service, (*path, "tensor_parallel"), desk)
        return
    own = desk.catalogue.precision(service.model.precision)
    cache = own if own.bytes_per_value >= CACHE_BYTES else desk.catalogue.precision(CACHE_PRECISION)
    need = memory_need(service.model, weights, cache)
    group = service.tensor_parallel
    text = memory_fault(need, service.engine, accelerator, group, alternatives=_narrower(weights, desk))
    if text is not None:
        desk.fault((*path, "model"), text)
        return
    room, request = kv_capacity_tokens(need, service.engine, accelerator, group), _mean_tokens(service)
    if request > room:
        text = f"a replica has room for {room} tokens of context, a mean request holds {request:.0f}"
        desk.warn(path, f"{text}: most requests are rejected; use a larger tensor_parallel or a narrower precision")


def _check_split(service: specs.Service, path: Route, desk: Desk) -> None:
    """Whether the work on one item can be split: only images that are generated take long enough."""
    family = service.model.family
    if service.tensor_parallel > 1 and family != SPLIT:
        desk.fault(path, f"a replica of a {family} model runs on one accelerator; add replicas instead")


def _narrower(weights: Precision, desk: Desk) -> Iterator[Precision]:
    known = desk.catalogue.names("precisions")
    for name in NARROWER:
        if name in known and (other := desk.catalogue.precision(name)).bytes_per_value < weights.bytes_per_value:
            yield other


def _mean_tokens(service: specs.Service) -> float:
    traffic = service.traffic
    if isinstance(traffic, specs.TraceTraffic) or traffic.input_tokens is None or traffic.output_tokens is None:
        return 0.0
    return traffic.input_tokens.mean + traffic.output_tokens.mean


def _check_native(precision: Precision, accelerator: Accelerator, path: Route, desk: Desk) -> None:
    used = next((name for name in precision.compute if name in accelerator.flops), None)
    if used is None:
        text = f"{accelerator.name} cannot compute with {precision.name}: it has {', '.join(accelerator.flops)}"
        desk.fault(path, text)
    elif precision.name not in accelerator.flops:
        text = f"{accelerator.name} has no native {precision.name}"
        desk.warn(path, f"{text}: weights are held in it, computing is {used}")


def _jobs(
    stream: schema.Jobs, policy: schema.JobPolicy, pool: specs.Pool | None, path: Route, desk: Desk
) -> specs.JobStream:
    work: specs.JobTrace | specs.TrainJobs
    if stream.trace is not None:
        work = specs.JobTrace(path=desk.file(stream.trace.file, (*path, "trace", "file")), format=stream.trace.format)
    else:
        assert stream.train is not None
        work = _training(stream.train, pool, (*path, "train"), desk)
    return specs.JobStream(
        name=stream.name,
        pool=stream.pool,
        policy=policy,
        work=work,
        priority=stream.priority,
        restart_s=stream.restart_s,
    )


def _training(train: schema.Train, pool: specs.Pool | None, path: Route, desk: Desk) -> specs.TrainJobs:
    model = desk.model(train.model)
    if model.family == FIXED_TIME:
        desk.fault((*path, "model"), "a fixed-time model has no weights to train")
    precision = desk.precision(train.precision or model.precision)
    if pool is not None:
        _check_native(precision, pool.node.accelerator, (*path, "precision"), desk)
        if train.accelerators > pool.accelerators:
            text = f"a job asks for {train.accelerators} accelerators, pool '{pool.name}' has {pool.accelerators}"
            desk.warn(path, f"{text}: every job is rejected")
    return specs.TrainJobs(
        model=model,
        tokens=train.tokens,
        precision=precision.name,
        accelerators=train.accelerators,
        every_s=None if train.every_h is None else train.every_h * S_PER_H,
    )
