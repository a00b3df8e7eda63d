"""The whole scenario: its parts compiled in turn, all faults raised at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from sim.catalog import Catalogue
from sim.document import Document
from sim.document.wording import printable
from sim.errors import ScenarioError
from sim.scenario import specs
from sim.scenario.compiling.choose import choose_of
from sim.scenario.compiling.desk import Desk
from sim.scenario.compiling.fleet import pools_of
from sim.scenario.compiling.mixes import mixes_of
from sim.scenario.compiling.site import economics_of, site_of
from sim.scenario.compiling.work import jobs_of, services_of
from sim.scenario.schema import Root
from sim.scenario.schema.fields import LONGEST_NAME
from sim.units import S_PER_H


def compiled(root: Root, document: Document, catalogue: Catalogue, source: Path) -> specs.Scenario:
    """The scenario that a checked document says; raises ScenarioError with all that only the whole can tell."""
    desk = Desk(document=document, catalogue=catalogue, folder=source.parent)
    horizon_s = root.horizon_h * S_PER_H
    if root.warmup_h >= root.horizon_h:
        desk.fault(("warmup_h",), f"warmup_h ({root.warmup_h:g}) must be below horizon_h ({root.horizon_h:g})")
    if root.catalog is not None:
        desk.file(root.catalog, ("catalog",))
    site = site_of(root.site, root.start, desk)
    pools = pools_of(root.pools, desk)
    services = services_of(root.services, pools, horizon_s, desk)
    jobs = jobs_of(root.jobs, pools, desk)
    _warn_of_idleness(services, jobs, pools, desk)
    assumed = (*desk.assumed(), *_assumed_defaults(root))  # those of measures are noted where a mix is applied
    mixes, choose = mixes_of(root, desk), choose_of(root, desk)
    if desk.problems:
        raise ScenarioError(sorted(desk.problems, key=lambda each: (each.file, each.line, each.column)))
    name = root.name or printable(source.stem)[:LONGEST_NAME]
    return specs.Scenario(
        name=name,
        start=root.start,
        horizon_s=horizon_s,
        warmup_s=root.warmup_h * S_PER_H,
        seed=root.seed,
        site=site,
        economics=economics_of(root.economics),
        pools=tuple(pools.values()),
        services=services,
        jobs=jobs,
        mixes=mixes,
        choose=choose,
        source=source,
        document={**desk.resolved(), "name": name},
        assumed=assumed,
        warnings=tuple(desk.warnings),
    )


def _warn_of_idleness(
    services: Sequence[specs.Service], jobs: Sequence[specs.JobStream], pools: Mapping[str, specs.Pool], desk: Desk
) -> None:
    """Warns where nothing is to be done, and where services leave no accelerator to the jobs of their pool."""
    if not services and not jobs:
        desk.warnings.append("neither services nor jobs: the fleet idles")
    for index, stream in enumerate(jobs):
        held = sum(each.tensor_parallel * each.replicas_max for each in services if each.pool == stream.pool)
        if stream.pool in pools and held >= pools[stream.pool].accelerators:
            text = f"services may hold all {held} accelerators of pool '{stream.pool}'"
            desk.warn(("jobs", index), f"{text}: jobs start only where an autoscaler stops replicas")


def _assumed_defaults(root: Root) -> Iterator[str]:
    """Paths of the site and the economics that the scenario leaves to a default which is only assumed."""
    for name, part in (("site", root.site), ("economics", root.economics)):
        yield from _unsaid(part, name)


def _unsaid(part: BaseModel, path: str) -> Iterator[str]:
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        if name not in part.model_fields_set and "Default, assumed" in (info.description or ""):
            yield f"{path}.{name}"
        elif isinstance(value, BaseModel):
            yield from _unsaid(value, f"{path}.{name}")
