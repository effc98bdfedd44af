"""Ordered parallel work with a bounded number of items in memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def bounded(threads: int) -> int:
    """Return a number of threads that is at least 1 and at most the machine's cores."""
    return max(1, min(threads, os.cpu_count() or 1))


def map_in_order(
    function: Callable[[Piece], Result], pieces: Iterable[Piece], threads: int | None = None
) -> Iterator[Result]:
    """Yield the function's results in the pieces' order, while threads work ahead on the pieces that come next.

    The work ahead is of as many pieces as there are threads. It gains where the function spends its time in
    libraries that let go of the interpreter's lock, as numpy does.

    Args:
        function: what is to be done with a piece; an exception of its own ends everything.
        pieces: what it is to be done with.
        threads: how many work, at most as many as there are cores; all cores by default.
    """
    threads = bounded(threads) if threads else usable_cores()
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for piece in pieces:
            waiting.append(pool.submit(function, piece))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # also where the results are no longer wanted
        pool.shutdown(cancel_futures=True)
