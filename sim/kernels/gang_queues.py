"""Who waits and who ends next: a binary heap of jobs, a list in order, and a tree that finds the next job that fits."""

from __future__ import annotations

import numpy as np

from sim.kernels.compiled import compiled
from sim.kernels.gang_layout import LEAST_ACCELERATORS, LEAST_ESTIMATE_S, NONE, Floats, Ints


@compiled
def before(keys: Floats, a: int, b: int) -> bool:
    """Whether job a comes before job b: smaller key, then smaller number."""
    return bool(keys[a] < keys[b] or (keys[a] == keys[b] and a < b))


@compiled
def push(heap: Ints, size: int, keys: Floats, job: int) -> None:
    """Adds a job to the heap in heap[:size], or puts it at position `size` or above; the caller counts."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if not before(keys, job, heap[parent]):
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = job


@compiled
def sink(heap: Ints, size: int, keys: Floats, i: int, job: int) -> None:
    """Puts a job at position i or as far below it as the order of heap[:size] demands."""
    child = 2 * i + 1
    while child < size:
        if child + 1 < size and before(keys, heap[child + 1], heap[child]):
            child += 1
        if not before(keys, heap[child], job):
            break
        heap[i] = heap[child]
        i, child = child, 2 * child + 1
    heap[i] = job


@compiled
def pull(heap: Ints, size: int, keys: Floats, job: int) -> None:
    """Takes a job from anywhere in heap[:size]; the caller counts."""
    i = 0
    while heap[i] != job:
        i += 1
    last = heap[size - 1]
    if i == size - 1:
        return
    if i > 0 and before(keys, last, heap[(i - 1) // 2]):
        push(heap, i, keys, last)
    else:
        sink(heap, size - 1, keys, i, last)


@compiled
def insert(row: Ints, size: int, keys: Floats, job: int) -> None:
    """Adds a job in its place to row[:size], which is in order of (key, number); the caller counts."""
    i = size
    while i > 0 and before(keys, job, row[i - 1]):
        row[i] = row[i - 1]
        i -= 1
    row[i] = job


@compiled
def remove(row: Ints, size: int, job: int) -> None:
    """Takes a job from row[:size]; the caller counts."""
    i = 0
    while row[i] != job:
        i += 1
    for k in range(i, size - 1):
        row[k] = row[k + 1]


@compiled
def hang(tree: Floats, job: int, accelerators: float, estimate_s: float) -> None:
    """Puts a waiting job into the tree; with infinite figures, takes it out."""
    i = tree.shape[0] // 2 + job
    tree[i, LEAST_ACCELERATORS] = accelerators
    tree[i, LEAST_ESTIMATE_S] = estimate_s
    i //= 2
    while i > 0:
        for least in range(tree.shape[1]):
            tree[i, least] = min(tree[2 * i, least], tree[2 * i + 1, least])
        i //= 2


@compiled
def next_fit(tree: Floats, first: int, free: float, spare: float, slack_s: float) -> int:
    """First waiting job from `first` on that asks for at most `free`, and for at most `spare` or `slack_s`; or NONE."""
    leaves = tree.shape[0] // 2
    if first >= leaves:
        return NONE
    i = leaves + first
    while True:
        least, short = tree[i, LEAST_ACCELERATORS], tree[i, LEAST_ESTIMATE_S] <= slack_s
        if least <= free and (least <= spare or short) and least < np.inf:
            if i >= leaves:
                return int(i - leaves)
            i *= 2
            continue
        while i % 2 == 1:
            i //= 2
        if i == 0:
            return NONE
        i += 1
