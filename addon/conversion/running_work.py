"""Work that continues while Blender does, advanced by a timer of :class:`addon.session.ExtensionSession`.

No operator is alive meanwhile, so that the extension can be disabled or updated at any time: Blender crashes where a
class is unregistered while an operator of it is modal.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import bpy
from bpy.types import Context, UILayout, Window

from ..messages import Message
from ..translation import tr
from .batch import Batch
from .folder_library import FolderLibrary
from .hdr_work import HdrWork
from .progress_display import ProgressDisplay
from .scene import WorldConversion
from .stepped_work import State

Work = WorldConversion | Batch | FolderLibrary | HdrWork
AnyWork = TypeVar("AnyWork", bound=Work)


@dataclass(frozen=True)
class Ending:
    """How a work ended.

    Attributes:
        messages: for the panel.
        level: ``INFO``, ``WARNING`` or ``ERROR``, as Blender's reports.
        has_changed: whether something of the .blend was changed, which makes an undo step.
    """

    messages: Sequence[Message]
    level: str
    has_changed: bool

    @property
    def text(self) -> str:
        """All messages, for the status bar or a report."""
        return "\n".join(message.text for message in self.messages)


class RunningWork(Generic[AnyWork]):
    """One work on its way to its end.

    Args:
        work: begun.
        ending: called once it has ended, with the work.
        name: of the undo step.
        context: of the operator that began it; its window shows the progress.
    """

    def __init__(self, work: AnyWork, ending: Callable[[AnyWork], Ending], name: str, context: Context) -> None:
        self.work = work
        self._ending, self._name = ending, name
        self._display = ProgressDisplay(context)

    def step(self) -> Ending | None:
        """Continue; return how it ended, None while it has not."""
        try:
            if self.work.step() is State.RUNNING:
                self._display.show(self.work.stage, self.work.share)
                return None
            ending = self._ending(self.work)
        except Exception as error:  # a timer that raises is dropped by Blender, and the work would never end
            traceback.print_exc()
            self.work.cancel()
            ending = Ending((Message(f"{type(error).__name__}: {error}", is_error=True),), "ERROR", False)
        if ending.has_changed:
            _push_undo_step(self._name)
        if ending.level == "ERROR":
            _pop_up(ending.text)
        return ending

    def close(self, ending: Ending | None = None) -> ProgressDisplay | None:
        """Take the progress out of the status bar; return the display that shows the end there for some seconds."""
        if ending is None:
            self._display.close()
            return None
        self._display.show_end(ending.text)
        return self._display


def _push_undo_step(name: str) -> None:
    window = _window()
    if window is not None:
        with bpy.context.temp_override(window=window):
            bpy.ops.ed.undo_push(message=name)


def _pop_up(text: str) -> None:
    """Show an error where the mouse is, as Blender does for operators that fail."""
    window = _window()
    if window is None or bpy.app.background:
        return

    def draw(menu: UILayout, context: Context) -> None:
        for line in text.splitlines():
            menu.layout.label(text=tr(line), translate=False)

    with bpy.context.temp_override(window=window):
        bpy.context.window_manager.popup_menu(draw, title="LANet IBL", icon="ERROR")


def _window() -> Window | None:
    """Return a window of the current scene if there is one; a timer's context has none."""
    windows = list(bpy.context.window_manager.windows)
    return next((each for each in windows if each.scene == bpy.context.scene), windows[0] if windows else None)
