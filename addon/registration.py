"""Registration of classes, properties, handlers, the command and the Esc key."""

from __future__ import annotations

import threading

import bpy
from bpy.app.handlers import persistent

from . import browser_menus, command_line, scene_properties, session, translation
from .conversion import saving, unsaved_results
from .operators.add_ground import AddGround, RemoveGround
from .operators.add_lamp import AddSunLamp
from .operators.bake_light import BakeLight
from .operators.calibrate_surface import CalibrateSurface
from .operators.cancel_conversion import CancelConversion
from .operators.check_converter import CheckConverter
from .operators.convert_asset import ConvertAsset
from .operators.convert_environment import ConvertEnvironment
from .operators.convert_files import ConvertFiles
from .operators.convert_folder import ConvertFolder
from .operators.convert_image import ConvertImage, draw_in_image_menu, draw_in_node_menu
from .operators.drop_image import DropImage, PanoramaDrop
from .operators.mark_asset import MarkWorldAsAsset
from .operators.pick_surface import PickSurface
from .operators.remove_lamps import RemoveLamps
from .operators.reset_light import AddRotation, RemoveLight, ResetLight
from .operators.support import OpenDocumentation, ReportBug
from .operators.try_strength import TryStrength
from .operators.turn_light import TurnLight
from .panels.light_dial import LightDial
from .panels.shader_sidebar import ShaderSidebarPanel
from .panels.view_sidebar import ViewSidebarPanel
from .panels.world_properties import WorldPropertiesPanel
from .preferences import Preferences
from .source import reading_choice
from .world.surface_albedos import SurfaceProperties

CLASSES = (
    Preferences,
    SurfaceProperties,
    scene_properties.SceneProperties,
    reading_choice.ImageProperties,
    ConvertEnvironment,
    ConvertFiles,
    ConvertFolder,
    ConvertImage,
    ConvertAsset,
    DropImage,
    PanoramaDrop,
    MarkWorldAsAsset,
    AddSunLamp,
    RemoveLamps,
    AddRotation,
    ResetLight,
    RemoveLight,
    TryStrength,
    TurnLight,
    BakeLight,
    AddGround,
    RemoveGround,
    CalibrateSurface,
    CancelConversion,
    CheckConverter,
    OpenDocumentation,
    ReportBug,
    WorldPropertiesPanel,
    ViewSidebarPanel,
    ShaderSidebarPanel,
    LightDial,
)

#: How long a running pick has to end before its class is unregistered, seconds.
_RETRY_S = 0.3

_commands: list[object] = []
_keys: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


@persistent
def _forget_the_file(*_: object) -> None:
    session.current().forget()


@persistent
def _after_loading(*_: object) -> None:
    unsaved_results.keep()
    session.current().worlds.remember()


@persistent
def _follow_worlds(_: bpy.types.Scene | None = None, graph: bpy.types.Depsgraph | None = None) -> None:
    has_changed = graph is None or graph.id_type_updated("WORLD") or graph.id_type_updated("NODETREE")
    for scene in bpy.data.scenes:
        session.current().worlds.look(scene, has_changed=has_changed)


@persistent
def _after_undo(*_: object) -> None:
    session.current().worlds.distrust()


@persistent
def _before_saving(filepath: str, *_: object) -> None:
    _follow_worlds()
    saving.before(filepath)


@persistent
def _after_saving(filepath: str, *_: object) -> None:
    saving.after(filepath)


@persistent
def _after_failed_saving(filepath: str, *_: object) -> None:
    saving.after_failure(filepath)


_MENUS = {
    "IMAGE_MT_image": draw_in_image_menu,
    "NODE_MT_context_menu": draw_in_node_menu,
    "FILEBROWSER_MT_context_menu": browser_menus.draw_in_file_menu,
    "ASSETBROWSER_MT_context_menu": browser_menus.draw_in_asset_menu,
    "ASSETBROWSER_MT_catalog": browser_menus.draw_in_catalog_menu,
}
_HANDLERS = {
    "load_pre": _forget_the_file,
    "load_post": _after_loading,
    "depsgraph_update_post": _follow_worlds,
    "undo_post": _after_undo,
    "redo_post": _after_undo,
    "save_pre": _before_saving,
    "save_post": _after_saving,
    "save_post_fail": _after_failed_saving,
}


def register() -> None:
    """Enable the extension."""
    session.start()
    for each in CLASSES:
        bpy.utils.register_class(each)
    _register_pick()
    translation.add_languages()
    scene_properties.add_to_scenes()
    reading_choice.add_to_images()
    _commands.append(bpy.utils.register_cli_command(command_line.NAME, command_line.run))
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)
    for menu, draw in _MENUS.items():
        getattr(bpy.types, menu).append(draw)
    _add_key()
    threading.Thread(target=unsaved_results.sweep, args=(unsaved_results.root(),), name="lanet sweep").start()


def unregister() -> None:
    """Disable it; no process, timer or handler is left."""
    _remove_key()
    for menu, draw in _MENUS.items():
        getattr(bpy.types, menu).remove(draw)
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    bpy.utils.unregister_cli_command(_commands.pop())
    reading_choice.remove_from_images()
    scene_properties.remove_from_scenes()
    translation.remove_languages()
    _unregister_pick()
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)
    session.stop()


def _register_pick() -> None:
    if not PickSurface.is_registered:
        bpy.utils.register_class(PickSurface)


def _unregister_pick() -> float | None:
    """Unregister the one modal operator; while it runs, Blender would crash, so it is ended first by its timer."""
    if PickSurface.running:
        PickSurface.must_end = True
        if not bpy.app.timers.is_registered(_unregister_pick):
            bpy.app.timers.register(_unregister_pick, first_interval=_RETRY_S)
        return _RETRY_S
    if PickSurface.is_registered:
        bpy.utils.unregister_class(PickSurface)
    return None


def _add_key() -> None:
    """Let Esc cancel a running conversion; while none is running, the key is Blender's own."""
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is not None:
        keymap = configuration.keymaps.new(name="Window", space_type="EMPTY")
        _keys.append((keymap, keymap.keymap_items.new(CancelConversion.bl_idname, "ESC", "PRESS")))


def _remove_key() -> None:
    for keymap, item in _keys:
        keymap.keymap_items.remove(item)
    _keys.clear()
