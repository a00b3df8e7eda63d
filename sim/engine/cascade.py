"""A smaller model goes first: what it answers well enough is kept, the rest goes on to the model behind it.

Two runs of one service on one pool, the first always advanced before the second. A request belongs to one of them at a
time, is counted once, and its latency begins where it arrived at the first; answers that are thrown away are work, but
no output. Which requests are kept is drawn by their number at the first model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.inflow import EMPTY_CHUNK, Coming, Inflow
from sim.engine.latencies import Latencies
from sim.engine.token_service import TokenService
from sim.kernels import serving_layout as at
from sim.kernels.draws import fill_uniform_at
from sim.scenario.specs import Slo
from sim.workload import RequestChunk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EMPTY_TIMES: Floats = np.zeros((0, at.LOG_TIMES))
EMPTY_COUNTS: Ints = np.zeros((0, at.LOG_COUNTS), np.int64)


def first_name(service: str) -> str:
    """Name of the run of the model that goes first; no service can have it."""
    return f"{service}/first"


class FirstAnswers(Latencies):
    """What the first model answered: kept answers go to the statistics of the service, the others wait to go on."""

    def __init__(self, slo: Slo, from_s: float, keep_share: float, key: np.uint64, whole: Latencies) -> None:
        """`whole` holds the statistics of the service, which both models write to."""
        super().__init__(slo, from_s)
        self._keep_share, self._key, self._whole = keep_share, key, whole
        self._going_times: Floats = EMPTY_TIMES
        self._going_counts: Ints = EMPTY_COUNTS
        self.thrown_away = 0  # outputs of answers that went on

    def add(self, times: Floats, counts: Ints, rows: int) -> None:
        """Sorts the first rows of the first model's log; what it rejected goes nowhere."""
        times, counts = times[:rows], counts[:rows]
        luck = np.empty(rows)
        fill_uniform_at(self._key, np.ascontiguousarray(counts[:, at.LOG_ID]), luck)
        goes = (luck >= self._keep_share) & ~np.isnan(times[:, at.LOG_FINISH_S])
        stays = np.flatnonzero(~goes)
        self._whole.add(np.ascontiguousarray(times[stays]), np.ascontiguousarray(counts[stays]), len(stays))
        self._going_times, self._going_counts = (
            np.concatenate((self._going_times, times[goes])),
            np.concatenate((self._going_counts, counts[goes])),
        )
        self.thrown_away += int(counts[goes, at.LOG_OUTPUT].sum())

    def take(self) -> tuple[Floats, Ints]:
        """Log rows of the requests that go on, in the order of their answers; they are gone from here."""
        order = np.argsort(self._going_times[:, at.LOG_FINISH_S], kind="stable")
        taken = self._going_times[order], self._going_counts[order]
        self._going_times, self._going_counts = self._going_times[:0], self._going_counts[:0]
        return taken

    def waiting_s(self) -> Floats:
        """Arrivals of the requests that go on and were not taken yet."""
        return self._going_times[:, at.LOG_ARRIVAL_S]


class Escalated(Inflow):
    """Requests that reach the second model when the first has answered them; `arrived` stays 0: they did before."""

    def __init__(self, answers: FirstAnswers, groups: int, key: np.uint64) -> None:
        """`groups` of prompts, 0 for none; `key` of the stream that their traffic draws them from."""
        self._answers, self._groups, self._key = answers, groups, key
        self._is_open, self._open_s = True, 0.0
        self.arrived = 0
        self.coming = Coming(EMPTY_CHUNK, EMPTY_CHUNK.arrival_s, True)

    def following(self) -> Coming:
        """The requests that have come since the last look, then none until the first model has moved on."""
        times, counts = self._answers.take() if self._is_open else (EMPTY_TIMES, EMPTY_COUNTS)
        chunk = RequestChunk(
            arrival_s=np.ascontiguousarray(times[:, at.LOG_ARRIVAL_S]),
            input_tokens=counts[:, at.LOG_INPUT].astype(np.int32),
            output_tokens=counts[:, at.LOG_OUTPUT].astype(np.int32),
            service_s=np.zeros(len(times)),
            prefix_group=self._groups_of(counts[:, at.LOG_ID]),
        )
        reach_s = np.maximum(times[:, at.LOG_FINISH_S], self._open_s)
        self.coming = Coming(chunk, reach_s, len(times) == 0)
        return self.coming

    def _groups_of(self, numbers: Ints) -> NDArray[np.int32] | None:
        """Groups of the requests of these numbers, as the traffic draws them."""
        if self._groups == 0:
            return None
        luck = np.empty(len(numbers))
        fill_uniform_at(self._key, np.ascontiguousarray(numbers), luck)
        return (self._groups * luck).astype(np.int32)

    def let_in(self, is_open: bool, now: float) -> None:
        """Shuts or opens the way to the replicas at `now`; while it is shut, requests wait with the first model."""
        if is_open and not self._is_open:
            self._open_s = now
        self._is_open = is_open

    def held(self, row: int, now: float) -> int:
        """Requests that wait for the way to open."""
        return 0 if self._is_open else len(self._answers.waiting_s())

    def undecided_s(self, row: int) -> Floats:
        """Arrivals of the cohort that were answered by the first model and never reached the second."""
        arrival_s = np.concatenate((self.coming.chunk.arrival_s[row:], self._answers.waiting_s()))
        return arrival_s[arrival_s >= self._answers.from_s]


class FirstService(TokenService):
    """The smaller model: its answers are sorted at every instant, so that the second finds them."""

    def advance(self, now: float) -> None:
        """Brings requests, tokens and joules up to `now`, and sorts what was answered."""
        super().advance(now)
        self.fold_log()

    @property
    def outputs(self) -> int:
        """Total tokens produced, without those that were thrown away."""
        assert isinstance(self.latencies, FirstAnswers)
        return super().outputs - self.latencies.thrown_away


class SecondService(TokenService):
    """The model behind: before each step it takes in what the first has passed on."""

    def advance(self, now: float) -> None:
        """Brings requests, tokens and joules up to `now`."""
        self._arrivals = self._taken(self._inflow.following())
        super().advance(now)


@dataclass(frozen=True, slots=True)
class Stage:
    """How one model of a service runs: alone, first, or behind another."""

    kind: type[TokenService]
    whole: Latencies  # statistics of the service
    log: Latencies  # what this model's log goes to
    inflow: Inflow | None = None  # None: the service's traffic
