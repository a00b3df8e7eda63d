"""The run: SimPy processes decide at control instants, `World.advance` moves everything between them in kernels."""

from sim.engine.run import simulate

__all__ = ["simulate"]
