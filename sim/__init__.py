"""Discrete-event simulator of AI datacenters: compare strategy mixes by cost, energy, latency and accuracy.

    import sim

    scenario = sim.load("scenarios/chatbot.yaml", "pools.h100.nodes=8")
    run = sim.run(scenario, mix="lean")             # run.summary, run.timeseries
    found = sim.compare(scenario, replications=10)  # found.table(), found.to_json()
    figure, axes = sim.draw(found, "cost")

Names are imported when they are first used, so that `import sim` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.catalog import Catalogue
    from sim.errors import InputError, SimError, UsageError
    from sim.notebook import break_even, choose, draw, load, reprice, save, sweep, with_
    from sim.scenario import Scenario
    from sim.study import Comparison, Run, compare, estimate, run
    from sim.study.evaluating import evaluate
    from sim.study.sizing import size

_HOMES = {
    "Catalogue": "sim.catalog",
    "Comparison": "sim.study",
    "InputError": "sim.errors",
    "Run": "sim.study",
    "Scenario": "sim.scenario",
    "SimError": "sim.errors",
    "UsageError": "sim.errors",
    "break_even": "sim.notebook",
    "choose": "sim.notebook",
    "compare": "sim.study",
    "draw": "sim.notebook",
    "estimate": "sim.study",
    "evaluate": "sim.study.evaluating",
    "load": "sim.notebook",
    "reprice": "sim.notebook",
    "run": "sim.study",
    "save": "sim.notebook",
    "size": "sim.study.sizing",
    "sweep": "sim.notebook",
    "with_": "sim.notebook",
}
__all__ = [
    "Catalogue",
    "Comparison",
    "InputError",
    "Run",
    "Scenario",
    "SimError",
    "UsageError",
    "break_even",
    "choose",
    "compare",
    "draw",
    "estimate",
    "evaluate",
    "load",
    "reprice",
    "run",
    "save",
    "size",
    "sweep",
    "with_",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
