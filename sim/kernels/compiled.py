"""The one way kernels are compiled: cached, without the interpreter lock, IEEE division, no fast-math.

Kernels own no memory: arrays come in and are written, nothing is allocated or returned but scalars. So Numba's runtime
for counting references is left out (`_nrt`): taking an array out of a named tuple would otherwise cost two atomic
operations, and the serving kernel does that a hundred times per request (measured: 12 times slower).

With NUMBA_DISABLE_JIT=1 the same functions run as plain Python, which is how their coverage is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a kernel at its first call; arguments are arrays (also in named tuples) and scalars."""
    return _compiled(function, forceinline=False)


def inlined(function: Function) -> Function:
    """Likewise, as a part of every kernel that calls it: a call hands over each array of a tuple word by word."""
    return _compiled(function, forceinline=True)


def _compiled(function: Function, *, forceinline: bool) -> Function:
    compiler = njit(  # type: ignore[call-overload]
        cache=True, nogil=True, error_model="numpy", forceinline=forceinline, _nrt=False
    )
    return cast("Function", compiler(function))
