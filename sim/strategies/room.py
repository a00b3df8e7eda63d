"""Whether the plan of a mix has room: measures may exchange nodes, and services share pools that autoscalers fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.catalog.memory import memory_fault
from sim.errors import Problem, ScenarioError
from sim.scenario.compiling.fleet import has_room
from sim.strategies.plan import Deployment, Plan, PoolPlan
from sim.strategies.published import FIXED_TIME


def fewest_replicas(deployment: Deployment) -> int:
    """Replicas that a service never goes below: all of them where nobody takes any away."""
    service = deployment.service
    return service.replicas_max if deployment.autoscaler is None else service.replicas_min


def check_room(plan: Plan) -> None:
    """Raises ScenarioError where services of a plan do not fit on their pools."""
    built = {pool.name: pool.node for pool in plan.scenario.pools}
    faults: list[str] = []
    for name, pool in plan.pools.items():
        here = [each for each in plan.deployments.values() if each.service.pool == name]
        misfits = [_misfit(each, pool) for each in here] if pool.pool.node != built[name] else []
        faults += [text for text in misfits if text is not None] or list(_crowded(pool, here))
    if faults:
        raise ScenarioError([Problem(text, path=_place_of(plan)) for text in faults])


def _place_of(plan: Plan) -> str:
    """Where the mix exchanges nodes, which is what to look at; its name where it does not."""
    measures = next((mix.measures for mix in plan.scenario.mixes if mix.name == plan.mix), ())
    return next((each.path for each in measures if each.kind == "hardware"), f"mixes.{plan.mix}")


def _misfit(deployment: Deployment, pool: PoolPlan) -> str | None:
    """Why a replica cannot stand on a node of the pool."""
    service, variant, node = deployment.service, deployment.variant, pool.pool.node
    if service.tensor_parallel > node.accelerators:
        return (
            f"service '{service.name}': a replica takes {service.tensor_parallel} accelerators of one node, "
            f"{node.name} has {node.accelerators}"
        )
    if variant.model.family == FIXED_TIME:
        return None
    if not any(name in node.accelerator.flops for name in variant.weights.compute):
        return f"service '{service.name}': {node.accelerator.name} cannot compute with {variant.weights.name}"
    if variant.model.items is not None:
        return None
    from sim.models.work import memory_need

    fault = memory_fault(memory_need(variant), service.engine, node.accelerator, service.tensor_parallel)
    return None if fault is None else f"service '{service.name}': {fault}"


def _crowded(pool: PoolPlan, here: Sequence[Deployment]) -> Iterator[str]:
    """That the services together do not find room."""
    firsts = [each.cascade.first for each in here if each.cascade is not None]
    asked = [(each.service.tensor_parallel, fewest_replicas(each)) for each in (*here, *firsts)]
    if not has_room(pool.pool.node.accelerators, pool.pool.nodes, asked):
        total = sum(each * count for each, count in asked)
        names = ", ".join(each.service.name for each in here)
        yield (
            f"the services of pool '{pool.pool.name}' together hold {total} accelerators at least ({names}); it has "
            f"{pool.pool.nodes} nodes of {pool.pool.node.accelerators}; a service without autoscaler holds its max"
        )
