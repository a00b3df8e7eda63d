"""A scenario and a mix's name in, a plan out: the fleet as it stands, then the measures of the mix in their order."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sim.catalog import Catalogue
from sim.document import nearest
from sim.errors import Problem, ScenarioError, UsageError
from sim.scenario.grid_specs import NO_BATTERY
from sim.scenario.specs import Measure, Mix, Scenario
from sim.strategies.accuracy import ANY_FIELD
from sim.strategies.algorithm.formats import format_notes
from sim.strategies.algorithm.order import order_notes
from sim.strategies.compute.allocate import with_sizes
from sim.strategies.energy.battery import bought
from sim.strategies.plan import Plan, PoolPlan, UpFront
from sim.strategies.published import published
from sim.strategies.registry import BATTERY_MEASURES, POOL_MEASURES, SERVICE_MEASURES, SITE_MEASURES
from sim.strategies.technique import Context, Target, Technique

NO_MIX = "baseline"  # name of the run of a scenario without mixes
SITE = "site"


def apply_mix(scenario: Scenario, mix_name: str | None) -> Plan:
    """The plan of one mix; of the scenario's first one where `mix_name` is None.

    Raises UsageError for an unknown mix, and ScenarioError with the paths of all measures that cannot act as asked.
    """
    mix = chosen_mix(scenario, mix_name)
    catalogue = catalogue_of(scenario)
    plan = unchanged(scenario, mix.name, catalogue)
    problems: list[Problem] = []
    for measure in mix.measures:
        try:
            plan = with_measure(plan, Context(measure, catalogue, scenario))
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(problems)
    return with_sizes(replace(plan, warnings=(*plan.warnings, *order_notes(mix.measures), *format_notes(plan))))


def chosen_mix(scenario: Scenario, name: str | None) -> Mix:
    """The named mix, the first one, or an empty one where the scenario has none and none is named."""
    mixes = {mix.name: mix for mix in scenario.mixes} or {NO_MIX: Mix(name=NO_MIX)}
    if name is None:
        return next(iter(mixes.values()))
    if name not in mixes:
        like = nearest(name, mixes)
        hint = f"; did you mean '{like}'?" if like else ""
        raise UsageError(f"no mix '{name}' in '{scenario.name}'{hint} (it has: {', '.join(mixes)})")
    return mixes[name]


def catalogue_of(scenario: Scenario) -> Catalogue:
    """The built-in catalogue with the entries of the file that the scenario names."""
    named = scenario.document.get("catalog")
    if not named:
        return Catalogue.built_in()
    path = scenario.source.parent / named
    return _widened(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _widened(path: Path, changed_ns: int) -> Catalogue:
    """The built-in catalogue with a user's file as it was when last changed; read once for all runs of a process."""
    return Catalogue.built_in().with_file(path)


def unchanged(scenario: Scenario, mix: str, catalogue: Catalogue) -> Plan:
    """The scenario as it stands, under the name of a mix whose measures are still to come."""
    battery = scenario.site.battery
    return Plan(
        scenario=scenario,
        mix=mix,
        plant=scenario.site.plant,
        pools={pool.name: PoolPlan(pool=pool) for pool in scenario.pools},
        deployments={each.name: published(each, each.model, each.precision, catalogue) for each in scenario.services},
        jobs={stream.name: stream for stream in scenario.jobs},
        battery=battery,
        upfront=() if battery == NO_BATTERY else (bought(battery),),
    )


def with_measure(plan: Plan, context: Context) -> Plan:
    """The plan after one more measure, with what it costs and what it assumes."""
    measure = context.measure
    kind = (measure.family, measure.kind)
    if kind in SERVICE_MEASURES:
        deployments, paid = acted(SERVICE_MEASURES[kind](context), plan.deployments, measure)
        return with_paid(replace(plan, deployments=deployments), paid)
    if kind in POOL_MEASURES:
        pools, paid = acted(POOL_MEASURES[kind](context), plan.pools, measure)
        return with_paid(replace(plan, pools=pools), paid)
    if kind in SITE_MEASURES:
        site, paid = acted(SITE_MEASURES[kind](context), {SITE: plan.plant}, measure)
        return with_paid(replace(plan, plant=site[SITE]), paid)
    if kind in BATTERY_MEASURES:
        stores, paid = acted(BATTERY_MEASURES[kind](context), {SITE: plan.battery}, measure)
        return with_paid(replace(plan, battery=stores[SITE]), paid)
    raise ScenarioError(Problem(f"the {measure.family} family has no measure '{measure.kind}'", path=measure.path))


@dataclass(frozen=True, slots=True)
class Paid:
    """What a measure costs up front, the assumed figures it rests on, and what its user should know."""

    upfront: tuple[UpFront, ...]
    assumed: tuple[str, ...]
    warnings: tuple[str, ...]


def with_paid(plan: Plan, paid: Paid) -> Plan:
    """The plan with one more measure on its bill; assumptions are named once, and only for fields that are served."""
    served = {service.field.name for service in plan.scenario.services} | {ANY_FIELD}
    new = (name for name in paid.assumed if not _is_of_another_field(name, served))
    assumed = tuple(dict.fromkeys((*plan.assumed, *new)))
    warnings = (*plan.warnings, *paid.warnings)
    return replace(plan, upfront=(*plan.upfront, *paid.upfront), assumed=assumed, warnings=warnings)


def _is_of_another_field(figure: str, served: Container[str]) -> bool:
    """Whether a figure is an accuracy effect in a field outside the given ones."""
    owner, _, field = figure.rpartition(".")
    return owner.endswith((".accuracy_factor", ".accuracy_spread")) and field not in served


def acted(
    technique: Technique[Target], targets: Mapping[str, Target], measure: Measure
) -> tuple[Mapping[str, Target], Paid]:
    """The targets after the technique and what that costs; those that it does not act on stay as they were."""
    names = chosen_targets(technique, targets, measure)
    changed = {name: technique.apply(target) if name in names else target for name, target in targets.items()}
    notes = (f"{measure.path}: '{measure.kind}' changes nothing: it is so without it",) if changed == targets else ()
    return changed, Paid(tuple(technique.upfront(targets[name]) for name in names), technique.assumed(), notes)


def chosen_targets(technique: Technique[Target], targets: Mapping[str, Target], measure: Measure) -> tuple[str, ...]:
    """Names of the targets to act on: those that `for` names, else all that the technique can act on.

    Raises ScenarioError where a named one is unknown or cannot be acted on, and where nothing is left to act on.
    """
    obstacles = {name: technique.obstacle(target) for name, target in targets.items()}
    if measure.targets is None:
        able = tuple(name for name, obstacle in obstacles.items() if obstacle is None)
        if not able:
            reasons = "; ".join(filter(None, obstacles.values())) or "the scenario has nothing of that kind"
            raise ScenarioError(Problem(f"'{measure.kind}' acts on nothing: {reasons}", path=measure.path))
        return able
    unknown = f"it acts on {', '.join(targets)}" if targets else "the scenario has nothing of that kind"
    faults = [(name, obstacles.get(name, unknown)) for name in measure.targets]
    problems = [
        Problem(f"'{measure.kind}' cannot act on '{name}': {reason}", path=measure.path)
        for name, reason in faults
        if reason is not None
    ]
    if problems:
        raise ScenarioError(problems)
    return measure.targets
