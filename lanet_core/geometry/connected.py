"""Connected sets of numbers, from the pairs that are connected: the base of labelling the areas of a mask."""

from __future__ import annotations

import numpy as np


def lowest_connected(count: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the lowest number that each of the numbers below ``count`` is connected to, (count,) int.

    Args:
        count: how many numbers there are.
        one: (n,) int, numbers that are connected to those of ``other``.
        other: (n,) int.
    """
    # Each number points to a lower one that it is connected to, or to itself: pairs are joined until all agree.
    parent = np.arange(count)
    while one.size:
        low, high = np.sort([parent[one], parent[other]], axis=0)
        np.minimum.at(parent, high, low)
        while (parent[parent] != parent).any():
            parent = parent[parent]
        apart = parent[one] != parent[other]
        one, other = one[apart], other[apart]
    return parent
