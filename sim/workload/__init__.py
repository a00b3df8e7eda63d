"""What the fleet is asked to do: requests and jobs, generated or from traces, as arrays in order of time.

The engine opens the traffic of each service and the jobs of each stream here. Files of any known format become one
schema; every row of a file is used, or counted in a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.workload.jobs import JobTable, open_jobs
from sim.workload.traffic import CHUNK_ROWS, RequestChunk, Traffic

if TYPE_CHECKING:
    from sim.workload.requests import open_traffic

__all__ = ["CHUNK_ROWS", "JobTable", "RequestChunk", "Traffic", "open_jobs", "open_traffic"]


def __getattr__(name: str) -> object:
    if name == "open_traffic":  # loads the compiler, which checking a scenario does without
        from sim.workload.requests import open_traffic

        return open_traffic
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
