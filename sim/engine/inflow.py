"""Requests of one service on their way from the users to the replicas, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.workload import RequestChunk, Traffic

Floats = NDArray[np.float64]
EMPTY_CHUNK = RequestChunk(
    arrival_s=np.zeros(0),
    input_tokens=np.zeros(0, np.int32),
    output_tokens=np.zeros(0, np.int32),
    service_s=np.zeros(0),
)


@dataclass(frozen=True, slots=True)
class Coming:
    """Some requests in order of arrival, and when each reaches a replica."""

    chunk: RequestChunk
    reach_s: Floats
    last: bool  # none follow


class Inflow:
    """Traffic that reaches the replicas `decision_s` after it arrived; `coming` is what the kernels work on now."""

    def __init__(self, traffic: Traffic, decision_s: float, from_s: float) -> None:
        """Requests that arrive at or after `from_s` are of the cohort."""
        self.arrived = 0  # in the cohort
        self._traffic, self._decision_s, self._from_s = traffic, decision_s, from_s
        self.coming = self.following()

    def following(self) -> Coming:
        """Moves on to the next chunk; an empty one where there are no more."""
        taken = self._traffic.next_chunk()
        chunk = EMPTY_CHUNK if taken is None else taken
        self.arrived += int(np.count_nonzero(chunk.arrival_s >= self._from_s))
        reach_s = chunk.arrival_s + self._decision_s if self._decision_s > 0.0 else chunk.arrival_s
        self.coming = Coming(chunk, reach_s, taken is None)
        return self.coming

    def undecided_s(self, row: int) -> Floats:
        """Arrivals of the cohort from row `row` of the chunk on, for which no replica was chosen by the horizon."""
        left = [self.coming.chunk.arrival_s[row:]]
        while not self.coming.last:
            left.append(self.following().chunk.arrival_s)
        arrival_s = np.concatenate(left)
        return arrival_s[arrival_s >= self._from_s]
