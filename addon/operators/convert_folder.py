"""A folder of images to an asset library, from a file browser."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from .. import session
from ..command_arguments import named_images
from ..conversion.folder_library import FolderLibrary, summary
from ..conversion.running_work import Ending
from ..errors import AddonError
from ..messages import Message
from ..settings import conversion_settings
from ..world.asset_library import add_to_preferences
from .background_work import BackgroundWork

#: The library inside the chosen folder, if none is named.
LIBRARY = "hdr_library"


class ConvertFolder(BackgroundWork, Operator):
    """Convert the LDR panoramas of a folder to HDR, and list each as a world asset of a library.

    What the library contains is skipped. From Python, ``bpy.ops.lanet.convert_folder(directory=…)`` returns when all
    are done, and raises ``RuntimeError`` if none could be converted.
    """

    bl_idname = "lanet.convert_folder"
    bl_label = "Convert Folder to Asset Library"
    bl_description = "Convert the LDR panoramas of a folder to HDR, and list each as a world asset of a library"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    library: StringProperty(
        name="Library",
        description="Folder of the asset library. Leave empty to use the folder 'hdr_library' inside the chosen one",
        default="",
    )
    register_library: BoolProperty(
        name="Add to Preferences",
        description="List the library among the asset libraries of the preferences",
        default=True,
    )

    _stays_usable = False

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the artist choose a folder; it is converted while Blender stays usable."""
        if bpy.app.background:
            return self.execute(context)
        self._stays_usable = True
        if self.directory:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        """Convert and return when it is done; from the file browser, while Blender stays usable."""
        try:
            work = self._begin()
        except AddonError as error:
            session.current().show_text(str(error), is_error=True)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        end = _ending(self.register_library)
        return self.go_on(context, work, end) if self._stays_usable else self.do(work, end)

    def _begin(self) -> FolderLibrary:
        folder = Path(bpy.path.abspath(self.directory))
        sources = named_images([folder]) if folder.is_dir() else []
        if not sources:
            raise AddonError(f"{folder}: The folder contains no image. Choose another.")
        library = Path(bpy.path.abspath(self.library)) if self.library else folder / LIBRARY
        current = session.current()
        current.show_text()
        return FolderLibrary(current.worker, sources, conversion_settings(), library)


def _ending(register_library: bool):
    def ending(work: FolderLibrary) -> Ending:
        """Return how many images are in the library now, and for each of the others why not."""
        total, *failures = summary(work)
        is_there = bool(work.listed or work.skipped)
        if register_library and is_there:
            add_to_preferences(work.library)
        messages = (Message(total), *(Message(text, is_error=True) for text in failures))
        level = "INFO" if not failures else "WARNING" if is_there else "ERROR"
        return Ending(messages, level, has_changed=False)

    return ending
