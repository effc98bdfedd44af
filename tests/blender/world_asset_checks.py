"""Checks inside Blender: a world as an asset."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from enabled_extension import convert, disable, enable, lit_scene, part, state_of, write_image

from lanet_core.files import read_hdr
from lanet_core.pipeline.thumbnail import thumbnail


def converted(folder: Path, **options) -> bpy.types.Scene:
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    scene = lit_scene(bpy.data.images.load(str(write_image(folder / "street.png", scale=4))))
    convert(**options)
    return scene


def preview_of(world: bpy.types.World) -> np.ndarray:
    width, height = world.preview.image_size
    pixels = np.array(world.preview.image_pixels_float[:], np.float32).reshape(height, width, 4)
    assert (pixels[..., 3] == 1.0).all()
    return pixels[::-1, :, :3]


def assert_shows(world: bpy.types.World, path: Path) -> None:
    expected = thumbnail(read_hdr(path), 128) / 255.0
    assert expected.shape == (128, 256, 3) and expected.std() > 0.05
    np.testing.assert_allclose(preview_of(world), expected, atol=0.5 / 255.0)


def kinds_in_addition(data: bpy.types.AssetMetaData, expected: set[str]) -> int:
    """Return how many kinds of light are among the tags, which are these and no others."""
    tags = {tag.name for tag in data.tags}
    kinds = set(part("world.asset_library").CATALOGS.values())
    assert expected <= tags <= expected | kinds
    return len(tags & kinds)


def check_a_world_is_marked_and_shows_its_hdr(folder):
    scene = converted(folder)
    assert scene.world.asset_data is None
    assert bpy.ops.lanet.mark_world_as_asset() == {"FINISHED"}
    data = scene.world.asset_data
    assert kinds_in_addition(data, {"HDRI", "LANet IBL"}) == 1
    assert "street.png" in data.description and not data.author and not data.license
    assert_shows(scene.world, folder / "textures" / "street_lanet.exr")
    bpy.ops.wm.save_mainfile()
    disable()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    assert bpy.context.scene.world.asset_data.description == "HDR environment, reconstructed from street.png"
    assert_shows(bpy.context.scene.world, folder / "textures" / "street_lanet.exr")


def check_a_conversion_marks_its_world_on_request(folder):
    scene = converted(folder, asset=True)
    assert scene.world.asset_data is not None
    assert_shows(scene.world, folder / "textures" / "street_lanet.exr")


def check_what_the_artist_wrote_stays(folder):
    scene = converted(folder)
    scene.world.asset_mark()
    data = scene.world.asset_data
    data.description, data.author, data.license = "My street", "I", "CC0"
    data.tags.new("street")
    bpy.ops.lanet.mark_world_as_asset()
    assert (data.description, data.author, data.license) == ("My street", "I", "CC0")
    assert kinds_in_addition(data, {"street", "HDRI", "LANet IBL"}) <= 1


def check_a_packed_hdr_whose_file_is_gone(folder):
    scene = converted(folder, pack=True)
    hdr = read_hdr(folder / "textures" / "street_lanet.exr")
    (folder / "textures" / "street_lanet.exr").unlink()
    assert bpy.ops.lanet.mark_world_as_asset() == {"FINISHED"}
    np.testing.assert_allclose(preview_of(scene.world), thumbnail(hdr, 128) / 255.0, atol=0.5 / 255.0)
    assert not list(Path(bpy.app.tempdir).glob("lanet-*"))


def check_what_cannot_be_marked_is_reported(folder):
    scene = converted(folder)
    (folder / "textures" / "street_lanet.exr").unlink()
    before = state_of(scene)
    try:
        bpy.ops.lanet.mark_world_as_asset()
    except RuntimeError as error:
        assert "street_lanet.exr" in str(error) and "missing" in str(error)
    else:
        raise AssertionError
    assert state_of(scene) == before and scene.world.asset_data is None
    scene.world = bpy.data.worlds.new("bare")
    assert not bpy.ops.lanet.mark_world_as_asset.poll()


def check_each_of_several_files_becomes_a_world(folder):
    enable(folder)
    scene = lit_scene(bpy.data.images.new("mine", 8, 4))
    before, scenes = state_of(scene)[:4], list(bpy.data.scenes)
    for name in ("a.png", "b.png"):
        write_image(folder / name)
    files = [{"name": name} for name in ("a.png", "missing.png", "b.png")]
    for _ in range(2):  # again, they are the same worlds
        bpy.ops.lanet.convert_files(directory=f"{folder}/", files=files, assets=True)
        assert state_of(scene)[:4] == before and list(bpy.data.scenes) == scenes
        assert sorted(bpy.data.worlds.keys()) == ["World", "a", "b"]
    for name in ("a", "b"):
        world = bpy.data.worlds[name]
        assert world.asset_data is not None and world.use_fake_user
        pair = part("world.graph").remembered_pair(world)
        assert (pair.ldr.name, pair.hdr.name) == (f"{name}.png", f"{name}_lanet.exr")
        expected = thumbnail(read_hdr(folder / f"{name}_lanet.exr"), 128) / 255.0
        np.testing.assert_allclose(preview_of(world), expected, atol=0.5 / 255.0)
        scene.world = world
        assert part("world.graph").shows_hdr(scene)
