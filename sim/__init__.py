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
    from sim.errors import DemandError, InputError, SimError, UsageError
    from sim.notebook import draw, load, save, sweep
    from sim.scenario import Scenario
    from sim.study import Comparison, Estimate, Run, Sweep, compare, estimate, run

_HOMES = {
    "Catalogue": "sim.catalog",
    "Comparison": "sim.study",
    "DemandError": "sim.errors",
    "Estimate": "sim.study",
    "InputError": "sim.errors",
    "Run": "sim.study",
    "Scenario": "sim.scenario",
    "SimError": "sim.errors",
    "Sweep": "sim.study",
    "UsageError": "sim.errors",
    "compare": "sim.study",
    "draw": "sim.notebook",
    "estimate": "sim.study",
    "load": "sim.notebook",
    "run": "sim.study",
    "save": "sim.notebook",
    "sweep": "sim.notebook",
}
__all__ = [
    "Catalogue",
    "Comparison",
    "DemandError",
    "Estimate",
    "InputError",
    "Run",
    "Scenario",
    "SimError",
    "Sweep",
    "UsageError",
    "compare",
    "draw",
    "estimate",
    "load",
    "run",
    "save",
    "sweep",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
