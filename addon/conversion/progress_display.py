"""A running conversion in the status bar of a window, and a word on how it ended."""

from __future__ import annotations

import time

import bpy
from bpy.types import Context

from ..redraw import redraw
from ..translation import tr
from .image import STAGES

#: How long the status bar shows the end, as long as Blender's own reports, seconds.
_END_SHOWN_S = 8.0


class ProgressDisplay:
    """Shown in the status bar of a workspace from its making until :meth:`close`.

    Args:
        context: of the operator that begins the work.
    """

    def __init__(self, context: Context) -> None:
        self._workspace = context.workspace.name if context.workspace else ""
        self._text: str | None = None
        self._shown_until_s: float | None = None
        redraw()

    @property
    def is_over(self) -> bool:
        """Whether the end was shown long enough."""
        return self._shown_until_s is not None and time.monotonic() >= self._shown_until_s

    def show(self, stage: str, share: float) -> None:
        """Show how far the work is.

        Args:
            stage: a stage of the worker's, or words for the artist.
            share: [0, 1].
        """
        text = tr(
            "{stage} … {percent} %   Esc cancels", stage=tr(STAGES.get(stage, stage)), percent=f"{100.0 * share:.0f}"
        )
        if text != self._text:
            self._set(text)
            redraw()

    def show_end(self, text: str) -> None:
        """Show how the work ended, for some seconds."""
        self._set("   ".join(map(tr, text.splitlines())))
        self._shown_until_s = time.monotonic() + _END_SHOWN_S
        redraw()

    def close(self) -> None:
        """Give the status bar back."""
        self._set(None)
        redraw()

    def _set(self, text: str | None) -> None:
        self._text = text
        workspace = bpy.data.workspaces.get(self._workspace)
        if workspace is not None:
            workspace.status_text_set(text)
