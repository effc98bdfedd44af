"""Checks inside Blender: images that are dropped on an editor."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
from enabled_extension import enable, part, write_image


def drop(folder: Path, *names: str) -> set[str]:
    return bpy.ops.lanet.drop_image(directory=f"{folder}/", files=[{"name": name} for name in names])


def check_a_dropped_panorama_lights_the_scene(folder):
    enable(folder)
    write_image(folder / "street.png", scale=4)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    assert drop(folder, "street.png") == {"FINISHED"}
    scene = bpy.context.scene
    assert part("world.graph").shows_hdr(scene)
    assert part("world.graph").remembered_pair(scene.world).ldr.name == "street.png"


def check_several_become_files(folder):
    enable(folder)
    for name in ("a.png", "b.png"):
        write_image(folder / name)
    assert drop(folder, "a.png", "b.png") == {"FINISHED"}
    assert sorted(path.name for path in folder.glob("*.exr")) == ["a_lanet.exr", "b_lanet.exr"]
    assert bpy.context.scene.world is None or not part("world.graph").shows_hdr(bpy.context.scene)


def check_another_image_is_added_as_blender_does_where_it_shows_no_menu(folder):
    enable(folder)
    dropped = part("operators.drop_image")
    image = bpy.data.images.new("square", 32, 32)
    image.filepath_raw, image.file_format = str(folder / "square.png"), "PNG"
    image.save()
    write_image(folder / "street.png", scale=2)
    assert not dropped.is_panorama(folder / "square.png") and dropped.is_panorama(folder / "street.png")
    window = bpy.context.window_manager.windows[0]
    area = next(each for each in window.screen.areas if each.type == "VIEW_3D")
    region = next(each for each in area.regions if each.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        if any(each is not dropped.PanoramaDrop for each in dropped._handlers()):
            assert dropped._add_natively(bpy.context, folder / "square.png")  # Blender would show a menu
        else:
            assert drop(folder, "square.png") == {"FINISHED"}
    assert [each.empty_display_type for each in bpy.data.objects if each.type == "EMPTY"] == ["IMAGE"]
    assert not list(folder.glob("*.exr"))


def check_the_handler_is_for_worlds_and_can_be_turned_off(folder):
    preferences = enable(folder)
    handler = bpy.types.LANET_FH_panorama
    assert handler.bl_import_operator == "lanet.drop_image"
    assert {".jpg", ".png", ".webp"} <= set(handler.bl_file_extensions.split(";"))

    def is_taken(area: str, tree: str = "") -> bool:
        context = SimpleNamespace(area=SimpleNamespace(type=area), space_data=SimpleNamespace(tree_type=tree))
        return part("operators.drop_image").PanoramaDrop.poll_drop(context)

    assert is_taken("VIEW_3D") and is_taken("NODE_EDITOR", "ShaderNodeTree")
    assert not is_taken("NODE_EDITOR", "GeometryNodeTree") and not is_taken("IMAGE_EDITOR")
    preferences.drop_images = False
    assert not is_taken("VIEW_3D")
