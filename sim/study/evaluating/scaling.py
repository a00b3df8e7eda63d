"""Whether a mix keeps what it promises: at many times the load on as many times the fleet, and on larger models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import ceil

from sim.catalog.entries import AIModel
from sim.errors import InputError
from sim.scenario.compiling.fleet import has_room
from sim.scenario.specs import JobTrace, Measure, PoissonTraffic, Pool, Scenario, Service
from sim.strategies import apply_mix, catalogue_of
from sim.strategies.compute.allocate import replicas_needed
from sim.study.evaluating.cases import Case, Found

Runs = Callable[[Sequence[Case]], Mapping[str, Found]]
SCALES = (1, 2, 4, 8, 16, 32, 64)
LARGER_MAX = 50.0  # models up to so many times the parameters
DEGREES = (1, 2, 4, 8)
MANY = 100_000  # replicas, as a limit that no demand meets


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """Baseline and mix at one scale; figures per 1,000 requests. None where it cannot run, with the reason."""

    scale: str
    size: float  # times the load, or times the parameters
    why_not: str | None
    baseline_usd: float | None = None
    mix_usd: float | None = None
    baseline_kwh: float | None = None
    mix_kwh: float | None = None
    baseline_efficiency: float | None = None
    mix_efficiency: float | None = None
    baseline_feasible: bool = False
    mix_feasible: bool = False

    @property
    def saving_share(self) -> float | None:
        """Cost per request saved by the mix, as a share of the baseline's."""
        if self.baseline_usd is None or self.mix_usd is None:
            return None
        return 1.0 - self.mix_usd / self.baseline_usd


def over_loads(scenario: Scenario, measures: Sequence[Measure], scales: Sequence[int], runs: Runs) -> list[Scaled]:
    """Baseline and mix at each multiple of load and fleet; up-front work stays what it is."""
    cases = {
        (scale, name): Case(f"{name} x{scale}", larger_load(scenario, scale), chosen)
        for scale in scales
        for name, chosen in (("baseline", ()), ("mix", tuple(measures)))
    }
    found = runs(list(cases.values()))
    return [
        scaled(f"{scale}x load", float(scale), *(found[cases[scale, name].name] for name in ("baseline", "mix")))
        for scale in scales
    ]


def larger_load(scenario: Scenario, scale: int) -> Scenario:
    """So many times the requests and jobs on so many times the nodes and replicas; traces of jobs stay as they are."""
    services = tuple(
        replace(
            each,
            replicas_min=each.replicas_min * scale,
            replicas_max=each.replicas_max * scale,
            traffic=replace(each.traffic, rate_per_s=each.traffic.rate_per_s * scale)
            if isinstance(each.traffic, PoissonTraffic)
            else replace(each.traffic, rate_scale=each.traffic.rate_scale * scale, repeat=True),
        )
        for each in scenario.services
    )
    jobs = tuple(
        each
        if isinstance(each.work, JobTrace) or each.work.every_s is None
        else replace(each, work=replace(each.work, every_s=each.work.every_s / scale))
        for each in scenario.jobs
    )
    limit_w = scenario.site.power_limit_w
    return replace(
        scenario,
        services=services,
        jobs=jobs,
        pools=tuple(replace(each, nodes=each.nodes * scale) for each in scenario.pools),
        site=replace(scenario.site, power_limit_w=None if limit_w is None else limit_w * scale),
    )


def over_models(scenario: Scenario, measures: Sequence[Measure], runs: Runs) -> list[Scaled]:
    """Baseline and mix on each larger model of the first language service, each on a fleet sized for its peak."""
    service = next((each for each in scenario.services if each.model.family == "llm"), None)
    if service is None:
        return []
    found: list[Scaled] = []
    for model in _larger_models(service, scenario):
        ratio = model.parameters / service.model.parameters
        cases = [_on_model(scenario, service, model, chosen) for chosen in ((), tuple(measures))]
        refusal = next((case for case in cases if isinstance(case, str)), None)
        ready = [case for case in cases if isinstance(case, Case)]
        if refusal is not None:
            found.append(Scaled(scale=model.name, size=ratio, why_not=refusal))
            continue
        answers = runs(ready)
        found.append(scaled(model.name, ratio, *(answers[case.name] for case in ready)))
    return found


def _larger_models(service: Service, scenario: Scenario) -> Iterator[AIModel]:
    catalogue = catalogue_of(scenario)
    models = (catalogue.model(name) for name in catalogue.names("models"))
    known = [each for each in models if each.family == "llm" and service.field.name in each.accuracy]
    for model in sorted(known, key=lambda each: each.parameters):
        if 1.0 <= model.parameters / service.model.parameters <= LARGER_MAX:
            yield model


def _on_model(scenario: Scenario, service: Service, model: AIModel, measures: tuple[Measure, ...]) -> Case | str:
    """A case with the model on the smallest group of accelerators that holds it, and replicas for its peak."""
    pool = next(each for each in scenario.pools if each.name == service.pool)
    name = f"{model.name} {'mix' if measures else 'baseline'}"
    reason = ""
    for degree in (each for each in DEGREES if each <= pool.node.accelerators):
        larger = replace(
            service, model=model, precision=model.precision, tensor_parallel=degree, replicas_min=1, replicas_max=MANY
        )
        try:
            return _sized_case(name, scenario, larger, pool, measures)
        except InputError as fault:
            reason = fault.problems[0].text if fault.problems else str(fault)
    return reason


def _sized_case(name: str, scenario: Scenario, service: Service, pool: Pool, measures: tuple[Measure, ...]) -> Case:
    """The service at the replicas its peak asks for, and the nodes of its pool to hold them.

    Where that is the minimum of the scenario or less, nothing is left to an autoscaler.
    """
    original = next(each for each in scenario.services if each.name == service.name)
    roomy = _with(scenario, service, replace(pool, nodes=MANY))
    plan = apply_mix(Case(name, roomy, measures).alone, name)
    needed = replicas_needed(plan.deployments[service.name], plan.pools[pool.name], roomy)
    others = [
        (each.tensor_parallel, each.replicas_max)
        for each in scenario.services
        if each.pool == pool.name and each.name != service.name
    ]
    groups = [*others, (service.tensor_parallel, needed)]
    least = ceil(sum(size * replicas for size, replicas in groups) / pool.node.accelerators)
    nodes = next(number for number in count(least) if has_room(pool.node.accelerators, number, groups))
    fewest = min(needed, max(original.replicas_min, 1))
    fleet = _with(scenario, replace(service, replicas_min=fewest, replicas_max=needed), replace(pool, nodes=nodes))
    scalable = fewest < needed
    return Case(name, fleet, tuple(each for each in measures if scalable or each.kind != "autoscale"))


def _with(scenario: Scenario, service: Service, pool: Pool) -> Scenario:
    return replace(
        scenario,
        services=tuple(service if each.name == service.name else each for each in scenario.services),
        pools=tuple(pool if each.name == pool.name else each for each in scenario.pools),
    )


def scaled(name: str, size: float, baseline: Found, mix: Found) -> Scaled:
    """The two side by side, per 1,000 requests completed."""
    refusal = baseline.why_not or mix.why_not
    if refusal is not None:
        return Scaled(scale=name, size=size, why_not=refusal)
    return Scaled(
        scale=name,
        size=size,
        why_not=None,
        baseline_usd=per_thousand(baseline, "cost_usd.total"),
        mix_usd=per_thousand(mix, "cost_usd.total"),
        baseline_kwh=per_thousand(baseline, "energy_kwh.facility"),
        mix_kwh=per_thousand(mix, "energy_kwh.facility"),
        baseline_efficiency=baseline.mean("efficiency.total"),
        mix_efficiency=mix.mean("efficiency.total"),
        baseline_feasible=baseline.feasible,
        mix_feasible=mix.feasible,
    )


def per_thousand(found: Found, name: str) -> float | None:
    """A figure per 1,000 requests completed; None where none were."""
    value = found.mean(name)
    return None if value is None or found.requests == 0.0 else 1000.0 * value / found.requests
