"""How far a run is and how long it will take: a line that moves on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from tqdm import tqdm

from render_eval.campaign import FinishedWork
from render_eval.records import ResultRecord

#: Between two lines in a log, in seconds.
_LOG_INTERVAL_S = 30.0


def with_progress(finished: Iterable[FinishedWork], total: int) -> Iterator[FinishedWork]:
    """Pass finished work on and show it on standard error, with the time left; errors appear as they happen.

    Work that was found finished counts as done, and not as a sign of speed.

    Args:
        finished: the work as it is done.
        total: how much there will be.
    """
    interval = 0.1 if sys.stderr.isatty() else _LOG_INTERVAL_S
    with tqdm(total=total, unit="step", smoothing=0.0, mininterval=interval, dynamic_ncols=True) as bar:
        for each in finished:
            if each.reused:
                bar.initial += 1
            bar.update()
            if each.record.error and not each.skipped:
                tqdm.write(f"{name_of(each)}: {each.record.error}", file=sys.stderr)
            yield each


def name_of(finished: FinishedWork) -> str:
    """Return a piece of work's name for people: the scene, and the method if there is one."""
    record = finished.record
    return f"{record.scene}, {record.method}" if isinstance(record, ResultRecord) else record.name
