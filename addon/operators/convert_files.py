"""Several images at once, from a file browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, StringProperty
from bpy.types import Context, Event, Operator, OperatorFileListElement

from .. import session
from ..conversion.batch import Batch, Outcome, summary
from ..conversion.running_work import Ending
from ..files.result_files import PATTERN
from ..messages import Message
from ..settings import conversion_settings, worker_settings
from ..world.asset import mark_as_asset, world_of_files
from .background_work import BackgroundWork

#: What the file browser shows of a folder.
IMAGES = "*.jpg;*.jpeg;*.png;*.tif;*.tiff;*.webp"


class ConvertFiles(BackgroundWork, Operator):
    """Make an HDR file of each of several LDR panoramas; what lights the scene stays as it is.

    From Python, ``bpy.ops.lanet.convert_files(directory=…, files=[{"name": …}, …])`` returns when all are done, and
    raises ``RuntimeError`` if none could be converted.
    """

    bl_idname = "lanet.convert_files"
    bl_label = "Convert Files to HDR"
    bl_description = "Make an HDR file of each of several LDR panoramas; the scene stays as it is"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: CollectionProperty(type=OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=IMAGES, options={"HIDDEN", "SKIP_SAVE"})
    place: EnumProperty(
        name="Write",
        description="Where the HDR files are written",
        items=(
            ("BESIDE", "Next to Each Image", "Into the folder of the image"),
            ("FOLDER", "Into the Output Folder", "Into the folder that the preferences name"),
        ),
    )
    name_pattern: StringProperty(
        name="Name",
        description="Name of the EXR files without the extension; {stem} stands for that of the image",
        default=PATTERN,
    )
    skip_existing: BoolProperty(
        name="Skip Existing",
        description="Leave out images whose HDR file exists",
        default=False,
    )
    assets: BoolProperty(
        name="As World Assets",
        description="Make a world of each in this .blend file, marked as an asset, with a preview",
        default=False,
    )

    _is_browsed = False

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the artist choose files; they are converted while Blender continues."""
        if bpy.app.background:
            return self.execute(context)
        if self.files:
            return self.go_on(context, self._batch(), ending)
        self._is_browsed = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        """Convert and return when it is done; from the file browser, while Blender continues."""
        names = [each.name for each in self.files if each.name]
        if not names:
            self.report({"ERROR"}, "No image was chosen.")
            return {"CANCELLED"}
        if self._is_browsed:
            return self.go_on(context, self._batch(), ending)
        result = self.do(self._batch(), ending)
        session.current().worker.wait()  # for the assets' previews
        return result

    def _batch(self) -> Batch:
        folder = Path(bpy.path.abspath(self.directory))
        sources = [folder / each.name for each in self.files if each.name]
        current = session.current()
        current.show_text()
        finished = {"finished": make_asset} if self.assets else {}
        settings = replace(conversion_settings(), pattern=self.name_pattern)
        is_next_to_source = self.place == "BESIDE"
        return Batch(
            current.worker,
            sources,
            settings,
            next_to_source=is_next_to_source,
            skip_existing=self.skip_existing,
            **finished,
        )


def ending(work: Batch) -> Ending:
    """Return how many files are done, and for each of the others why not."""
    total, *failures = summary(work)
    is_done = any(outcome.output for outcome in work.outcomes)
    messages = (Message(total), *(Message(text, is_error=True) for text in failures))
    return Ending(messages, "INFO" if not failures else "WARNING" if is_done else "ERROR", has_changed=is_done)


def make_asset(outcome: Outcome) -> None:
    """Make a converted image a world of this .blend and an asset.

    Raises:
        AddonError: a file cannot be loaded.
    """
    current = session.current()
    mark_as_asset(world_of_files(outcome.source, outcome.result), current.worker, worker_settings())
    current.look_after()
