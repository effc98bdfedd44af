"""Overlapped work on several files: in order, bounded, and cancelled as a whole."""

from __future__ import annotations

import threading
import time

import pytest

from lanet_core.cli.overlap import PixelBudget, overlapped


def test_results_keep_the_order_however_long_each_takes():
    def work(number: int, cancelled) -> int:
        time.sleep(0.02 * (number % 3))
        return number * number

    assert list(overlapped(work, range(9))) == [number * number for number in range(9)]


def test_two_files_are_in_progress_at_a_time():
    together = threading.Barrier(2, timeout=10)
    running, most, lock = 0, 0, threading.Lock()

    def work(number: int, cancelled) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1

    list(overlapped(work, range(6)))
    assert most == 2


def test_one_file_runs_in_the_callers_thread():
    (thread,) = overlapped(lambda item, cancelled: threading.current_thread(), ["only"])
    assert thread is threading.current_thread()


def test_a_failure_cancels_what_is_in_progress():
    is_cancelled = threading.Event()

    def work(number: int, cancelled) -> None:
        if number == 0:
            raise ZeroDivisionError
        while not cancelled():
            time.sleep(0.001)
        is_cancelled.set()

    with pytest.raises(ZeroDivisionError):
        list(overlapped(work, range(50)))
    assert is_cancelled.is_set()


def test_a_receiver_that_stops_cancels_what_is_in_progress():
    begun = []

    def work(number: int, cancelled) -> int:
        begun.append(number)
        while number > 0 and not cancelled():
            time.sleep(0.001)
        return number

    results = overlapped(work, range(50))
    assert next(results) == 0
    results.close()
    assert max(begun) <= 2


def test_pixels_in_progress_are_bounded():
    budget, in_use, most, lock = PixelBudget(100), 0, 0, threading.Lock()

    def work(pixels: int) -> None:
        nonlocal in_use, most
        with budget.reserved(pixels):
            with lock:
                in_use += pixels
                most = max(most, in_use)
            time.sleep(0.005)
            with lock:
                in_use -= pixels

    threads = [threading.Thread(target=work, args=(pixels,)) for pixels in (60, 40, 30, 70, 50, 50, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 60 < most <= 100


def test_a_file_beyond_the_bound_is_alone():
    budget = PixelBudget(100)
    with budget.reserved(500):
        waiting = threading.Thread(target=lambda: budget.reserved(1).__enter__(), daemon=True)
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()
