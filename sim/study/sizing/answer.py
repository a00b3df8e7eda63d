"""The sizing of all kinds: fleets for the mean, for the peak, and for the peak with a node lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from sim.errors import UsageError
from sim.models.coverage import out_of_range
from sim.scenario.compiling.fleet import has_room
from sim.scenario.specs import Mix, Scenario
from sim.strategies import catalogue_of
from sim.strategies.apply import chosen_mix
from sim.study.executor import Failed, Report, execute
from sim.study.point import Run, simulated
from sim.study.sizing.kinds import Task, nodes_to_size, pool_of
from sim.study.sizing.trials import REPLICAS_MAX, Level, Need, need_of
from sim.units import S_PER_H
from sim.workload.load_levels import Load, load_of

SCHEMA: Final = "dcsim.size/1"


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet that keeps its promises at a load, and what it draws and costs under the scenario's own traffic."""

    nodes: int
    accelerators: int
    mean_kw: float
    peak_kw: float
    usd_per_month: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of node in place of the scenario's own; `fleets` by mean, peak and one_node_lost (at the peak)."""

    accelerator: str
    node: str
    why_not: str | None = None
    services: Mapping[str, Need] = field(default_factory=dict)
    fleets: Mapping[str, Fleet] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  # what asks more of the performance model than was measured


@dataclass(frozen=True, kw_only=True)
class Sizing:
    """All kinds; loads of the services in requests per second."""

    scenario: str
    mix: str
    loads: Mapping[str, Load]
    kinds: Sequence[Kind]
    warnings: tuple[str, ...] = ()  # what of the scenario is not in the fleets

    @property
    def cheapest(self) -> Kind | None:
        """The kind whose fleet for the peak with one node lost costs least; None where none keeps the promises."""
        able = [kind for kind in self.kinds if kind.why_not is None]
        return min(able, key=lambda kind: kind.fleets["one_node_lost"].usd_per_month) if able else None

    def to_json(self) -> dict[str, object]:
        """The `dcsim.size/1` object."""
        cheapest = self.cheapest
        return {
            "schema": SCHEMA,
            "scenario": self.scenario,
            "mix": self.mix,
            "loads_per_s": {name: asdict(load) for name, load in self.loads.items()},
            "kinds": [asdict(kind) for kind in self.kinds],
            "cheapest": None if cheapest is None else cheapest.accelerator,
            "warnings": list(self.warnings),
        }


def size(
    scenario: Scenario,
    accelerators: Sequence[str] | None = None,
    *,
    mix: str | None = None,
    seed: int | None = None,
    workers: int = 1,
    heard: Callable[[int, int], None] = lambda _done, _all: None,
) -> Sizing:
    """Sizes the pools with services for each kind of accelerator (all kinds of node with a known price unless named).

    The mix's measures are in (the first mix unless named), but for its autoscaler, which would follow the load.

    Raises UsageError for an accelerator that no node of the catalogue has, and where there is no service.
    """
    if not scenario.services:
        raise UsageError(f"'{scenario.name}' has no service to size a fleet for")
    chosen = _steady_mix(chosen_mix(scenario, mix))
    bare = replace(scenario, mixes=(chosen,), jobs=())
    nodes = nodes_to_size(scenario, catalogue_of(scenario), accelerators)
    loads = {service.name: load_of(service, scenario) for service in scenario.services}
    tasks = [Task(bare, node, loads, scenario.seed if seed is None else seed) for node in nodes]
    found: dict[int, Kind] = {}
    for done in execute(size_kind, tasks, workers):
        node = nodes[done.index]
        found[done.index] = (
            Kind(accelerator=node.accelerator.name, node=node.name, why_not=done.result.error)
            if isinstance(done.result, Failed)
            else done.result
        )
        heard(len(found), len(tasks))
    kinds = tuple(found[index] for index in range(len(tasks)))
    left = tuple(f"jobs '{stream.name}' are left out: the fleets are for services alone" for stream in scenario.jobs)
    return Sizing(scenario=scenario.name, mix=chosen.name, loads=loads, kinds=kinds, warnings=left)


def size_kind(task: Task, _report: Report) -> Kind:
    """The smallest fleets of one kind of node."""
    node, services = task.node, task.scenario.services
    named = Kind(accelerator=node.accelerator.name, node=node.name)
    needs: dict[str, Need] = {}
    for service in services:
        need = need_of(task, service)
        if isinstance(need, str):
            return replace(named, why_not=f"{service.name}: {need}")
        needs[service.name] = need
    asked: tuple[tuple[str, Level, int], ...] = (("mean", "mean", 0), ("peak", "peak", 0), ("one_node_lost", "peak", 1))
    runs = {name: _fleet_run(task, needs, level, spare) for name, level, spare in asked}
    fleets = {name: _fleet_of(run) for name, run in runs.items()}
    return replace(named, services=needs, fleets=fleets, warnings=tuple(_unmeasured(runs["peak"])))


def _unmeasured(run: Run) -> Iterator[str]:
    """What the engines' constants were not fitted on."""
    found: dict[str, None] = {}
    for name, each in run.plan.deployments.items():
        service, batch = each.service, run.ledger.services[name].mean_batch
        if each.variant.model.family == "llm" and batch is not None:
            accelerator = run.plan.pools[service.pool].pool.node.accelerator
            texts = out_of_range(each.variant, service.engine, accelerator, service.tensor_parallel, batch)
            found |= dict.fromkeys(texts)
    yield from found


def _fleet_run(task: Task, needs: Mapping[str, Need], level: Level, spare_nodes: int) -> Run:
    """Each pool with the nodes that its services need at a load, and spare ones, under the traffic of the scenario."""
    scenario = task.scenario
    pools, services = [], []
    for pool in scenario.pools:
        own = [service for service in scenario.services if service.pool == pool.name]
        if not own:
            continue
        groups = [(needs[each.name].tensor_parallel, needs[each.name].replicas[level]) for each in own]
        nodes = next(count for count in range(1, REPLICAS_MAX * 8) if has_room(task.node.accelerators, count, groups))
        pools.append(pool_of(task, pool.name, nodes + spare_nodes))
        for service, (degree, replicas) in zip(own, groups, strict=True):
            services.append(replace(service, tensor_parallel=degree, replicas_min=replicas, replicas_max=replicas))
    whole = replace(scenario, pools=tuple(pools), services=tuple(services))
    return simulated(whole, None, task.seed)


def _fleet_of(run: Run) -> Fleet:
    summary, pools = run.summary, run.plan.pools.values()
    energy, window_s = summary["energy_kwh"], summary["window_s"]
    peak_kw, month = summary["peak_kw"], summary["usd_per_month"]
    assert isinstance(energy, Mapping)
    assert isinstance(window_s, float)
    assert isinstance(peak_kw, float)
    assert isinstance(month, float)
    mean_kw = energy["facility"] / (window_s / S_PER_H)
    return Fleet(
        sum(each.pool.nodes for each in pools), sum(each.pool.accelerators for each in pools), mean_kw, peak_kw, month
    )


def _steady_mix(mix: Mix) -> Mix:
    return replace(mix, measures=tuple(each for each in mix.measures if each.kind not in ("autoscale", "allocate")))
