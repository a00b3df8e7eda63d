"""Winner trees: the position of the smallest of N keys, kept up to date in O(log N) per changed key.

A tree over N keys is an int64 array of length 2 * M, M the next power of two; node 1 is the root, leaf i stands at
M + i, each inner node holds the position of its smaller child's winner (the left one on equal keys, so the lower
position wins ties). Positions at or beyond N lose against everything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled

Tree = NDArray[np.int64]
Keys = NDArray[np.float64] | NDArray[np.int64]


def new_tree(size: int) -> Tree:
    """A tree for `size` keys, to be filled by `rebuild`."""
    leaves = 1
    while leaves < size:
        leaves *= 2
    return np.zeros(2 * leaves, np.int64)


@compiled
def winner(keys: Keys, left: int, right: int) -> int:
    """Of two positions, the one with the smaller key; works for float and integer keys."""
    if right >= keys.shape[0]:
        return left
    if left >= keys.shape[0]:
        return right
    return right if keys[right] < keys[left] else left


@compiled
def rebuild(tree: Tree, keys: Keys) -> None:
    """Updates `tree` from all `keys`."""
    leaves = tree.shape[0] // 2
    for i in range(leaves):
        tree[leaves + i] = i
    for node in range(leaves - 1, 0, -1):
        tree[node] = winner(keys, tree[2 * node], tree[2 * node + 1])


@compiled
def replay(tree: Tree, keys: Keys, position: int) -> None:
    """Updates `tree` after `keys[position]` changed."""
    node = (tree.shape[0] // 2 + position) // 2
    while node >= 1:
        tree[node] = winner(keys, tree[2 * node], tree[2 * node + 1])
        node //= 2
