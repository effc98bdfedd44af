"""Progress callback and cancellation check."""

from __future__ import annotations

from collections.abc import Callable

from lanet_core.errors import ConversionCancelled

#: Called with the share of a conversion that is done, [0, 1], and the name of its stage.
ProgressCallable = Callable[[float, str], None]
#: Returns whether to stop; called between the stages, and often within the long ones.
CancelledCallable = Callable[[], bool]

#: Where each stage begins and ends in the whole.
_STAGES = {"reading": (0.0, 0.15), "network": (0.15, 0.4), "reconstruction": (0.4, 0.45), "writing": (0.45, 1.0)}


class ProgressReport:
    """Reports the progress of a conversion, and stops it when the caller cancels.

    Args:
        progress: see :data:`ProgressCallable`.
        cancelled: see :data:`CancelledCallable`.
    """

    def __init__(self, progress: ProgressCallable | None, cancelled: CancelledCallable | None) -> None:
        self._progress, self._cancelled = progress, cancelled

    def __call__(self, stage: str, done: float = 0.0) -> None:
        """Report a stage of which a share, [0, 1), is done.

        Raises:
            ConversionCancelled: the caller cancels.
        """
        if self._cancelled is not None and self._cancelled():
            raise ConversionCancelled("The conversion was cancelled.")
        if self._progress is not None:
            begin, end = _STAGES[stage]
            self._progress(begin + done * (end - begin), stage)

    def finished(self) -> None:
        """Report the end; it is too late to cancel."""
        if self._progress is not None:
            self._progress(1.0, "done")
