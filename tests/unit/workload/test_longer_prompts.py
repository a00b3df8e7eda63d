"""Prompts that grow on their way: only their length changes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from handmade.runs import service
from sim.workload import Traffic, open_traffic
from sim.workload.longer import LongerPrompts


def test_only_prompts_grow() -> None:
    def opened() -> Traffic:
        return open_traffic(service(), datetime(2023, 1, 1, tzinfo=UTC), 3600.0, 0.0, 1, 0)

    plain, longer = opened(), LongerPrompts(opened(), 700)
    before, after = plain.next_chunk(), longer.next_chunk()
    assert before is not None
    assert after is not None
    assert np.array_equal(before.arrival_s, after.arrival_s)
    assert np.array_equal(before.output_tokens, after.output_tokens)
    assert np.array_equal(before.input_tokens + 700, after.input_tokens)
    assert after.input_tokens.dtype == np.int32
    assert longer.next_chunk() is None
    assert longer.mean_input_tokens == plain.mean_input_tokens + 700
    assert longer.mean_output_tokens == plain.mean_output_tokens
