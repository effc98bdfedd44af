"""Several files converted with their reading, network and writing overlapped, within a bound on memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How many files are in progress at a time: one is read or written while the network runs on the other.
FILES_AT_A_TIME = 2
#: Pixels of the files in progress, together; a larger file is converted alone.
MAXIMUM_PIXELS = 2 * 4096 * 2048


class PixelBudget:
    """Bounds the pixels of what is in progress.

    Args:
        maximum: pixels; one file may have more if it is alone.
    """

    def __init__(self, maximum: int = MAXIMUM_PIXELS) -> None:
        self._maximum = maximum
        self._in_use = 0
        self._changed = threading.Condition()

    @contextmanager
    def reserved(self, pixels: int) -> Iterator[None]:
        """Wait until a file's pixels fit, and hold them."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_use or self._in_use + pixels <= self._maximum)
            self._in_use += pixels
        try:
            yield
        finally:
            with self._changed:
                self._in_use -= pixels
                self._changed.notify_all()


def overlapped(
    function: Callable[[Item, Callable[[], bool]], Result], items: Sequence[Item], at_a_time: int = FILES_AT_A_TIME
) -> Iterator[Result]:
    """Yield the function's results in the items' order, with several items in progress.

    Args:
        function: takes an item, and a cancellation check that it passes on.
        items: what is worked on.
        at_a_time: how many; with one, or a single item, no thread is started.

    Yields:
        Results. An exception of the function is raised in place of its result and cancels the items in progress;
        so does an exception at the receiver, such as an interruption.
    """
    if at_a_time == 1 or len(items) == 1:
        for item in items:
            yield function(item, lambda: False)
        return
    stopped = threading.Event()
    pool = ThreadPoolExecutor(at_a_time)
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item, stopped.is_set))
            if len(waiting) > at_a_time:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
