"""As many replicas as the demand asks for: sized once, from the traffic's peak and the performance model.

A service in balance holds rate x time-in-system requests (Little's law); at the batch that keeps the promised time per
token, that time is output tokens x time per token. Arrivals by chance spread the number like a Poisson law, so room is
kept for what is exceeded in 1 % of the time. The count is taken after all other measures of the mix: a leaner model
asks for fewer replicas. `dcsim size` finds the same by simulating.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Final

from sim.catalog import entries
from sim.scenario.specs import Scenario
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, Plan, PoolPlan, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context

ONE_IN_HUNDRED: Final = 2.326  # standard deviations above the mean of a normal law that 1 % of draws exceed


@dataclass(frozen=True, slots=True)
class SizedAllocation:
    """The service gets the replicas that its peak asks for, at most those that the scenario gives it."""

    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> SizedAllocation:
        """From `allocate: sized`."""
        return cls(context.catalogue.technique("allocate", context.measure.options["allocate"]))

    def obstacle(self, target: Deployment) -> str | None:
        """A fixed-time model has no performance model to size it by."""
        if target.variant.model.family == FIXED_TIME:
            return f"'{target.service.name}' runs a fixed-time model: dcsim size simulates it"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service, to be sized when all measures have acted."""
        return replace(target, sized=True)

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, "allocate sized", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)


def with_sizes(plan: Plan) -> Plan:
    """The plan with the replicas that the peaks of its sized services need, once all measures have acted.

    Where a scenario's maximum is less, it stays at that and says so; a minimum above the need is lowered to it.
    """
    deployments, notes = dict(plan.deployments), []
    for name, deployment in plan.deployments.items():
        service = deployment.service
        if not deployment.sized:
            continue
        needed = replicas_needed(deployment, plan.pools[service.pool], plan.scenario)
        count = min(needed, service.replicas_max)
        if needed > count:
            notes.append(f"{name}: its peak asks for {needed} replicas, and it has at most {count}")
        changed = replace(service, replicas_min=min(service.replicas_min, count), replicas_max=count)
        deployments[name] = replace(deployment, service=changed)
    return replace(plan, deployments=deployments, warnings=(*plan.warnings, *notes))


def replicas_needed(deployment: Deployment, pool: PoolPlan, scenario: Scenario) -> int:
    """Replicas that decode what is in the system at the peak within the promise on the time per output token."""
    from sim.models.replica import replica_tables
    from sim.models.steady import steady_state
    from sim.models.work import cached_tokens, held_context_tokens
    from sim.workload.load_levels import load_of
    from sim.workload.requests import open_traffic

    service = deployment.service
    remembered = 0.0 if deployment.cache is None else deployment.cache.hit_share
    peak_per_s = (1.0 - remembered) * load_of(service, scenario).peak_per_s
    offset_h = scenario.site.utc_offset_h
    traffic = open_traffic(service, scenario.start, scenario.horizon_s, offset_h, scenario.seed, 0)
    prompt, answer = traffic.mean_input_tokens + deployment.added_tokens, traffic.mean_output_tokens
    tables = replica_tables(
        deployment.variant,
        service.engine,
        pool.pool.node.accelerator,
        service.tensor_parallel,
        max(held_context_tokens(prompt, answer, traffic.cv_output_tokens), 1.0),
        pool.power_cap_w,
        pool.clock_mhz,
    )
    hits = cached_tokens(prompt, service.prefix_hit_share)

    def pace_s(batch: int) -> float:
        return steady_state(tables, batch, prompt, answer, cached_tokens=hits).tpot_s

    promised_s, most = service.slo.tpot_p99_s, tables.batch_max
    batch = most if promised_s is None else max(bisect_right(range(1, most + 1), promised_s, key=pace_s), 1)
    return with_room(peak_per_s * answer * pace_s(batch), batch)


def with_room(in_system: float, places: int) -> int:
    """Replicas of `places` each for a Poisson number of requests with that mean, exceeded in 1 % of the time."""
    return max(1, ceil((in_system + ONE_IN_HUNDRED * sqrt(in_system)) / places))
