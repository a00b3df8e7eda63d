"""In which order measures on one model make sense: distil, prune, quantise, speculate; one that adapts comes last.

Each step is made from what the step before it left: a student from a whole teacher, a pruned model from a trained one,
narrow formats from final weights, a draft for the model that it will draft for. Effects on accuracy combine as products
in any order; where a pair was measured together, that figure takes the place of the product (`accuracy_after`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from sim.scenario.specs import Measure
from sim.strategies.plan import Deployment

LOSES: Final = {  # what the later step loses of the earlier one that it should have come before
    ("quantise", "distil"): "the student has to be calibrated anew",
    ("quantise", "prune"): "retraining needs the wide weights, and what is left has to be calibrated anew",
    ("speculate", "prune"): "its draft was trained for the whole model",
    ("speculate", "quantise"): "its draft was trained for the wide weights",
}


def lost_work(target: Deployment, measure: str) -> str | None:
    """Why a measure that makes another model comes too late: what was done before would be lost; None where not."""
    if target.adaptation is not None:
        return f"'{target.service.name}' adapts at run time already: let adapt come last"
    steps = target.variant.steps
    if measure == "distil" and steps:
        return f"'{target.service.name}' is changed already ({', '.join(steps)}), which a student loses: distil first"
    return None


def order_notes(measures: Iterable[Measure]) -> Iterator[str]:
    """A text for each pair of measures on one model that stand the wrong way round, though both can act."""
    ours = [each for each in measures if each.family == "algorithm"]
    for first, second in combinations(ours, 2):
        loss = LOSES.get((first.kind, second.kind))
        if loss is not None and _meet(first, second):
            yield f"{second.path}: {second.kind} after {first.kind}: {loss}; write {second.kind} before {first.kind}"


def _meet(first: Measure, second: Measure) -> bool:
    """Whether two measures may act on one service."""
    if first.targets is None or second.targets is None:
        return True
    return not set(first.targets).isdisjoint(second.targets)
