"""What an adapting service was worth in the end: accuracy over the forms of its model, by the outputs of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sim.record.ledger import Ledger, ServiceTotals
from sim.strategies.plan import Deployment, Plan
from sim.units import S_PER_H


def as_served(plan: Plan, ledger: Ledger) -> Plan:
    """The plan with the accuracies that were served; itself where no leaner form served anything."""
    served = {name: mixed(each, ledger.services[name]) for name, each in plan.deployments.items()}
    return plan if served == plan.deployments else replace(plan, deployments=served)


@dataclass(frozen=True, slots=True)
class AsItWas:
    """A leaner form that does not change with the deployment that it belongs to."""

    form: Deployment

    def apply(self, target: Deployment) -> Deployment:
        """The form, whatever the target."""
        return self.form


def mixed(deployment: Deployment, totals: ServiceTotals) -> Deployment:
    """The deployment with the accuracy of its outputs.

    Both forms share the model and most of its uncertainty, so deviations are added, not their squares.
    """
    adaptation, lean, share = deployment.adaptation, deployment.lean, lean_share(totals)
    if adaptation is None or lean is None or share == 0.0:
        return deployment
    accuracy = (1.0 - share) * deployment.accuracy + share * lean.accuracy
    return replace(
        deployment,
        accuracy=accuracy,
        accuracy_sd=(1.0 - share) * deployment.accuracy_sd + share * lean.accuracy_sd,
        ungated_gain=accuracy / deployment.service.field.target,
        adaptation=replace(adaptation, leaner=AsItWas(lean)),
    )


def lean_share(totals: ServiceTotals) -> float:
    """Share of the outputs in the window that the leaner form made; 0 where the service does not adapt."""
    if totals.adapted is None or not totals.outputs_in_window:
        return 0.0
    return totals.adapted.lean_outputs / totals.outputs_in_window


def adaptation_result(deployment: Deployment, totals: ServiceTotals, window_s: float) -> dict[str, object] | None:
    """The leaner form in a service's result; None where the service does not adapt."""
    lean, adapted = deployment.lean, totals.adapted
    if lean is None or adapted is None:
        return None
    return {
        "variant": lean.variant.name,
        "accuracy": lean.accuracy,
        "time_share": adapted.lean_s / window_s,
        "output_share": lean_share(totals),
        "switches": adapted.switches,
        "returned_s": adapted.returned_s,
    }


def adaptation_notes(plan: Plan, ledger: Ledger) -> Iterator[str]:
    """That the guard gave a leaner form up, or that one never served."""
    for name, deployment in plan.deployments.items():
        adapted, adaptation, lean = ledger.services[name].adapted, deployment.adaptation, deployment.lean
        if adapted is None or adaptation is None or lean is None:
            continue
        if adapted.returned_s is not None:
            yield (
                f"{name}: the guard gave {lean.variant.name} up for good after {adapted.returned_s / S_PER_H:.3g} h:"
                f" more of it would bring accuracy below the floor of {deployment.service.field.floor:g}"
            )
        elif not adapted.switches:
            rise = f"{adaptation.watched} above {adaptation.above:g}"
            yield f"{name}: never adapted: {rise} did not come, or the guard forbade it"
