"""Checks inside Blender: what the extension converts, and what it refuses."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import (
    MODULE,
    begin,
    convert,
    disable,
    enable,
    file_scene,
    lit_scene,
    painted,
    part,
    pixels_of,
    refusal,
    state,
    state_of,
    wait_until,
    write_image,
)

from lanet_core.files import read_hdr


def check_a_file_is_converted(folder):
    scene = file_scene(folder)
    image = bpy.data.images["street.png"]
    assert convert() == {"FINISHED"}
    graph = part("world.graph")
    pair = graph.remembered_pair(scene.world)
    assert pair.ldr == image and graph.environment_image(scene) == pair.hdr
    assert pair.hdr.filepath == "//textures/street_lanet.exr"
    np.testing.assert_array_equal(pixels_of(pair.hdr), read_hdr(folder / "textures" / "street_lanet.exr"))
    assert pixels_of(pair.hdr).max() > 1.5
    nodes = scene.world.node_tree.nodes
    assert nodes["Background"].inputs["Strength"].default_value == 0.5
    assert abs(nodes["Mapping"].inputs["Rotation"].default_value[2] - 0.7) < 1e-6
    assert [path.name for path in (folder / "textures").iterdir()] == ["street_lanet.exr"]
    (message,) = part("session").current().messages
    assert "was clipped" in message.text and not message.is_error


def check_converting_twice_is_converting_the_ldr_again(folder):
    scene = file_scene(folder)
    convert()
    first = part("world.graph").remembered_pair(scene.world)
    assert convert() == {"FINISHED"}
    assert part("world.graph").remembered_pair(scene.world) == first
    assert len(list((folder / "textures").iterdir())) == 1


def check_painted_and_packed_images_are_converted(folder):
    enable(folder)
    scene = lit_scene(painted())
    convert()
    assert part("world.graph").shows_hdr(scene)
    assert any("not saved yet" in message.text for message in part("session").current().messages)
    path = write_image(folder / "street.png")
    image = bpy.data.images.load(str(path))
    image.pack()
    path.unlink()
    scene = lit_scene(image)
    convert()
    assert part("world.graph").remembered_pair(scene.world).ldr == image
    left = [path.name for path in Path(bpy.app.tempdir).iterdir() if path.name.startswith("lanet-")]
    wait_until(lambda: not left or not (Path(bpy.app.tempdir) / left[0]).exists())


def check_a_file_of_choice_is_converted(folder):
    scene = file_scene(folder)
    other = write_image(folder / "other.png")
    assert convert(filepath=str(other)) == {"FINISHED"}
    pair = part("world.graph").remembered_pair(scene.world)
    assert pair.ldr.name == "other.png" and pair.hdr.filepath.endswith("other_lanet.exr")
    assert [node.image for node in scene.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT"] == [pair.hdr]


def check_a_scene_without_a_world_is_lit(folder):
    enable(folder)
    scene = bpy.context.scene
    scene.world = None
    assert "no environment image" in refusal()
    scene.lanet.image = painted()
    assert convert() == {"FINISHED"}
    assert part("world.graph").shows_hdr(scene)
    assert part("world.graph").remembered_pair(scene.world).ldr == scene.lanet.image
    scene.world = None
    assert convert(filepath=str(write_image(folder / "street.png"))) == {"FINISHED"}
    assert part("world.graph").shows_hdr(scene)


def check_what_cannot_be_converted_is_reported_and_nothing_changes(folder):
    scene = file_scene(folder)
    image = bpy.data.images["street.png"]
    before = state_of(scene)
    missing = folder / "missing.png"
    assert "no such file" in refusal(filepath=str(missing))
    hdr = folder / "sky.hdr"
    hdr.write_bytes(b"#?RADIANCE\n")
    assert "HDR already" in refusal(filepath=str(hdr))
    damaged = folder / "damaged.png"
    damaged.write_bytes((folder / "street.png").read_bytes()[:3000])
    assert "damaged.png" in refusal(filepath=str(damaged))
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.folder = "textures"
    assert "must begin with //" in refusal()
    preferences.folder = str(folder / "street.png" / "textures")
    assert "Choose another folder" in refusal()
    preferences.folder = "//textures"
    model, preferences.model = preferences.model, str(folder / "no.onnx")
    assert "no.onnx" in refusal()
    assert part("session").current().messages[0].is_error
    preferences.model = model
    (folder / "street.png").unlink()
    assert "missing" in refusal()
    assert state_of(scene) == before and image.name == "street.png"
    assert [path.name for path in folder.rglob("*") if path.suffix == ".exr" or path.name.startswith(".lanet")] == []


def check_a_mirror_ball_is_refused_before_it_is_converted(folder):
    scene = file_scene(folder)
    texture = next(node for node in scene.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT")
    texture.projection = "MIRROR_BALL"
    assert "Mirror Ball" in refusal()
    assert not (folder / "textures").exists()


def check_a_second_conversion_is_refused_while_one_is_running(folder):
    scene = file_scene(folder)
    running = begin(scene)
    assert "A conversion is running" in refusal()
    assert bpy.ops.lanet.cancel_conversion() == {"FINISHED"}
    before = state_of(scene)
    assert state(running) == "CANCELLED"
    assert state_of(scene) == before
    assert not bpy.ops.lanet.cancel_conversion.poll()
    assert convert() == {"FINISHED"}


def check_a_script_converts_images_and_files(folder):
    scene = file_scene(folder)
    lanet, before = part("lanet"), state_of(scene)
    result = lanet.convert(str(folder / "street.png"))
    assert result.output == folder / "street_lanet.exr" and result.facts["peak_ev"] > 1.0
    assert isinstance(result.facts["lights"], list) and result.notes == ()
    result = lanet.convert(bpy.data.images["street.png"], precision="FLOAT", pad=True)
    assert result.output == folder / "textures" / "street_lanet.exr"
    assert state_of(scene) == before
    for image, folder_name in ((folder / "missing.png", ""), (folder / "street.png", "relative")):
        try:
            lanet.convert(image, folder=folder_name)
        except lanet.AddonError as error:
            assert "missing.png" in str(error) or "must begin with //" in str(error)
        else:
            raise AssertionError("it was not refused")


def check_a_full_disk_is_reported_and_nothing_changes(folder):
    scene = file_scene(folder, scale=4)
    before = state_of(scene)
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
        print("a small disk cannot be mounted here")
        return
    try:
        bpy.context.preferences.addons[MODULE].preferences.folder = str(disk)
        output = refusal()
        assert "full" in output and str(disk / "street_lanet.exr") in output
        assert part("session").current().messages[0].is_error
        assert state_of(scene) == before
        disable()
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)


def check_a_packed_result_needs_no_file(folder):
    scene = file_scene(folder)
    assert convert(pack=True) == {"FINISHED"}
    path = folder / "textures" / "street_lanet.exr"
    expected = read_hdr(path)
    bpy.ops.wm.save_mainfile()
    path.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    assert hdr.packed_file is not None and hdr.colorspace_settings.name == "Linear Rec.709"
    np.testing.assert_array_equal(pixels_of(hdr), expected)
    assert scene.lanet.shown == "HDR"


def check_packing_by_the_preferences_in_an_unsaved_file(folder):
    preferences = enable(folder)
    preferences.pack, preferences.half = True, True
    scene = lit_scene(painted())
    convert()
    assert part("world.graph").remembered_pair(scene.world).hdr.packed_file is not None
    assert not any("not saved yet" in message.text for message in part("session").current().messages)
    convert(pack=True)
    convert(pack=False)
    hdr = part("world.graph").remembered_pair(scene.world).hdr
    assert hdr.packed_file is None and pixels_of(hdr).max() > 1.5


def check_the_button_packs_when_the_file_is_saved(folder):
    preferences = enable(folder)
    preferences.pack = True
    scene = lit_scene(painted())
    running = begin(scene)
    while running.step().name == "RUNNING":
        time.sleep(0.01)
    hdr = running.hdr
    assert hdr.packed_file is None and not running.notes
    path = Path(hdr.filepath)
    path.rename(path.with_suffix(".gone"))
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    (message,) = part("session").current().messages
    assert message.is_error and hdr.name in message.text and hdr.packed_file is None
    path.with_suffix(".gone").rename(path)
    bpy.ops.wm.save_mainfile()
    assert hdr.packed_file.size == path.stat().st_size
    path.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    pair = part("world.graph").remembered_pair(bpy.context.scene.world)
    assert pixels_of(pair.hdr).max() > 1.5
    assert "lanet_pack" not in pair.hdr
