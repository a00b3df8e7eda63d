"""Requests as they reach a model that is told more with each of them: every prompt longer by the same tokens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.workload.traffic import RequestChunk, Traffic


class LongerPrompts:
    """Traffic whose prompts grew by `added_tokens`; arrivals and answers stay. See `Traffic` for what it offers."""

    def __init__(self, traffic: Traffic, added_tokens: int) -> None:
        self._traffic, self._added_tokens = traffic, added_tokens
        self.random, self.warnings = traffic.random, traffic.warnings
        self.mean_rate_per_s = traffic.mean_rate_per_s
        self.mean_input_tokens = traffic.mean_input_tokens + added_tokens
        self.mean_output_tokens = traffic.mean_output_tokens
        self.cv_output_tokens = traffic.cv_output_tokens

    def next_chunk(self) -> RequestChunk | None:
        """The next requests; None when there are no more."""
        chunk = self._traffic.next_chunk()
        if chunk is None:
            return None
        return replace(chunk, input_tokens=chunk.input_tokens + np.int32(self._added_tokens))
