"""Who does the work: this process, or the workers of a cluster (:mod:`render_eval.dask_scheduler`).

Scenes × methods are independent but for one thing: a method is compared with its scene's own render, so that comes
first. All schedulers give the same records; all processes share one output folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from lanet_core.cli.destinations import make_folder
from lanet_core.errors import LanetError
from lanet_core.files.replacing import replacing
from render_eval.campaign import Campaign, FinishedWork, Tools
from render_eval.dataset import Pair
from render_eval.work import work_on_method, work_on_scene
from render_eval.workbench import Workbench

#: Below the output folder: which run the folder belongs to.
_TOKEN_FILE = "work/run.txt"


class SchedulerError(LanetError):
    """Several processes cannot be had, or they cannot do the work."""


class Scheduler(Protocol):
    """Something that works through scenes and methods."""

    def prepare(self, campaign: Campaign) -> Tools:
        """Open what the work needs and return what it is.

        Raises:
            LanetError: the work cannot be done here.
        """
        ...

    def work(self, campaign: Campaign, pairs: Sequence[Pair], methods: Sequence[str]) -> Iterator[FinishedWork]:
        """Yield a record for each scene and for each method on each scene, as they are done.

        Raises:
            OutputError: nothing more can be written.
        """
        ...


class InProcess:
    """One after another, in this process."""

    def __init__(self) -> None:
        self._bench: Workbench | None = None

    def prepare(self, campaign: Campaign) -> Tools:
        """See :class:`Scheduler`."""
        self._bench = Workbench(campaign)
        return self._bench.tools

    def work(self, campaign: Campaign, pairs: Sequence[Pair], methods: Sequence[str]) -> Iterator[FinishedWork]:
        """See :class:`Scheduler`."""
        bench = self._bench
        assert bench is not None, "prepare first"
        for pair in pairs:
            scene = work_on_scene(bench, pair)
            yield scene
            for method in methods:
                yield work_on_method(bench, pair, scene.record, method)

    def close(self) -> None:
        """Close what :meth:`prepare` opened."""
        if self._bench is not None:
            self._bench.close()


@contextmanager
def in_process() -> Iterator[InProcess]:
    """Give a scheduler without other processes."""
    scheduler = InProcess()
    try:
        yield scheduler
    finally:
        scheduler.close()


def write_token(campaign: Campaign) -> None:
    """Mark the output folder with the run's token, for processes that may see another folder of the same name.

    Raises:
        OutputError: the folder cannot be written to.
    """
    path = campaign.out / _TOKEN_FILE
    make_folder(path.parent)
    with replacing(path) as temporary:
        temporary.write_text(campaign.token, encoding="utf-8")


def holds_token(campaign: Campaign) -> bool:
    """Return whether this process sees the data folder, and the output folder that was marked with the run's token."""
    try:
        return campaign.data.is_dir() and (campaign.out / _TOKEN_FILE).read_text(encoding="utf-8") == campaign.token
    except OSError:
        return False
