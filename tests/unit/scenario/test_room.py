"""Whether replicas of several sizes pack on equal nodes, against a search over all packings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.compiling.fleet import has_room


def packs(free: tuple[int, ...], replicas: tuple[int, ...]) -> bool:
    """The slow way: every replica on every node that has room."""
    if not replicas:
        return True
    size, rest = replicas[0], replicas[1:]
    return any(
        room >= size and packs(tuple(sorted((*free[:index], room - size, *free[index + 1 :]))), rest)
        for index, room in enumerate(free)
        if index == 0 or free[index - 1] != room
    )


@given(
    nodes=st.integers(1, 3),
    groups=st.lists(st.tuples(st.sampled_from([1, 2, 4, 8]), st.integers(1, 4)), min_size=1, max_size=3),
)
def test_powers_of_two_pack_exactly(nodes: int, groups: list[tuple[int, int]]) -> None:
    replicas = tuple(sorted((size for size, count in groups for _ in range(count)), reverse=True))
    assert has_room(8, nodes, groups) == packs((8,) * nodes, replicas)


@pytest.mark.parametrize(
    ("groups", "fits"),
    [
        ([(1, 8_000_000)], True),
        ([(1, 8_000_001)], False),
        ([(3, 2_000_000), (2, 1_000_000)], True),
        ([(5, 1_000_001)], False),
    ],
)
def test_a_million_nodes_take_no_time(groups: list[tuple[int, int]], fits: bool) -> None:
    assert has_room(8, 1_000_000, groups) is fits
