"""Whether a run keeps every promise and limit, with the text of each one that it does not."""

from __future__ import annotations

from collections.abc import Iterator

from sim.economics.metering import Metered
from sim.record.ledger import Ledger, ServiceTotals
from sim.scenario.specs import Slo
from sim.strategies.plan import Deployment, Plan
from sim.units import W_PER_KW

PROMISED_SHARE = 0.99  # what "p99" promises: of requests that ended or are late already


def broken_promises(plan: Plan, ledger: Ledger, meter: Metered) -> tuple[str, ...]:
    """One text for each promise to users, accuracy floor or limit of the site that is not kept; none: feasible."""
    return (*_of_services(plan, ledger), *_of_site(plan, meter))


def judged(totals: ServiceTotals) -> int:
    """Requests that promises are counted over: completed, rejected, and unfinished but late already."""
    return totals.completed + totals.rejected + totals.late


def _of_services(plan: Plan, ledger: Ledger) -> Iterator[str]:
    """Promises and floors of the services."""
    for name, deployment in plan.deployments.items():
        totals = ledger.services[name]
        for text in _latency(deployment.service.slo, totals):
            yield f"{name}: {text}"
        yield from _accuracy(deployment)


def _latency(slo: Slo, totals: ServiceTotals) -> Iterator[str]:
    """Promised latencies that fewer than 99 % of the requests met."""
    promises = (
        ("ttft", slo.ttft_p99_s, totals.ttft_met, totals.ttft_s.p99),
        ("tpot", slo.tpot_p99_s, totals.tpot_met, totals.tpot_s.p99),
        ("e2e", slo.e2e_p99_s, totals.e2e_met, totals.e2e_s.p99),
    )
    for name, promise_s, met, p99_s in promises:
        if promise_s is None or met >= PROMISED_SHARE * judged(totals):
            continue
        if p99_s is not None and p99_s > promise_s:
            yield f"{name} p99 {p99_s:.3g} s > {promise_s:g} s promised"
        else:
            share = met / judged(totals)
            yield (
                f"{share:.1%} of requests within {name} {promise_s:g} s, 99 % promised"
                f" ({totals.rejected} rejected, {totals.late} unfinished and late)"
            )


def _accuracy(deployment: Deployment) -> Iterator[str]:
    """The floor of the field."""
    field = deployment.service.field
    if deployment.accuracy < field.floor:
        yield (
            f"{deployment.service.name}: accuracy {deployment.accuracy:.3f} of {deployment.variant.name}"
            f" is below the floor of field {field.name} ({field.floor:g})"
        )


def _of_site(plan: Plan, meter: Metered) -> Iterator[str]:
    """What the site may draw."""
    limit_w = plan.scenario.site.power_limit_w
    if limit_w is not None and meter.peak_kw * W_PER_KW > limit_w:
        yield f"site: peak {meter.peak_kw:.4g} kW > limit {limit_w / W_PER_KW:g} kW"
