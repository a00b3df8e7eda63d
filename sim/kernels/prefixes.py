"""Which prefixes of prompts each replica holds: the ones used last, as many as its cache has room for.

Requests of one group (a document, an agent, a conversation) begin alike. A replica that was given a request of the
group holds its prefix until so many other groups came after that it is the one used least recently (LRU, the order in
which vLLM and SGLang evict). Each replica keeps its groups in a ring from the oldest to the newest, closed by one
entry that is no group, so using one costs O(1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import inlined
from sim.kernels.serving_layout import NONE

Links = NDArray[np.int32]


class Prefixes(NamedTuple):
    """The caches of all replicas of one service; without groups every prompt finds its prefix."""

    groups: int
    capacity: int  # prefixes that a replica has room for
    newer: Links  # (replicas, groups + 1) the group used next after this one; NONE where it is not held
    older: Links
    held: Links  # (replicas,) prefixes held
    home: Links  # (groups,) replica that its last request was given to, or NONE


def new_prefixes(replicas: int, groups: int, capacity: int) -> Prefixes:
    """Empty caches."""
    links = np.full((2, replicas, groups + 1), NONE, np.int32)
    links[:, :, groups] = groups
    newer, older = links
    return Prefixes(groups, capacity, newer, older, np.zeros(replicas, np.int32), np.full(groups, NONE, np.int32))


def forget(prefixes: Prefixes, replica: int) -> None:
    """Empties the cache of one replica."""
    for links in (prefixes.newer, prefixes.older):
        links[replica, :] = NONE
        links[replica, prefixes.groups] = prefixes.groups
    prefixes.held[replica] = 0


@inlined
def unlink(prefixes: Prefixes, r: int, group: int) -> None:
    """Takes a group out of the ring of replica r."""
    older, newer = prefixes.older[r, group], prefixes.newer[r, group]
    prefixes.newer[r, older] = newer
    prefixes.older[r, newer] = older
    prefixes.newer[r, group] = NONE


@inlined
def use(prefixes: Prefixes, r: int, group: int) -> bool:
    """Whether replica r holds the prefix of a group, which is its newest from now on."""
    if prefixes.capacity == 0:
        return False
    end = prefixes.groups
    held = bool(prefixes.newer[r, group] != NONE)
    if held:
        unlink(prefixes, r, group)
    elif prefixes.held[r] == prefixes.capacity:
        unlink(prefixes, r, prefixes.newer[r, end])
    else:
        prefixes.held[r] += 1
    newest = prefixes.older[r, end]
    prefixes.newer[r, newest] = group
    prefixes.older[r, group] = newest
    prefixes.newer[r, group] = end
    prefixes.older[r, end] = group
    return held
