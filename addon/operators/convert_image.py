"""The entry in the menus of images and nodes: light the scene by an image, and convert it."""

from __future__ import annotations

from typing import ClassVar

import bpy
from bpy.props import StringProperty
from bpy.types import Context, Event, Menu, Operator

from .. import session
from ..source.sources import is_single_image


class ConvertImage(Operator):
    """Light the scene by an image of the .blend, and convert it as the panel's button does."""

    bl_idname = "lanet.convert_image"
    bl_label = "Light Scene as HDR"
    bl_description = "Light the scene by this panorama, and reconstruct the light that is clipped in it"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    image: StringProperty(
        name="Image", description="The image's name in the .blend file", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether there is a scene, and no conversion is running."""
        return context.scene is not None and session.current().conversion is None

    def execute(self, context: Context) -> set[str]:
        """Light and convert, and return when it is done."""
        return self._convert(context, "EXEC_DEFAULT")

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Light, and convert while Blender continues."""
        return self._convert(context, "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT")

    def _convert(self, context: Context, how: str) -> set[str]:
        image = bpy.data.images.get(self.image)
        if image is None:
            self.report({"ERROR"}, f"{self.image}: There is no such image in this .blend file. Open it first.")
            return {"CANCELLED"}
        context.scene.lanet.image = image
        bpy.ops.lanet.convert_environment(how)
        return {"FINISHED"}


def draw_in_image_menu(menu: Menu, context: Context) -> None:
    """Add the entry to the Image Editor's menu *Image*."""
    image = getattr(context.space_data, "image", None)
    if image is not None and is_single_image(image):
        menu.layout.separator()
        menu.layout.operator(ConvertImage.bl_idname, icon="LIGHT_SUN").image = image.name


def draw_in_node_menu(menu: Menu, context: Context) -> None:
    """Add the entry to the context menu of an Environment Texture."""
    node = getattr(context, "active_node", None)
    image = node.image if node is not None and node.type == "TEX_ENVIRONMENT" else None
    if image is not None and is_single_image(image):
        menu.layout.separator()
        menu.layout.operator(ConvertImage.bl_idname, icon="LIGHT_SUN").image = image.name
