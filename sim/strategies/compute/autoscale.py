"""A service's replicas follow its load by one of four rules: concurrency, queue, forecast, or the time of day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from sim.catalog import entries
from sim.scenario.specs import Scenario
from sim.strategies.compute.autoscale_forecast import ByForecast
from sim.strategies.compute.autoscale_rules import ByConcurrency, ByQueue, BySchedule
from sim.strategies.compute.autoscale_steady import Rule, SteadyAutoscaler
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context
from sim.units import S_PER_H

PERIOD_S = 15.0  # default of the Kubernetes horizontal autoscaler
SCALE_DOWN_DELAY_S = 300.0  # default of the Kubernetes horizontal autoscaler
IDLE_S = 300.0  # default cool-down of KEDA, which scales deployments to zero
TECHNIQUES = {
    "target_utilisation": "target-utilisation",
    "queue_per_replica": "queue",
    "predictive": "predictive",
    "schedule": "schedule",
}


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """A service's replicas follow its load between its `min` and `max`."""

    new_rule: Callable[[], Rule]
    scale_down_delay_s: float
    idle_s: float
    period_s: float
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Autoscaling:
        """From `autoscale: {target_utilisation | queue_per_replica | predictive | schedule, period_s, ...}`."""
        options = {"period_s": PERIOD_S, "idle_s": IDLE_S, **context.measure.options}
        by = next(name for name in TECHNIQUES if name in options)
        delay_s = 0.0 if by == "schedule" else SCALE_DOWN_DELAY_S
        return cls(
            _new_rule(by, options, context.scenario),
            options.get("scale_down_delay_s", delay_s),
            options["idle_s"],
            options["period_s"],
            context.catalogue.technique("autoscale", TECHNIQUES[by]),
        )

    def obstacle(self, target: Deployment) -> str | None:
        """A service with a fixed number of replicas has nothing to scale."""
        service = target.service
        if service.replicas_max > service.replicas_min:
            return None
        return f"'{service.name}' has always {service.replicas_max} replicas: let its min be below its max"

    def apply(self, target: Deployment) -> Deployment:
        """The service with an autoscaler of its own."""
        scaler = SteadyAutoscaler(self.new_rule, self.scale_down_delay_s, self.idle_s, self.period_s)
        return replace(target, autoscaler=scaler)

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, "autoscale", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)


def _new_rule(by: str, options: Mapping[str, Any], scenario: Scenario) -> Callable[[], Rule]:
    """What makes the rule of one run."""
    value, period_s = options[by], options["period_s"]
    if by == "target_utilisation":
        return lambda: ByConcurrency(value)
    if by == "queue_per_replica":
        return lambda: ByQueue(value)
    if by == "predictive":
        return lambda: ByForecast(value["target_utilisation"], value.get("ahead_s", 0.0), period_s)
    schedule = BySchedule.of(value, period_s, start_local_s(scenario))
    return lambda: schedule


def start_local_s(scenario: Scenario) -> float:
    """Seconds since midnight of the site's standard time at time 0."""
    utc = scenario.start.astimezone(UTC)
    utc_s = S_PER_H * utc.hour + 60.0 * utc.minute + utc.second + 1e-6 * utc.microsecond
    return utc_s + S_PER_H * scenario.site.utc_offset_h
