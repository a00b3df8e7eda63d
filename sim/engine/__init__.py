"""The run: SimPy processes decide at control instants, `World.advance` moves everything between them in kernels."""

from sim.engine.simulate import simulate

__all__ = ["simulate"]
