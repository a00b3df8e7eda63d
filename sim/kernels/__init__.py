"""Numeric kernels over arrays, compiled by Numba; each runs as plain Python too, with NUMBA_DISABLE_JIT=1.

Importing the package settles where compiled kernels are kept, before any of its modules imports Numba.
"""

from sim.kernels.cache_folder import choose_folder

choose_folder()
