"""Replayed traffic: the requests of a trace once, over and over, or in blocks drawn anew for each replication."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.errors import Problem, TraceError
from sim.kernels.draws import draw, stream_key
from sim.scenario.specs import TraceTraffic
from sim.workload.traces import RequestTrace, Tokens
from sim.workload.traffic import CHUNK_ROWS, RequestChunk

Floats = NDArray[np.float64]
WELL_FILLED: Final = 0.9  # share of the horizon after which it is worth a warning that the trace ends early
Piece = tuple[int, int, float]  # requests [first, last) of the trace, and what is added to their offsets [s]


class TraceReplay:
    """Traffic that plays pieces of a trace one after another; see `Traffic` for what it offers."""

    def __init__(
        self,
        trace: RequestTrace,
        offset_s: Floats,
        pieces: Iterable[Piece],
        horizon_s: float,
        *,
        played: slice,
        mean_rate_per_s: float,
        random: bool,
        warnings: tuple[str, ...],
    ) -> None:
        self.random = random
        self.mean_rate_per_s = mean_rate_per_s
        self.mean_input_tokens = mean_of(trace.input_tokens, played)
        self.mean_output_tokens = mean_of(trace.output_tokens, played)
        self.cv_output_tokens = variation_of(trace.output_tokens, played)
        self.warnings = warnings
        self._trace = trace
        self._offset_s = offset_s
        self._horizon_s = horizon_s
        self._latest_s = 0.0
        self._batches = batches(pieces)

    def next_chunk(self) -> RequestChunk | None:
        """The next requests, at most CHUNK_ROWS; None when there are no more."""
        pieces = next(self._batches, None)
        if pieces is None:
            return None
        rows = np.concatenate([np.arange(first, last) for first, last, _ in pieces])
        shift_s = np.repeat([shift for *_, shift in pieces], [last - first for first, last, _ in pieces])
        # where two pieces meet, rounding may put neighbours out of order by a unit in the last place
        arrival_s = np.maximum.accumulate(np.maximum(self._offset_s[rows] + shift_s, self._latest_s))
        count = int(np.searchsorted(arrival_s, self._horizon_s))
        if count == 0:
            return None
        self._latest_s = float(arrival_s[count - 1])
        rows = rows[:count]
        service_s = self._trace.service_s
        return RequestChunk(
            arrival_s[:count],
            tokens_of(self._trace.input_tokens, rows),
            tokens_of(self._trace.output_tokens, rows),
            np.zeros(count) if service_s is None else service_s[rows],
        )


def open_replay(
    name: str,
    spec: TraceTraffic,
    trace: RequestTrace,
    *,
    scenario_start: datetime,
    horizon_s: float,
    seed: int,
    replication: int,
) -> TraceReplay:
    """Traffic of the service `name` from a trace; TraceError where a trace is too short for what is asked.

    `rate_scale` squeezes time. `repeat` follows the last request with the first after one mean gap. Resampling is the
    circular block bootstrap (Politis and Romano 1992): blocks of one length, each beginning anywhere in the trace with
    equal chance and running over its end into its start. They depend on the seed, the replication and the service
    alone, so mixes share them.
    """
    offset_s = trace.offset_s / spec.rate_scale
    first_s = trace.first_after_s(scenario_start) / spec.rate_scale if spec.align == "absolute" else 0.0
    if spec.resample_s is None and not spec.repeat:
        return played_once(trace, offset_s, first_s, horizon_s)
    period_s = period_of(trace, offset_s)
    if spec.resample_s is None:
        pieces = repeated(offset_s, period_s, first_s, horizon_s)
        text = f"{trace.file}: {trace.rows - trace.dropped:,} requests over {period_s:g} s, repeated up to the horizon"
    else:
        if spec.resample_s > period_s:
            raise TraceError(
                Problem(f"blocks of {spec.resample_s:g} s are longer than the trace ({period_s:g} s)", trace.file)
            )
        key = stream_key(seed, replication, "blocks", name)
        pieces = resampled(offset_s, period_s, spec.resample_s, key, horizon_s)
        text = f"{trace.file}: resampled in blocks of {spec.resample_s:g} s from {period_s:g} s of requests"
    return TraceReplay(
        trace,
        offset_s,
        pieces,
        horizon_s,
        played=slice(None),
        mean_rate_per_s=offset_s.size / period_s,
        random=spec.resample_s is not None,
        warnings=(*trace.warnings(), text),
    )


def played_once(trace: RequestTrace, offset_s: Floats, first_s: float, horizon_s: float) -> TraceReplay:
    """A trace from its first request at `first_s`; what lies outside the horizon is left out and counted."""
    arrival_s = offset_s + first_s
    begin, end = (int(row) for row in np.searchsorted(arrival_s, [0.0, horizon_s]))
    outside = []
    if begin:
        outside.append(f"{begin:,} of {trace.rows:,} rows lie before the start of the scenario and are left out")
    if end < offset_s.size:
        outside.append(f"{offset_s.size - end:,} of {trace.rows:,} rows lie at or after the horizon and are left out")
    if begin == end:
        outside.append("no request lies within the horizon")
    elif arrival_s[end - 1] < WELL_FILLED * horizon_s:
        last_s = arrival_s[end - 1]
        outside.append(f"the last request comes at {last_s:,.1f} s of {horizon_s:,.0f} s, then none; see `repeat`")
    return TraceReplay(
        trace,
        offset_s,
        [(begin, end, first_s)],
        horizon_s,
        played=slice(begin, end),
        mean_rate_per_s=(end - begin) / horizon_s,
        random=False,
        warnings=(*trace.warnings(), *(f"{trace.file}: {text}" for text in outside)),
    )


def period_of(trace: RequestTrace, offset_s: Floats) -> float:
    """Time after which a trace may follow itself: its span and one mean gap [s]."""
    span_s = float(offset_s[-1])
    if span_s == 0.0:
        raise TraceError(Problem("all requests come at one instant, so they cannot be repeated", trace.file))
    return span_s * offset_s.size / (offset_s.size - 1)


def repeated(offset_s: Floats, period_s: float, first_s: float, horizon_s: float) -> Iterator[Piece]:
    """The whole trace again and again, from the first turn of which a request lies at or after time 0."""
    turn = max(0, math.ceil(-(first_s + float(offset_s[-1])) / period_s))
    while (shift_s := first_s + turn * period_s) < horizon_s:
        yield int(np.searchsorted(offset_s, -shift_s)), offset_s.size, shift_s
        turn += 1


def resampled(offset_s: Floats, period_s: float, block_s: float, key: np.uint64, horizon_s: float) -> Iterator[Piece]:
    """Blocks of the trace, which is thought of as a ring, up to the horizon."""
    for block in range(math.ceil(horizon_s / block_s)):
        start_s = period_s * draw(key, block)
        stop_s = start_s + block_s
        first, last, wrapped = (int(row) for row in np.searchsorted(offset_s, [start_s, stop_s, stop_s - period_s]))
        yield first, last, block * block_s - start_s
        yield 0, wrapped, block * block_s + (period_s - start_s)


def batches(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Pieces cut and gathered so that each batch but the last holds CHUNK_ROWS requests."""
    batch: list[Piece] = []
    room = CHUNK_ROWS
    for start, last, shift_s in pieces:
        first = start
        while first < last:
            taken = min(room, last - first)
            batch.append((first, first + taken, shift_s))
            first += taken
            room -= taken
            if room == 0:
                yield batch
                batch, room = [], CHUNK_ROWS
    if batch:
        yield batch


def mean_of(tokens: Tokens | None, played: slice) -> float:
    """Mean over the requests played; 0 without a column or a request."""
    return 0.0 if tokens is None or tokens[played].size == 0 else float(tokens[played].mean())


def variation_of(tokens: Tokens | None, played: slice) -> float:
    """Standard deviation over mean of the requests played; 0 where the mean is."""
    mean = mean_of(tokens, played)
    return 0.0 if tokens is None or mean == 0.0 else float(tokens[played].std()) / mean


def tokens_of(tokens: Tokens | None, rows: NDArray[np.int64]) -> Tokens:
    """Tokens of these requests; zeros without a column."""
    return np.zeros(rows.size, np.int32) if tokens is None else tokens[rows]
