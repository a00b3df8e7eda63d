"""The `services` and `jobs` of a run's result: what was asked, what was served, how fast, and at what cost each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from sim.economics.feasibility import judged
from sim.economics.leanness import Leanness
from sim.economics.served import adaptation_result
from sim.economics.shares import Share
from sim.economics.value import net_benefit_usd, service_value_usd
from sim.errors import InvariantError
from sim.record.ledger import JobTotals, ServiceTotals
from sim.strategies.plan import Deployment
from sim.strategies.published import FIXED_TIME
from sim.units import J_PER_KWH

MILLION = 1e6
TOKENS = "llm"  # the family whose outputs are tokens


def service_result(
    deployment: Deployment, totals: ServiceTotals, share: Share, lean: Leanness | None, window_s: float
) -> dict[str, object]:
    """One service as the result shows it. Only language models make tokens; fixed-time models have no accuracy.

    Raises InvariantError where requests are lost or made up.
    """
    if totals.arrived != totals.completed + totals.rejected + totals.in_flight:
        raise InvariantError(f"requests of {deployment.service.name} are not conserved: {totals}")
    family = deployment.variant.model.family
    speaks, answers = family == TOKENS, family != FIXED_TIME
    tokens = totals.outputs_in_window if speaks else 0
    joules = None if share.facility_kwh is None else share.facility_kwh * J_PER_KWH
    value_usd = service_value_usd(deployment, totals)
    return {
        "arrived": totals.arrived,
        "completed": totals.completed,
        "rejected": totals.rejected,
        "in_flight": totals.in_flight,
        "late": totals.late,
        "throughput_per_s": totals.completed / window_s,
        "goodput_per_s": totals.met / window_s,
        "output_tokens_per_s": tokens / window_s if speaks else None,
        "ttft_s": asdict(totals.ttft_s),
        "tpot_s": asdict(totals.tpot_s),
        "e2e_s": asdict(totals.e2e_s),
        "slo_attainment": quotient(totals.met, judged(totals)),
        "variant": deployment.variant.name,
        "accuracy": deployment.accuracy if answers else None,
        "accuracy_sd": deployment.accuracy_sd if answers else None,
        "accuracy_over_target": deployment.ungated_gain if answers else None,
        "leanness": lean.reference_s / lean.used_s if lean else None,
        "adaptation": adaptation_result(deployment, totals, window_s),
        "mean_batch": totals.mean_batch,
        "replicas_mean": totals.replicas_mean,
        "preemptions": totals.preemptions,
        "prefix_hits": totals.prefix_hits,
        "cost_usd": share.usd,
        "value_usd": value_usd,
        "net_benefit_usd": net_benefit_usd(value_usd, share.usd),
        "usd_per_useful_output": quotient(share.usd, totals.met),
        "usd_per_million_output_tokens": quotient(share.usd, tokens / MILLION),
        "j_per_output_token": quotient(joules, tokens),
        "j_per_useful_output": quotient(joules, totals.met),
        "accelerator_j_per_output_token": quotient(totals.accelerator_j, tokens),
    }


def job_result(name: str, totals: JobTotals, share: Share) -> dict[str, object]:
    """One stream of jobs as the result shows it; raises InvariantError where jobs are lost or made up."""
    if totals.arrived != totals.completed + totals.running + totals.queued + totals.rejected:
        raise InvariantError(f"jobs of {name} are not conserved: {totals}")
    return {
        "arrived": totals.arrived,
        "completed": totals.completed,
        "running": totals.running,
        "queued": totals.queued,
        "rejected": totals.rejected,
        "failures": totals.failures,
        "wait_s": asdict(totals.wait_s),
        "turnaround_s": asdict(totals.turnaround_s),
        "makespan_s": totals.makespan_s,
        "utilisation": totals.utilisation,
        "slowdown": asdict(totals.slowdown),
        "preemptions": totals.preemptions,
        "cost_usd": share.usd,
        "facility_kwh": share.facility_kwh,
    }


def useful_outputs(deployments: Mapping[str, Deployment], services: Mapping[str, ServiceTotals]) -> int | None:
    """Requests completed within their promise; None without services or where they make different kinds of output."""
    kinds = {each.variant.model.family for each in deployments.values()}
    return sum(services[name].met for name in deployments) if len(kinds) == 1 else None


def quotient(value: float | None, by: float | None) -> float | None:
    """value / by; None where either does not exist or `by` is 0."""
    return value / by if value is not None and by else None
