"""The window's side of a running conversion: the timer that drives it, and its words in the status bar."""

from __future__ import annotations

from contextlib import suppress

import bpy
from bpy.types import Context

from .conversion import Conversion
from .picture_conversion import STAGES
from .redraw import redraw

#: A cancel is to be answered within half a second, which the worker may use half of.
_TICK_S = 0.05


class ProgressDisplay:
    """Shown in one window from its making until :meth:`close`.

    Args:
        context: of the operator that is driven by the timer.
    """

    def __init__(self, context: Context) -> None:
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        self._workspace = context.workspace.name
        self._text: str | None = None
        redraw()

    def show(self, conversion: Conversion) -> None:
        """Show how far it is."""
        text = f"{STAGES.get(conversion.stage, conversion.stage)} … {100.0 * conversion.share:.0f} %   Esc cancels"
        if text != self._text:
            self._set(text)
            redraw()

    def close(self) -> None:
        """Remove the timer and the words."""
        with suppress(ReferenceError, ValueError):  # its window may be gone
            bpy.context.window_manager.event_timer_remove(self._timer)
        self._set(None)
        redraw()

    def _set(self, text: str | None) -> None:
        self._text = text
        workspace = bpy.data.workspaces.get(self._workspace)
        if workspace is not None:
            workspace.status_text_set(text)
