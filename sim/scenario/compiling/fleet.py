"""Pools and their prices, and whether what is asked of a pool has room on its nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil

from sim.catalog.entries import NodeType
from sim.document import Route
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.schema import pools as schema


def pools_of(pools: Sequence[schema.Pool], desk: Desk) -> dict[str, specs.Pool]:
    """Pools by name; one whose node is not right is left out, its faults are noted."""
    found = {}
    for index, pool in enumerate(pools):
        path: Route = ("pools", index)
        node = desk.node(pool.node, (*path, "node"), pool.name)
        if node is not None:
            acquire = _acquire(pool.acquire, node, (*path, "acquire"), desk)
            racks = None if pool.racks is None else specs.Racks(**pool.racks.model_dump())
            found[pool.name] = specs.Pool(name=pool.name, node=node, nodes=pool.nodes, acquire=acquire, racks=racks)
    return found


def _acquire(acquire: schema.Acquire, node: NodeType, path: Route, desk: Desk) -> specs.Acquire:
    if acquire.rent is not None:
        rent, device = acquire.rent, node.accelerator
        hourly = desk.price(device, "usd_per_h", rent.usd_per_accelerator_h)
        if hourly is None:
            desk.fault(path, f"the catalogue knows no rent of {device.name}: write usd_per_accelerator_h")
        return specs.Acquire(kind="rent", usd_per_accelerator_h=hourly or 0.0, includes=frozenset(rent.includes))
    if acquire.reserved is not None:
        term = acquire.reserved
        return specs.Acquire(
            kind="reserved",
            usd_per_accelerator_h=term.usd_per_accelerator_h,
            includes=frozenset(term.includes),
            life_y=node.life_y,
        )
    bought = acquire.own or acquire.sunk or schema.Own()
    capex = desk.price(node, "capex_usd", bought.capex_usd_per_node)
    if capex is None:
        desk.fault(path, f"the catalogue knows no price of {node.name}: write capex_usd_per_node")
    return specs.Acquire(
        kind="sunk" if acquire.sunk is not None else "own",
        capex_usd_per_node=capex or 0.0,
        life_y=desk.price(node, "life_y", bought.life_y) or node.life_y,
        resale_share=bought.resale_share,
    )


def check_room(pool: specs.Pool, services: Sequence[tuple[specs.Service, Route]], desk: Desk) -> None:
    """Notes a fault where the replicas of one service at its maximum, or of all at their minima, do not find room.

    Together they may ask for more than there is at their maxima: what a mix needs is checked when it is applied.
    """
    size = pool.node.accelerators
    fitting = []
    for service, path in services:
        room = pool.nodes * (size // service.tensor_parallel)
        if service.tensor_parallel > size:
            text = f"one {pool.node.name} has {size} accelerators; a replica stays on one node"
            desk.fault((*path, "tensor_parallel"), f"tensor_parallel {service.tensor_parallel}: {text}")
        elif service.replicas_max > room:
            text = f"{service.replicas_max} replicas (tensor_parallel {service.tensor_parallel}) do not fit in pool "
            desk.fault((*path, "replicas"), f"{text}'{pool.name}': its {pool.nodes} nodes of {size} hold {room}")
        else:
            fitting.append((service, path))
    asked = {service.name: (service.tensor_parallel, service.replicas_min) for service, _ in fitting}
    if len(fitting) > 1 and not has_room(size, pool.nodes, list(asked.values())):
        total = sum(each * count for each, count in asked.values())
        text = f"the services of pool '{pool.name}' together ask for {total} accelerators at their minima"
        desk.fault((*fitting[-1][1], "replicas"), f"{text} ({', '.join(asked)}); it has {pool.accelerators}")


def has_room(node_size: int, nodes: int, groups: Sequence[tuple[int, int]]) -> bool:
    """Whether (accelerators per replica, replicas) groups pack on equal nodes, largest first and fullest node first.

    Exact where sizes divide each other, as tensor-parallel degrees do; otherwise a packing that it misses is refused.
    """
    free: Counter[int] = Counter({node_size: nodes})  # free accelerators of a node -> nodes
    for size, replicas in sorted(groups, reverse=True):
        left = replicas
        for room in sorted(room for room in free if room >= size):
            per_node = room // size
            touched = min(free[room], ceil(left / per_node))
            placed = min(left, touched * per_node)
            free[room] -= touched
            free[room - per_node * size] += touched - 1 if placed < touched * per_node else touched
            if placed < touched * per_node:
                free[room - (placed - (touched - 1) * per_node) * size] += 1
            left -= placed
        if left:
            return False
    return True
