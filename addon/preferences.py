"""The extension's preferences: how it converts and where results go."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from bpy.types import AddonPreferences, Context

from . import session
from .conversion.output_paths import DEFAULT_FOLDER
from .panels.text import draw_text
from .platform_providers import providers_here
from .settings import is_valid_folder

PROVIDERS = providers_here()
PRECISIONS = (
    ("AUTO", "Automatic", "16-bit floats, or 32-bit floats for light brighter than 65504 times white"),
    ("HALF", "Half Floats", "16-bit floats: files of half the size, for light up to 65504 times white"),
    ("FLOAT", "Floats", "32-bit floats"),
)
#: Blender 4.5 and later need this option for a path that may begin with //.
_RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()


def _check_again(preferences: Preferences, context: Context) -> None:
    session.current().provider.forget()


class Preferences(AddonPreferences):
    """How the extension converts, and where its results go."""

    bl_idname = __package__

    provider: EnumProperty(
        name="Run On", description="What runs the network", items=PROVIDERS, default="auto", update=_check_again
    )
    threads: IntProperty(
        name="CPU Threads", description="0 is one thread per core", default=0, min=0, max=256, update=_check_again
    )
    model: StringProperty(
        name="Model",
        description="Custom ONNX model, written by `lanet export`. Leave empty to use the bundled model",
        subtype="FILE_PATH",
        update=_check_again,
    )
    warm_minutes: IntProperty(
        name="Keep Ready",
        description="How long the converter stays in memory after a conversion, minutes. The next one starts faster",
        default=5,
        min=0,
        max=240,
    )
    folder: StringProperty(
        name="Output Folder",
        description="Where HDR files are written. // is the folder of the .blend file",
        subtype="DIR_PATH",
        default=DEFAULT_FOLDER,
        options=_RELATIVE,
    )
    pack: BoolProperty(
        name="Pack into the .blend",
        description="Keep a copy of each HDR file inside the .blend file, made when that is saved",
        default=False,
    )
    drop_images: BoolProperty(
        name="Offer for Dropped Images",
        description="Offer to light the scene by an image that is dropped on the 3D Viewport or the Shader Editor",
        default=True,
    )
    precision: EnumProperty(
        name="Precision",
        description="How the values of HDR files are stored",
        items=PRECISIONS,
        default="AUTO",
    )

    def draw(self, context: Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.prop(self, "provider")
        column.prop(self, "threads")
        column.prop(self, "model")
        column.prop(self, "warm_minutes", text="Keep Ready (Minutes)")
        layout.operator("lanet.check_converter")
        report = session.current().provider
        for line in report.lines:
            draw_text(layout, context, line, icon="ERROR" if report.is_problem else "NONE", alert=report.is_problem)
        column = layout.column(heading="Results")
        column.prop(self, "folder")
        if not is_valid_folder(self.folder):
            draw_text(column, context, "The folder must begin with // or be absolute.", icon="ERROR", alert=True)
        column.prop(self, "pack")
        column.prop(self, "precision")
        layout.prop(self, "drop_images")
        row = layout.row()
        row.operator("lanet.open_documentation", icon="HELP")
        row.operator("lanet.report_bug", icon="URL")
