"""Groups of prompts that begin alike: drawn for each request by its number, each group as likely as the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from made import chat, scenario
from sim.scenario.specs import PoissonTraffic
from sim.workload import RequestChunk, open_traffic


def chunk(groups: int | None, seed: int = 1) -> RequestChunk:
    service = chat(100.0)
    assert isinstance(service.traffic, PoissonTraffic)
    grouped = replace(service, traffic=replace(service.traffic, prefix_groups=groups))
    taken = open_traffic(grouped, scenario().start, 600.0, 0.0, seed, 0).next_chunk()
    assert taken is not None
    return taken


def test_groups_are_equally_likely_and_all_come() -> None:
    drawn = chunk(20).prefix_group
    assert drawn is not None
    counts = np.bincount(drawn, minlength=20)
    assert len(counts) == 20
    expected = len(drawn) / 20
    assert float(((counts - expected) ** 2 / expected).sum()) < 43.8  # chi-square of 19 at .1 %


def test_groups_leave_arrivals_and_lengths_as_they_are() -> None:
    with_groups, without = chunk(20), chunk(None)
    assert without.prefix_group is None
    assert np.array_equal(with_groups.arrival_s, without.arrival_s)
    assert np.array_equal(with_groups.input_tokens, without.input_tokens)


def test_the_same_seed_draws_the_same_groups_and_another_does_not() -> None:
    first, again, other = chunk(20).prefix_group, chunk(20).prefix_group, chunk(20, 2).prefix_group
    assert first is not None
    assert again is not None
    assert other is not None
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:1000], other[:1000])
