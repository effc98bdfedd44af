"""What Blender is told of when the extension is enabled, and what is taken back when it is disabled."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import command_line, packing, scene_properties, session
from .operators.cancel_conversion import CancelConversion
from .operators.check_converter import CheckConverter
from .operators.convert_environment import ConvertEnvironment
from .operators.convert_files import ConvertFiles
from .operators.mark_asset import MarkWorldAsAsset
from .panels.shader_sidebar import ShaderSidebarPanel
from .panels.view_sidebar import ViewSidebarPanel
from .panels.world_properties import WorldPropertiesPanel
from .preferences import Preferences

CLASSES = (
    Preferences,
    scene_properties.SceneProperties,
    ConvertEnvironment,
    ConvertFiles,
    MarkWorldAsAsset,
    CancelConversion,
    CheckConverter,
    WorldPropertiesPanel,
    ViewSidebarPanel,
    ShaderSidebarPanel,
)

_commands: list[object] = []


@persistent
def _forget_the_file(*_: object) -> None:
    session.current().forget()


@persistent
def _pack_results(*_: object) -> None:
    problems = [f"{image.name}: It cannot be packed, for its file cannot be read." for image in packing.pack_waiting()]
    if problems:
        session.current().say(*problems, is_error=True)


def register() -> None:
    """Enable the extension."""
    session.start()
    for each in CLASSES:
        bpy.utils.register_class(each)
    scene_properties.add_to_scenes()
    _commands.append(bpy.utils.register_cli_command(command_line.NAME, command_line.run))
    bpy.app.handlers.load_pre.append(_forget_the_file)
    bpy.app.handlers.save_pre.append(_pack_results)


def unregister() -> None:
    """Disable it; no process, timer or handler is left."""
    bpy.app.handlers.save_pre.remove(_pack_results)
    bpy.app.handlers.load_pre.remove(_forget_the_file)
    bpy.utils.unregister_cli_command(_commands.pop())
    scene_properties.remove_from_scenes()
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)
    session.stop()
