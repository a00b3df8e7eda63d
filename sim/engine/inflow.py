"""Requests of one service on their way from the users to the replicas, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.engine.remembered import Remembered
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
    """Traffic that reaches the replicas `decision_s` after it arrived; `coming` is what the kernels work on now.

    While no replica takes requests it is shut: they wait, and reach the replicas when it opens again.
    """

    def __init__(
        self, traffic: Traffic, decision_s: float, from_s: float, remembered: Remembered | None = None
    ) -> None:
        """Requests that arrive at or after `from_s` are of the cohort; those `remembered` go no further."""
        self.arrived = 0  # in the cohort
        self._traffic, self._decision_s, self._from_s = traffic, decision_s, from_s
        self._remembered = remembered
        self._open_s = 0.0  # since when; infinite while it is shut
        self.coming = self.following()

    def following(self) -> Coming:
        """Moves on to the next chunk; an empty one where there are no more."""
        taken = self._traffic.next_chunk()
        chunk = EMPTY_CHUNK if taken is None else taken
        self.arrived += int(np.count_nonzero(chunk.arrival_s >= self._from_s))
        if self._remembered is not None:
            chunk = self._remembered.missed(chunk)
        self.coming = Coming(chunk, self._reach_s(chunk), taken is None)
        return self.coming

    def _reach_s(self, chunk: RequestChunk) -> Floats:
        """When the requests of a chunk reach a replica, as far as that is known."""
        reach_s = chunk.arrival_s + self._decision_s if self._decision_s > 0.0 else chunk.arrival_s
        return np.maximum(reach_s, self._open_s) if self._open_s > 0.0 else reach_s

    def let_in(self, is_open: bool, now: float) -> None:
        """Shuts or opens the way to the replicas at `now`; what has reached them already is not concerned."""
        if is_open != np.isfinite(self._open_s):
            self._open_s = now if is_open else np.inf
            self.coming = replace(self.coming, reach_s=self._reach_s(self.coming.chunk))

    def held(self, row: int, now: float) -> int:
        """Requests of the chunk from row `row` on that have arrived by `now` and wait for the way to open."""
        if np.isfinite(self._open_s):
            return 0
        return int(np.searchsorted(self.coming.chunk.arrival_s[row:] + self._decision_s, now, side="right"))

    def undecided_s(self, row: int) -> Floats:
        """Arrivals of the cohort from row `row` of the chunk on, for which no replica was chosen by the horizon."""
        now = self.coming
        left = [now.chunk.arrival_s[row:]]
        while not self.coming.last:
            left.append(self.following().chunk.arrival_s)
        self.coming = now
        arrival_s = np.concatenate(left)
        return arrival_s[arrival_s >= self._from_s]
