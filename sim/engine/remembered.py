"""Requests that are answered from memory: they count like others, and no replica sees them."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from sim.engine.latencies import Latencies
from sim.kernels import serving_layout as at
from sim.kernels.draws import fill_uniform
from sim.strategies.plan import ResponseCache
from sim.workload import RequestChunk


class Remembered:
    """Whether a request hits is drawn by its number, so that mixes with the same share remember the same requests."""

    def __init__(self, cache: ResponseCache, key: np.uint64, latencies: Latencies) -> None:
        self._cache, self._key, self._latencies = cache, key, latencies
        self._seen = 0

    def missed(self, chunk: RequestChunk) -> RequestChunk:
        """The requests of a chunk that a replica must answer; the statistics take the others."""
        luck = np.empty(len(chunk.arrival_s))
        fill_uniform(self._key, self._seen, 0.0, 1.0, luck)
        self._seen += len(luck)
        hit = luck < self._cache.hit_share
        self._answer(_rows(chunk, hit))
        return _rows(chunk, ~hit)

    def _answer(self, hits: RequestChunk) -> None:
        """Takes hits into the statistics: all of an answer is there after the look-up."""
        rows = len(hits.arrival_s)
        answered_s = hits.arrival_s + self._cache.answer_s
        counts = np.zeros((rows, at.LOG_COUNTS), np.int64)
        counts[:, at.LOG_INPUT], counts[:, at.LOG_OUTPUT] = hits.input_tokens, hits.output_tokens
        self._latencies.add(np.column_stack((hits.arrival_s, answered_s, answered_s)), counts, rows)


def _rows(chunk: RequestChunk, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> RequestChunk:
    """Some rows of a chunk."""
    columns = {each.name: getattr(chunk, each.name) for each in fields(chunk)}
    return replace(chunk, **{name: column[chosen] for name, column in columns.items() if column is not None})
