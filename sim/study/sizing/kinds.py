"""Which kinds of node may be asked for, and pools of them come by as the scenario comes by its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sim.catalog import Catalogue
from sim.catalog.entries import NodeType
from sim.errors import UsageError
from sim.scenario.specs import Acquire, Pool, Scenario
from sim.workload.load_levels import Load


@dataclass(frozen=True, slots=True)
class Task:
    """One kind to size, for a worker."""

    scenario: Scenario
    node: NodeType
    loads: Mapping[str, Load]
    seed: int


def nodes_to_size(scenario: Scenario, catalogue: Catalogue, accelerators: Sequence[str] | None) -> tuple[NodeType, ...]:
    """One kind of node per accelerator, the scenario's own first; without names, all whose price is known."""
    own = {pool.node.accelerator.name: pool.node for pool in scenario.pools}
    known: dict[str, NodeType] = dict(own)
    for name in catalogue.names("nodes"):
        node = catalogue.node(name)
        held = known.get(node.accelerator.name)
        if held is None or (
            held.name not in {each.name for each in own.values()} and node.accelerators > held.accelerators
        ):
            known[node.accelerator.name] = node
    if accelerators is None:
        return tuple(node for node in known.values() if priced(node, scenario) or node.accelerator.name in own)
    if not accelerators:
        raise UsageError("the list of kinds to size names no accelerator")
    missing = [name for name in accelerators if name not in known]
    if missing:
        raise UsageError(f"no node of the catalogue has {', '.join(missing)}; there are nodes with {', '.join(known)}")
    unpriced = [name for name in accelerators if name not in own and not priced(known[name], scenario)]
    if unpriced:
        raise UsageError(f"the catalogue knows no price of {', '.join(unpriced)}")
    return tuple(known[name] for name in dict.fromkeys(accelerators))


def priced(node: NodeType, scenario: Scenario) -> bool:
    """Whether the catalogue knows what the node costs in every way that the scenario comes by its pools."""
    bought = any(pool.acquire.kind in ("own", "sunk") for pool in scenario.pools)
    rented = any(pool.acquire.kind not in ("own", "sunk") for pool in scenario.pools)
    return not (bought and node.capex_usd is None) and not (rented and node.accelerator.usd_per_h is None)


def pool_of(task: Task, name: str, nodes: int) -> Pool:
    """So many nodes of the kind, come by as the scenario comes by the pool of that name."""
    pool = next(each for each in task.scenario.pools if each.name == name)
    acquire = pool.acquire if pool.node.name == task.node.name else acquired(pool.acquire, task.node)
    return replace(pool, node=task.node, nodes=nodes, acquire=acquire)


def acquired(acquire: Acquire, node: NodeType) -> Acquire:
    """The same way to come by nodes at the catalogue's price of another kind."""
    if acquire.kind in ("own", "sunk"):
        return replace(acquire, capex_usd_per_node=node.capex_usd or 0.0, life_y=node.life_y)
    return replace(acquire, usd_per_accelerator_h=node.accelerator.usd_per_h or 0.0)
