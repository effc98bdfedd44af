"""Image files that are dropped on the 3D Viewport or the Shader Editor.

One image lights the scene and is converted; several are converted to files. Blender shows a menu if it can add the
image itself, as a reference or a texture. Versions that show none call the extension at once; there, an image that is
not 2:1 is added as Blender does without the extension.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import bpy
from bpy.props import CollectionProperty, StringProperty
from bpy.types import Context, Event, FileHandler, Operator, OperatorFileListElement

from .. import session
from ..files.image_size import image_size
from ..settings import preferences

#: Relative difference from 2:1 up to which an image is taken for a panorama.
_TOLERANCE = 0.02
#: Blender's own operators for a dropped image, by the type of the editor; their names depend on its version.
_NATIVE = {
    "VIEW_3D": (("object", "empty_image_add"), ("object", "drop_named_image")),
    "NODE_EDITOR": (("node", "add_image"), ("node", "add_file")),
}


class DropImage(Operator):
    """Light the scene by a dropped panorama, and convert it."""

    bl_idname = "lanet.drop_image"
    bl_label = "Light Scene as HDR"
    bl_description = "Light the scene by this panorama, and reconstruct the light that is clipped in it"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: CollectionProperty(type=OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether no conversion is running."""
        return context.scene is not None and session.current().conversion is None

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Convert while Blender stays usable."""
        return self._drop(context, "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT")

    def execute(self, context: Context) -> set[str]:
        """Convert and return when it is done."""
        return self._drop(context, "EXEC_DEFAULT")

    def _drop(self, context: Context, how: str) -> set[str]:
        paths = [Path(self.directory) / each.name for each in self.files if each.name]
        if not paths:
            return {"CANCELLED"}
        if len(paths) > 1:
            names = [{"name": path.name} for path in paths]
            return bpy.ops.lanet.convert_files(how, directory=self.directory, files=names)
        has_chosen = any(each is not PanoramaDrop and _takes_images(each, context) for each in _handlers())
        if not has_chosen and not is_panorama(paths[0]) and _add_natively(context, paths[0]):
            return {"FINISHED"}
        return bpy.ops.lanet.convert_environment(how, filepath=str(paths[0]))


class PanoramaDrop(FileHandler):
    """Image files on the 3D Viewport and the Shader Editor."""

    bl_idname = "LANET_FH_panorama"
    bl_label = "Light Scene as HDR"
    bl_import_operator = DropImage.bl_idname
    bl_file_extensions = ".jpg;.jpeg;.png;.tif;.tiff;.webp"

    @classmethod
    def poll_drop(cls, context: Context) -> bool:
        """Return whether the editor is one for worlds, and the preferences permit it."""
        if not preferences().drop_images or context.area is None:
            return False
        if context.area.type == "NODE_EDITOR":
            return context.space_data.tree_type == "ShaderNodeTree"
        return context.area.type == "VIEW_3D"


def _handlers() -> list[type[FileHandler]]:
    return [each for each in FileHandler.__subclasses__() if each.is_registered]


def _takes_images(handler: type[FileHandler], context: Context) -> bool:
    """Return whether Blender lists a handler for images that are dropped here."""
    poll = getattr(handler, "poll_drop", None)
    return ".jpg" in handler.bl_file_extensions.lower().split(";") and poll is not None and bool(poll(context))


def is_panorama(path: Path) -> bool:
    """Return whether an image file is 2:1; formats whose size is unknown are taken for panoramas."""
    try:
        size = image_size(path)
    except OSError:
        return True  # the conversion reports it
    return size is None or (size[1] > 0 and abs(size[0] / size[1] / 2.0 - 1.0) <= _TOLERANCE)


def _add_natively(context: Context, path: Path) -> bool:
    """Add an image as Blender does without the extension; return whether that was possible."""
    for group, name in _NATIVE.get(context.area.type if context.area else "", ()):
        operators = getattr(bpy.ops, group)
        if name in dir(operators):
            try:
                return getattr(operators, name)("INVOKE_DEFAULT", filepath=str(path)) != {"CANCELLED"}
            except RuntimeError:
                return False
    return False
