"""What the tests of the worker's client share: waiting for events, and what is in folders."""

from __future__ import annotations

import time
from pathlib import Path

from addon.worker.client import WorkerClient
from addon.worker.events import RequestCancelled, RequestFailed, RequestFinished, RequestProgress

POLL_S = 0.005
#: What a request that is cancelled ends within, in polls: half a second of an idle machine. Busy ones poll less often.
BRIEF_POLLS = 100


def wait_for(client: WorkerClient, *kinds: type, timeout_s: float = 60.0) -> list:
    """Poll until an event of one of the kinds comes; return all events."""
    events = []
    end_s = time.monotonic() + timeout_s
    while not any(isinstance(event, kinds) for event in events):
        assert time.monotonic() < end_s, events
        events += client.poll()
        time.sleep(POLL_S)
    return events


def expect_brief_cancelling(client: WorkerClient, number: int) -> None:
    """Poll until a cancelled request has ended, which takes few polls and no other way."""
    events = []
    for _ in range(BRIEF_POLLS):
        events += [event for event in client.poll() if not isinstance(event, RequestProgress)]
        if events:
            break
        time.sleep(POLL_S)
    assert events == [RequestCancelled(number)]


def end_of(client: WorkerClient, **options):
    """Poll until a request ends; return how."""
    return wait_for(client, RequestFinished, RequestFailed, RequestCancelled, **options)[-1]


def wait_until(condition, timeout_s: float = 10.0) -> None:
    """Wait for something that another process does."""
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return [path.name for path in folder.iterdir()]
