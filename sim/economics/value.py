"""What the useful outputs of a run are worth in their fields, and what stays after their cost.

An output at the field's target accuracy is worth the field's `value_usd`, and proportionally less or more below and
above: where half of the target is right, half of the worth is there. Outputs that break a promise are worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum

from sim.record.ledger import ServiceTotals
from sim.strategies.plan import Deployment
from sim.strategies.published import FIXED_TIME


def service_value_usd(deployment: Deployment, totals: ServiceTotals) -> float | None:
    """Worth of the useful outputs of a service over the window; None where nobody knows what one is worth.

    Fixed-time models answer nothing that could be worth anything.
    """
    each_usd = deployment.service.field.value_usd
    if each_usd is None or deployment.variant.model.family == FIXED_TIME:
        return None
    return totals.met * each_usd * deployment.ungated_gain


def total_value_usd(deployments: Mapping[str, Deployment], services: Mapping[str, ServiceTotals]) -> float | None:
    """Worth of the useful outputs of all services; None where that of none is known."""
    known = [service_value_usd(each, services[name]) for name, each in deployments.items()]
    return fsum(each for each in known if each is not None) if any(each is not None for each in known) else None


def net_benefit_usd(value_usd: float | None, cost_usd: float | None) -> float | None:
    """Worth less cost; None where either is unknown."""
    return None if value_usd is None or cost_usd is None else value_usd - cost_usd
