"""Algorithms of the field's own: answers that are remembered, a smaller model first, layers that are skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sim.strategies.plan import Deployment
from sim.strategies.technique import Context, Technique
from sim.strategies.vertical.cascade import Cascading
from sim.strategies.vertical.early_exit import EarlyExiting
from sim.strategies.vertical.response_cache import Remembering

FORMS: Final[Mapping[str, Callable[[Context], Technique[Deployment]]]] = {
    "cache": Remembering.build,
    "cascade": Cascading.build,
    "early_exit": EarlyExiting.build,
}


def specialisation(context: Context) -> Technique[Deployment]:
    """From `specialise: {FORM: {...}}`; a form is one of `FORMS`."""
    (form,) = context.measure.options
    return FORMS[form](context)
