"""How many threads work."""

from __future__ import annotations

import os
import threading

import pytest

from lanet_core.parallel import bounded, map_in_order


@pytest.mark.parametrize("asked", [-5, 0, 1, 10**9])
def test_threads_are_bounded_by_the_machine(asked):
    assert 1 <= bounded(asked) <= os.cpu_count()


def test_a_million_threads_are_not_started():
    at_work = []

    def work(number: int) -> int:
        at_work.append(threading.active_count())
        return number

    before = threading.active_count()
    assert list(map_in_order(work, range(500), threads=10**6)) == list(range(500))
    assert max(at_work) <= before + os.cpu_count()
