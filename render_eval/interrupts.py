"""Ctrl-C while foreign code runs that would swallow it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold SIGINT back meanwhile, and deliver it afterwards.

    Blender prints a KeyboardInterrupt that is raised in its callbacks and continues with the image so far.
    Outside the main thread, where Python delivers no signals, nothing is held.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        # None is a handler that Python did not set, as a Blender program has one.
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
        if held:
            signal.raise_signal(signal.SIGINT)
