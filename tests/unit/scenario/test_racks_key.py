"""The key `racks` of a pool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario import load

Write = Callable[[str], Path]


def with_racks(small: str, racks: str) -> str:
    """The small scenario with racks in its first pool."""
    return small.replace("nodes: 2}", f"nodes: 2, racks: {racks}}}")


def test_racks_are_read_with_their_defaults(small: str, written: Write) -> None:
    racks = load(written(with_racks(small, "{nodes_per_rack: 2, racks_per_row: 10}"))).pools[0].racks
    assert racks is not None
    assert (racks.nodes_per_rack, racks.racks_per_row, racks.rise_k) == (2, 10, 15.0)
    assert (racks.own_share, racks.neighbour_share, racks.row_end_share) == (0.02, 0.01, 0.1)
    assert load(written(small)).pools[0].racks is None


@pytest.mark.parametrize(
    ("racks", "said"),
    [
        ("{nodes_per_rack: 2, racks_per_row: 10, own_share: 0.9}", "at most 0.9"),
        ("{nodes_per_rack: 0, racks_per_row: 10}", "nodes_per_rack"),
        ("{racks_per_row: 10}", "nodes_per_rack"),
        ("{nodes_per_rack: 2, racks_per_row: 10, row_ends: 1}", "row_end"),
    ],
)
def test_racks_that_cannot_be_are_refused(small: str, written: Write, racks: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        load(written(with_racks(small, racks)))
