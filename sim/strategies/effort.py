"""What the techniques of the algorithm and vertical families cost up front, and which of their figures are assumed."""

from __future__ import annotations

from sim.catalog import entries
from sim.strategies.plan import Deployment, Family, UpFront

GIGA = 1e9


def technique_cost(family: Family, technique: entries.Technique, target: Deployment, parameters: float) -> UpFront:
    """Work on a model of `parameters` weights: accelerator-hours grow with them, an engineer's hours do not.

    The accelerator-hours are taken from the service's own pool.
    """
    return UpFront(
        family=family,
        measure=f"{technique.measure} {technique.option}",
        engineer_h=technique.engineer_h,
        accelerator_h=technique.accelerator_h + technique.accelerator_h_per_gparameter * parameters / GIGA,
        pool=target.service.pool,
        service=target.service.name,
        data_usd=technique.data_usd,
    )


def assumed_figures(technique: entries.Technique) -> tuple[str, ...]:
    """Dotted names of the technique's figures that have no source but an assumption."""
    return tuple(f"techniques.{technique.name}.{figure}" for figure in technique.assumed())


def set_up(family: Family, technique: entries.Technique, measure: str, service: str | None = None) -> UpFront:
    """Work of engineers alone, on one service or, without one, on a pool or the site."""
    return UpFront(family=family, measure=measure, engineer_h=technique.engineer_h, service=service)
