"""From a schema instance to the frozen specs: names resolved, units made SI, the whole checked."""

from __future__ import annotations

from sim.scenario.compiling.whole import compiled

__all__ = ["compiled"]
