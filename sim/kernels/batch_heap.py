"""A binary heap of integer keys in an array: the running sequences of a replica by the iteration that ends them."""

from __future__ import annotations

from sim.kernels.compiled import inlined
from sim.kernels.serving_layout import Ints


@inlined
def push(heap: Ints, size: int, key: int) -> None:
    """Adds `key` to the binary heap in heap[:size]; the caller counts."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key


@inlined
def take_out(heap: Ints, size: int, i: int) -> None:
    """Removes position i of heap[:size]; the caller counts."""
    key = heap[size - 1]
    while i > 0 and heap[(i - 1) // 2] > key:
        heap[i] = heap[(i - 1) // 2]
        i = (i - 1) // 2
    child = 2 * i + 1
    while child < size - 1:
        if child + 1 < size - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i, child = child, 2 * child + 1
    heap[i] = key
