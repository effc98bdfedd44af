"""Checks inside Blender: no result is lost by saving, or by not saving."""

from __future__ import annotations

import os
import time
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import MODULE, convert, enable, file_scene, lit_scene, painted, part, pixels_of, write_image

from lanet_core.files import read_hdr


def unsaved_scene(folder: Path):
    """Return a scene that was converted in a .blend that was never saved, its HDR image and that image's pixels."""
    preferences = enable(folder)
    scene = lit_scene(bpy.data.images.load(str(write_image(folder / "street.png"))))
    convert()
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    assert preferences.folder == "//textures" and not bpy.data.filepath
    return scene, hdr, pixels_of(hdr)


def reopened(path: Path) -> bpy.types.Image:
    """Return the HDR image of a .blend file, which is opened."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    assert scene.lanet.shown == "HDR"
    return part("world.graph").remembered_pair(scene.world).hdr


def texts() -> list[str]:
    return [message.text for message in part("session").current().messages]


def check_the_first_save_brings_the_hdr_to_the_output_folder(folder):
    _, hdr, pixels = unsaved_scene(folder)
    kept = Path(hdr.filepath)
    assert Path(bpy.app.tempdir) not in kept.parents and kept.is_file()
    assert any("not saved yet" in text for text in texts())
    assert part("conversion.unsaved_results").is_unsaved(hdr)
    other = bpy.data.worlds.new("other")
    other.use_nodes = True
    user = other.node_tree.nodes.new("ShaderNodeTexEnvironment")
    user.image = hdr
    other.use_fake_user = True
    (folder / "show").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "show" / "scene.blend"))
    assert hdr.filepath == "//textures/street_lanet.exr" and not part("conversion.unsaved_results").is_unsaved(hdr)
    assert not any("not saved yet" in text for text in texts())
    (folder / "show").rename(folder / "moved")  # nothing refers to the old place
    hdr = reopened(folder / "moved" / "scene.blend")
    assert hdr.filepath == "//textures/street_lanet.exr"
    np.testing.assert_array_equal(pixels_of(hdr), pixels)
    user = next(node for node in bpy.data.worlds["other"].node_tree.nodes if node.type == "TEX_ENVIRONMENT")
    assert user.image == hdr


def check_without_saving_the_file_outlives_blenders_temporary_folder(folder):
    _, hdr, _ = unsaved_scene(folder)
    settings = Path(os.environ["BLENDER_USER_RESOURCES"])
    assert settings in Path(hdr.filepath).parents


def check_a_recovered_file_refers_to_the_light_relative_to_itself(folder):
    _, hdr, pixels = unsaved_scene(folder)
    for name in ("kept", "project"):
        (folder / name).mkdir()
    # Blender keeps unsaved files without the handlers of add-ons.
    handlers = list(bpy.app.handlers.save_pre)
    bpy.app.handlers.save_pre.clear()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "kept" / "quit.blend"), copy=True)
    bpy.app.handlers.save_pre.extend(handlers)
    hdr = reopened(folder / "kept" / "quit.blend")
    assert part("conversion.unsaved_results").is_unsaved(hdr)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "project" / "scene.blend"))
    assert hdr.filepath == "//textures/street_lanet.exr"
    (folder / "project").rename(folder / "moved")
    hdr = reopened(folder / "moved" / "scene.blend")
    assert hdr.filepath == "//textures/street_lanet.exr"
    np.testing.assert_array_equal(pixels_of(hdr), pixels)


def check_a_copy_of_an_unsaved_file_has_its_own_light(folder):
    _, hdr, pixels = unsaved_scene(folder)
    kept = hdr.filepath
    (folder / "copy").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "copy" / "scene.blend"), copy=True)
    assert not bpy.data.filepath and hdr.filepath == kept
    assert part("world.graph").shows_hdr(bpy.context.scene)
    np.testing.assert_array_equal(pixels_of(hdr), pixels)
    assert any("not saved yet" in text for text in texts())
    np.testing.assert_array_equal(pixels_of(reopened(folder / "copy" / "scene.blend")), pixels)


def check_saving_elsewhere_keeps_the_light(folder):
    for remapped in (True, False):
        place = folder / ("remapped" if remapped else "plain")
        for name in ("a", "b", "c"):
            (place / name).mkdir(parents=True)
        _, hdr, pixels = unsaved_scene(folder) if remapped else saved_scene(folder)
        bpy.ops.wm.save_as_mainfile(filepath=str(place / "a" / "scene.blend"))
        bpy.ops.wm.save_as_mainfile(filepath=str(place / "b" / "scene.blend"), relative_remap=remapped)
        np.testing.assert_array_equal(pixels_of(hdr), pixels)
        bpy.ops.wm.save_as_mainfile(filepath=str(place / "c" / "scene.blend"), copy=True)
        for name in ("a", "b", "c"):
            np.testing.assert_array_equal(pixels_of(reopened(place / name / "scene.blend")), pixels)


def saved_scene(folder: Path):
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = lit_scene(bpy.data.images.load(str(write_image(folder / "street.png"))))
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "first.blend"))
    convert()
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    return scene, hdr, pixels_of(hdr)


def check_a_packed_result_of_an_unsaved_file_needs_none(folder):
    enable(folder).pack = True
    scene = lit_scene(painted())
    convert()
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    pixels = pixels_of(hdr)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    assert hdr.packed_file is not None and not (folder / "textures").exists()
    np.testing.assert_array_equal(pixels_of(reopened(folder / "scene.blend")), pixels)


def check_a_folder_that_cannot_be_written_is_named_and_the_light_stays(folder):
    _, hdr, pixels = unsaved_scene(folder)
    kept = hdr.filepath
    (folder / "textures").write_bytes(b"no folder")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    (message,) = part("session").current().messages
    assert message.is_error and str(folder / "textures") in message.text and kept in message.text
    assert part("conversion.unsaved_results").is_unsaved(hdr)
    np.testing.assert_array_equal(pixels_of(hdr), pixels)
    (folder / "textures").unlink()
    bpy.ops.wm.save_mainfile()
    assert hdr.filepath == "//textures/street_lanet.exr" and texts() == []
    np.testing.assert_array_equal(pixels_of(reopened(folder / "scene.blend")), pixels)


def check_the_startup_file_gets_no_textures(folder):
    _, hdr, _ = unsaved_scene(folder)
    kept = hdr.filepath
    (Path(os.environ["BLENDER_USER_RESOURCES"]) / "config").mkdir(exist_ok=True)
    bpy.ops.wm.save_homefile()
    assert hdr.filepath == kept
    assert not list(Path(os.environ["BLENDER_USER_RESOURCES"]).glob("config/**/*.exr"))


def check_undo_after_the_first_save_keeps_the_light(folder):
    _, hdr, pixels = unsaved_scene(folder)
    kept = Path(hdr.filepath)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    assert kept.is_file(), "an undo step, an autosave or a copy may refer to it"
    hdr.filepath = str(kept)  # as an undo does
    bpy.ops.wm.save_mainfile()
    assert hdr.filepath == "//textures/street_lanet.exr"
    assert [path.name for path in (folder / "textures").iterdir()] == ["street_lanet.exr"]
    np.testing.assert_array_equal(pixels_of(hdr), pixels)


def check_what_is_unused_is_removed_after_a_month(folder):
    unsaved_scene(folder)
    results = part("conversion.unsaved_results")
    old, new = results.root() / "1-old", results.root() / "1-new"
    for each in (old, new):
        each.mkdir()
        (each / "a_lanet.exr").touch()
    os.utime(old, (0, time.time() - 31 * 24 * 3600))
    results.sweep(results.root())
    assert not old.exists() and new.exists() and results.folder().exists()


def check_two_blends_in_a_folder_do_not_share_a_name(folder):
    scene = file_scene(folder)
    for place, scale in (("one", 1), ("two", 2)):
        (folder / place).mkdir()
        write_image(folder / place / "pano.png", scale)
    results = []
    for place in ("one", "two", "one"):
        bpy.ops.wm.read_homefile(use_empty=True)
        scene = lit_scene(bpy.data.images.load(str(folder / place / "pano.png")))
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / f"{place}.blend"))
        convert()
        results.append(part("world.graph").environment_image(scene).filepath)
        bpy.ops.wm.save_mainfile()
    assert results == [
        "//textures/pano_lanet.exr",
        "//textures/pano_2_lanet.exr",
        "//textures/pano_lanet.exr",
    ]
    for place, width in (("one", 128), ("two", 256)):
        assert reopened(folder / f"{place}.blend").size[0] == width
    assert read_hdr(folder / "textures" / "pano_2_lanet.exr").shape[1] == 256


def check_a_shared_output_folder_keeps_each_image(folder):
    preferences = enable(folder)
    preferences.folder = str(folder / "shared")
    names = ("été", "Ü", "É", "夜")
    for scale, name in enumerate(names, 1):
        bpy.ops.wm.read_homefile(use_empty=True)
        scene = lit_scene(bpy.data.images.load(str(write_image(folder / f"{name}.png", scale))))
        convert()
        assert Path(part("world.graph").environment_image(scene).filepath).name == f"{name}_lanet.exr"
    assert len(list((folder / "shared").iterdir())) == len(names)
    assert bpy.context.preferences.addons[MODULE].preferences.folder == str(folder / "shared")
