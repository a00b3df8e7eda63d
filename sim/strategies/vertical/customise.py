"""A model made to serve its field: trained on examples of it, or told more with every request."""

from __future__ import annotations

from sim.strategies.plan import Deployment
from sim.strategies.technique import Context, Technique
from sim.strategies.vertical.prompt import Prompting
from sim.strategies.vertical.tune import Tuning

TRAINED = ("full", "lora")


def customisation(context: Context) -> Technique[Deployment]:
    """From `customise: METHOD` or `customise: {method: METHOD, ...}`: full, lora, prompt or rag."""
    return Tuning.build(context) if context.measure.options["method"] in TRAINED else Prompting.build(context)
