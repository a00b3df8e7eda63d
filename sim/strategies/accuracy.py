"""How the effects of several measures on accuracy combine, and what stays of their uncertainty.

A technique's factor f is relative to the model before it. A loss (f < 1) scales the accuracy, a -> a * f: published
figures say "98.4 % of the score is kept". A gain (f > 1) divides the error, a -> 1 - (1 - a) / f, so that accuracy
never exceeds 1 however many gains follow one another; for small gains on hard tasks both forms agree to first order in
the error. Effects are taken as independent, so relative variances add.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt

from sim.catalog.entries import Technique
from sim.strategies.plan import Deployment

ANY_FIELD = "*"


def with_effect(deployment: Deployment, factor: float, spread: float) -> Deployment:
    """The deployment after an effect with the given factor (> 0) and its standard deviation.

    Accuracy 0 stays 0 under a loss and has no relative spread.
    """
    before, variant = deployment.accuracy, deployment.variant
    after = changed_accuracy(before, factor)
    slope = before if factor <= 1.0 else (1.0 - before) / factor**2  # d(after) / d(factor)
    relative_spread = slope * spread / after if after > 0.0 else 0.0
    changed = replace(
        variant,
        accuracy_factor=variant.accuracy_factor * (after / before if before > 0.0 else 1.0),
        accuracy_variance=variant.accuracy_variance + relative_spread**2,
    )
    return replace(
        deployment,
        variant=changed,
        accuracy=after,
        accuracy_sd=after * sqrt(changed.accuracy_variance),
        ungated_gain=after / deployment.service.field.target,
    )


def effect_of(technique: Technique, deployment: Deployment) -> tuple[float, float]:
    """Factor of a technique on a deployment in its field, and the factor's standard deviation.

    Where the technique was measured after a step that the model has been through, that figure counts.
    """
    field = deployment.service.field.name
    factor = in_field(technique.accuracy_factor, field, 1.0)
    for step in deployment.variant.steps:
        factor = in_field(technique.accuracy_after.get(step, {}), field, factor)
    return factor, in_field(technique.accuracy_spread, field, 0.0)


def changed_accuracy(accuracy: float, factor: float) -> float:
    """Accuracy 0..1 after an effect: a loss scales it, a gain divides the error."""
    return accuracy * factor if factor <= 1.0 else 1.0 - (1.0 - accuracy) / factor


def in_field(figures: Mapping[str, float], field: str, otherwise: float) -> float:
    """A technique's figure for a field: its own, else the one for all fields (`*`), else `otherwise`."""
    return figures.get(field, figures.get(ANY_FIELD, otherwise))
