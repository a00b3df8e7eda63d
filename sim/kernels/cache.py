"""Compiles all kernels ahead of time: `python -m sim.kernels.cache`, or `warm()` before worker processes start.

Several processes that fill one cache at once can corrupt it, and each would compile by itself. Every module of this
package that holds kernels has a function `warm_up`, which calls them once with the types that the program uses.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from sim import kernels


def warm() -> tuple[str, ...]:
    """Runs `warm_up` of every kernel module, in order of name; gives the names of those modules."""
    warmed = []
    for found in pkgutil.iter_modules(kernels.__path__, f"{kernels.__name__}."):
        warm_up = getattr(import_module(found.name), "warm_up", None)
        if warm_up is not None:
            warm_up()
            warmed.append(found.name)
    return tuple(warmed)


if __name__ == "__main__":
    warm()
