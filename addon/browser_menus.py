"""The entries in the menus of the File Browser and the Asset Browser."""

from __future__ import annotations

import os
from pathlib import Path

from bpy.types import Context, Menu

from .command_arguments import is_image
from .operators.convert_asset import ConvertAsset
from .operators.convert_environment import ConvertEnvironment
from .operators.convert_files import ConvertFiles
from .operators.convert_folder import ConvertFolder


def draw_in_file_menu(menu: Menu, context: Context) -> None:
    """Add the entries for the selected images and for the folder to the menu of the File Browser."""
    space = context.space_data
    if space.active_operator is not None:  # it chooses a file for something else
        return
    folder = Path(os.fsdecode(space.params.directory))
    names = [each.relative_path for each in context.selected_files if is_image(Path(each.relative_path))]
    layout = menu.layout
    layout.separator()
    if names:
        entry = layout.operator(ConvertEnvironment.bl_idname, text="Light Scene as HDR", icon="LIGHT_SUN")
        entry.filepath = str(folder / names[0])
        entry = layout.operator(ConvertFiles.bl_idname)
        entry.directory = str(folder)
        for name in names:
            entry.files.add().name = name
    layout.operator(ConvertFolder.bl_idname, icon="ASSET_MANAGER").directory = str(folder)


def draw_in_asset_menu(menu: Menu, context: Context) -> None:
    """Add the entries for the asset and for a folder to the menus of the Asset Browser."""
    menu.layout.separator()
    menu.layout.operator(ConvertAsset.bl_idname, icon="LIGHT_SUN")
    draw_in_catalog_menu(menu, context)


def draw_in_catalog_menu(menu: Menu, context: Context) -> None:
    """Add the entry for a folder."""
    menu.layout.operator(ConvertFolder.bl_idname, text=f"{ConvertFolder.bl_label}…", icon="ASSET_MANAGER")
