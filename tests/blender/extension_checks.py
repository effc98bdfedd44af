"""What test_extension.py runs inside Blender, with the extension enabled: one check a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import bpy
import numpy as np
from blender_process import main
from enabled_extension import (
    MODULE,
    convert,
    disable,
    enable,
    leave,
    lit_scene,
    part,
    refusal,
    state_of,
    street,
    wait_until,
    write_picture,
)

from lanet_core.images import read_hdr

#: The converter's, in their order.
STAGES = ("starting", "reading", "network", "reconstruction", "writing")


def file_scene(folder: Path, scale: int = 1) -> bpy.types.Scene:
    """Return a saved scene that is lit by a picture file."""
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    return lit_scene(bpy.data.images.load(str(write_picture(folder / "street.png", scale))))


def painted(scale: int = 1) -> bpy.types.Image:
    rgb = street(scale)[::-1] / 255.0
    image = bpy.data.images.new("painted", rgb.shape[1], rgb.shape[0])
    image.pixels.foreach_set(np.dstack([rgb, np.ones(rgb.shape[:2])]).astype(np.float32).ravel())
    return image


def pixels_of(image: bpy.types.Image) -> np.ndarray:
    pixels = np.empty(image.size[1] * image.size[0] * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], image.channels)[::-1, :, :3]


def begin(scene: bpy.types.Scene, **options):
    """Return a conversion as the button begins it, and have the session know of it."""
    settings = part("settings").conversion_settings()
    current = part("session").current()
    current.conversion = part("conversion").Conversion(current.worker, scene, settings, **options)
    return current.conversion


def state(conversion) -> str:
    """Wait for a conversion and return how it ended."""
    ended = conversion.wait().name
    part("session").current().finish()
    return ended


def step_to(conversion, stage: str) -> None:
    """Advance a conversion until a stage has begun and the worker has a process; it must not end before."""

    def has_begun() -> bool:
        assert conversion.step().name == "RUNNING"
        begun = STAGES.index(conversion.stage) >= STAGES.index(stage) if conversion.stage in STAGES else False
        return begun and part("session").current().worker.worker_pid is not None

    wait_until(has_begun)


def check_a_file_is_converted(folder):
    scene = file_scene(folder)
    image = bpy.data.images["street.png"]
    assert convert() == {"FINISHED"}
    graph = part("world_graph")
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
    first = part("world_graph").remembered_pair(scene.world)
    assert convert() == {"FINISHED"}
    assert part("world_graph").remembered_pair(scene.world) == first
    assert len(list((folder / "textures").iterdir())) == 1


def check_painted_and_packed_images_are_converted(folder):
    enable(folder)
    scene = lit_scene(painted())
    convert()
    assert part("world_graph").shows_hdr(scene)
    assert any("not saved yet" in message.text for message in part("session").current().messages)
    path = write_picture(folder / "street.png")
    image = bpy.data.images.load(str(path))
    image.pack()
    path.unlink()
    scene = lit_scene(image)
    convert()
    assert part("world_graph").remembered_pair(scene.world).ldr == image
    left = [path.name for path in Path(bpy.app.tempdir).iterdir() if path.name.startswith("lanet-")]
    wait_until(lambda: not left or not (Path(bpy.app.tempdir) / left[0]).exists())


def check_a_file_of_choice_is_converted(folder):
    scene = file_scene(folder)
    other = write_picture(folder / "other.png")
    assert convert(filepath=str(other)) == {"FINISHED"}
    pair = part("world_graph").remembered_pair(scene.world)
    assert pair.ldr.name == "other.png" and pair.hdr.filepath.endswith("other_lanet.exr")
    assert [node.image for node in scene.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT"] == [pair.hdr]


def check_a_scene_without_a_world_is_lit(folder):
    enable(folder)
    scene = bpy.context.scene
    scene.world = None
    assert "no environment image" in refusal()
    scene.lanet.image = painted()
    assert convert() == {"FINISHED"}
    assert part("world_graph").shows_hdr(scene)
    assert part("world_graph").remembered_pair(scene.world).ldr == scene.lanet.image
    scene.world = None
    assert convert(filepath=str(write_picture(folder / "street.png"))) == {"FINISHED"}
    assert part("world_graph").shows_hdr(scene)


def check_what_cannot_be_converted_is_said_and_nothing_changes(folder):
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
    assert not list(folder.glob("**/*.exr")) and not list(folder.glob("**/.lanet*"))


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


def check_cancelled_at_any_moment_nothing_changes(folder):
    scene = file_scene(folder, scale=8)
    before = state_of(scene)
    for stage in STAGES:
        running = begin(scene)
        step_to(running, stage)
        running.cancel()
        assert state(running) == "CANCELLED", stage
        assert state_of(scene) == before
    disable()
    assert not list(folder.glob("textures/*"))


def check_a_painted_image_is_cancelled_while_it_is_written(folder):
    enable(folder)
    scene = lit_scene(painted(scale=8))
    before = state_of(scene)
    running = begin(scene)
    running.cancel()
    assert running.step().name == "CANCELLED"
    assert state_of(scene) == before
    disable()
    assert not list(Path(bpy.app.tempdir).glob("lanet-*"))


def check_a_scene_that_is_removed_meanwhile(folder):
    scene = file_scene(folder)
    other = bpy.data.scenes.new("other")
    running = begin(scene)
    bpy.data.scenes.remove(scene)
    before = state_of(other)
    assert state(running) == "FAILED"
    assert "removed" in running.message and str(folder / "textures" / "street_lanet.exr") in running.message
    assert state_of(other) == before


def check_a_world_or_an_image_that_is_changed_meanwhile(folder):
    scene = file_scene(folder)
    texture = next(node for node in scene.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT")
    image, world = texture.image, scene.world
    running = begin(scene)
    scene.world = bpy.data.worlds.new("another")
    before = state_of(scene)
    assert state(running) == "FAILED" and "another world" in running.message
    assert state_of(scene) == before
    scene.world = world
    running = begin(scene)
    texture.image = painted()
    before = state_of(scene)
    assert state(running) == "FAILED"
    assert state_of(scene) == before
    texture.image = image
    running = begin(scene)
    bpy.data.images.remove(image)
    assert state(running) == "FAILED"
    assert texture.image is None and len(texture.outputs["Color"].links) == 1


def check_a_strength_that_is_changed_meanwhile_stays(folder):
    scene = file_scene(folder)
    running = begin(scene)
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 2.0
    assert state(running) == "FINISHED"
    assert scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value == 2.0


def check_another_file_that_is_loaded_meanwhile(folder):
    scene = file_scene(folder)
    bpy.ops.wm.save_mainfile()
    running = begin(scene)
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    before = state_of(scene)
    assert part("session").current().conversion is None
    assert running.wait().name == "CANCELLED"
    assert state_of(scene) == before
    assert convert() == {"FINISHED"}


def check_a_number_is_not_given_again_by_another_file(folder):
    scene = file_scene(folder)
    bpy.ops.wm.save_mainfile()
    numbers = {each.session_uid for each in (*bpy.data.scenes, *bpy.data.images, *bpy.data.worlds)}
    assert scene.session_uid in numbers
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    assert not numbers & {each.session_uid for each in (*bpy.data.scenes, *bpy.data.images, *bpy.data.worlds)}


def check_a_worker_that_is_killed_meanwhile(folder):
    scene = file_scene(folder, scale=8)
    before = state_of(scene)
    worker = part("session").current().worker
    for stage in ("starting", "network", "writing"):
        running = begin(scene)
        step_to(running, stage)
        os.kill(worker.worker_pid, signal.SIGKILL)
        assert state(running) == "FAILED", stage
        assert "was killed" in running.message and "Nothing was changed" in running.message
        assert state_of(scene) == before
    assert convert() == {"FINISHED"}
    assert [path.name for path in (folder / "textures").iterdir()] == ["street_lanet.exr"]


def check_a_worker_that_crashes_or_hangs_meanwhile(folder):
    scene = file_scene(folder, scale=8)
    before = state_of(scene)
    worker = part("session").current().worker
    running = begin(scene)
    step_to(running, "network")
    os.kill(worker.worker_pid, signal.SIGSEGV)
    assert state(running) == "FAILED" and "crashed (SIGSEGV)" in running.message
    running = begin(scene)
    step_to(running, "network")
    hung = worker.worker_pid
    os.kill(hung, signal.SIGSTOP)
    running.cancel()
    assert running.step().name == "CANCELLED"
    assert state(running) == "CANCELLED"
    wait_until(lambda: not exists(hung))
    assert state_of(scene) == before
    assert convert() == {"FINISHED"}


def check_a_full_disk_is_said_and_nothing_changes(folder):
    scene = file_scene(folder, scale=4)
    before = state_of(scene)
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
        print("a small disk cannot be mounted here")
        return
    try:
        bpy.context.preferences.addons[MODULE].preferences.folder = str(disk)
        said = refusal()
        assert "full" in said and str(disk / "street_lanet.exr") in said
        assert part("session").current().messages[0].is_error
        assert state_of(scene) == before
        disable()
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)


def check_one_undo_takes_everything_back(folder):
    scene = file_scene(folder)
    bpy.ops.ed.undo_push(message="before")
    before = names_of_state()
    assert bpy.ops.lanet.convert_environment("EXEC_DEFAULT", True) == {"FINISHED"}
    assert part("world_graph").shows_hdr(bpy.context.scene)
    converted = names_of_state()
    assert bpy.ops.ed.undo() == {"FINISHED"}
    assert names_of_state() == before
    assert bpy.ops.ed.redo() == {"FINISHED"}
    assert names_of_state() == converted
    assert bpy.ops.ed.undo() == {"FINISHED"}
    running = begin(bpy.context.scene)
    bpy.context.scene.frame_current = 7
    bpy.ops.ed.undo_push(message="meanwhile")
    assert bpy.ops.ed.undo() == {"FINISHED"}
    assert state(running) == "FINISHED"
    assert names_of_state() == converted
    del scene
    leave()


def names_of_state() -> tuple[object, ...]:
    """Return the state without datablocks, which an undo may replace."""
    world, nodes, *rest = state_of(bpy.context.scene)
    return world.name, [(name, kind, image and image.name) for name, kind, image in nodes], *rest


def check_the_switch_and_the_sliders_outlive_the_file(folder):
    scene = file_scene(folder)
    assert scene.lanet.shown == "LDR"
    convert()
    assert scene.lanet.shown == "HDR"
    light = part("world_graph").light_node(scene)
    light.inputs["Highlights"].default_value = 1.5
    light.inputs["Peak Limit"].default_value = 40.0
    scene.lanet.shown = "LDR"
    graph = part("world_graph")
    assert graph.environment_image(scene).name == "street.png"
    light.inputs["Highlights"].keyframe_insert("default_value", frame=1)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    light = graph.light_node(scene)
    assert (light.inputs["Highlights"].default_value, light.inputs["Peak Limit"].default_value) == (1.5, 40.0)
    assert scene.lanet.shown == "LDR"
    scene.lanet.shown = "HDR"
    assert graph.environment_image(scene).filepath == "//textures/street_lanet.exr"
    assert graph.environment_image(scene).size[0] == 128
    bpy.ops.wm.save_mainfile()
    disable()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    nodes = bpy.context.scene.world.node_tree.nodes
    assert nodes["LANet Light"].inputs["Peak Limit"].default_value == 40.0
    texture = next(node for node in nodes if node.type == "TEX_ENVIRONMENT")
    assert texture.image.filepath == "//textures/street_lanet.exr" and texture.image.has_data is not None


def check_the_switch_of_a_scene_without_a_conversion_says_so(folder):
    scene = file_scene(folder)
    before = state_of(scene)
    scene.lanet.shown = "HDR"
    assert scene.lanet.shown == "LDR" and state_of(scene) == before
    assert part("session").current().messages[0].is_error


def check_a_packed_result_needs_no_file(folder):
    scene = file_scene(folder)
    assert convert(pack=True) == {"FINISHED"}
    path = folder / "textures" / "street_lanet.exr"
    expected = read_hdr(path)
    bpy.ops.wm.save_mainfile()
    path.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    scene = bpy.context.scene
    hdr = part("world_graph").remembered_pair(scene.world).hdr
    assert hdr.packed_file is not None and hdr.colorspace_settings.name == "Linear Rec.709"
    np.testing.assert_array_equal(pixels_of(hdr), expected)
    assert scene.lanet.shown == "HDR"


def check_packing_by_the_preferences_in_an_unsaved_file(folder):
    preferences = enable(folder)
    preferences.pack, preferences.half = True, True
    scene = lit_scene(painted())
    convert()
    assert part("world_graph").remembered_pair(scene.world).hdr.packed_file is not None
    assert not any("not saved yet" in message.text for message in part("session").current().messages)
    convert(pack=True)
    convert(pack=False)
    hdr = part("world_graph").remembered_pair(scene.world).hdr
    assert pixels_of(hdr).max() > 1.5


def check_the_facts_of_a_picture_are_the_workers(folder):
    scene = file_scene(folder)
    facts, current = part("session").current().facts, part("session").current()
    image = bpy.data.images["street.png"]

    def known():
        facts.step()
        current.worker.poll()
        return facts.of(image)

    assert facts.of(image) is None and facts.waiting
    wait_until(known)
    found = facts.of(image)
    convert()
    result = part("session").current().messages[0].text
    assert (found.width, found.height) == (128, 64) and 0.004 < found.clipped_fraction < 0.005
    assert f"{100 * found.clipped_fraction:.2g} %" in result
    write_picture(folder / "street.png", scale=2)
    facts._looked_s.clear()
    wait_until(lambda: known().width == 256)
    hdr = part("world_graph").environment_image(scene)
    facts.of(hdr)
    facts.step()
    assert "HDR already" in facts.of(hdr).problem
    other = painted()
    facts.of(other)
    facts.step()
    assert (facts.of(other).width, facts.of(other).clipped_fraction) == (128, None)


def check_the_preferences_say_what_runs(folder):
    preferences = enable(folder)
    current = part("session").current()
    assert current.provider.lines == ()

    def answer() -> tuple[str, ...]:
        assert bpy.ops.lanet.check_converter() == {"FINISHED"}
        wait_until(lambda: current.worker.poll() or not current.worker.busy)
        return current.provider.lines

    lines = answer()
    assert lines[0] == "Runs on the CPU." and "tiny.onnx" in lines[-1]
    preferences.model = str(folder / "no.onnx")
    assert current.provider.lines == ()
    (problem,) = answer()
    assert "no.onnx" in problem and current.provider.is_problem
    preferences.model, preferences.provider = str(folder / "tiny.onnx"), "directml"
    (problem,) = answer()
    assert "directml" in problem


def check_other_preferences_get_another_worker_and_the_former_ends(folder):
    preferences = enable(folder)
    lit_scene(painted())
    worker = part("session").current().worker
    convert()
    first = worker.worker_pid
    convert()
    assert worker.worker_pid == first
    preferences.threads = 2
    convert()
    assert worker.worker_pid != first
    wait_until(lambda: not exists(first))
    second = worker.worker_pid
    preferences.warm_minutes = 0
    convert()
    wait_until(lambda: not exists(second) and worker.worker_pid is None)


def exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def check_disabling_meanwhile_leaves_no_temporary_file(folder):
    enable(folder)
    scene = lit_scene(painted(scale=8))
    for stage in ("network", "preparing"):  # enabled again, it has the large model
        running = begin(scene)
        if stage != "preparing":
            step_to(running, stage)
        worker = part("session").current().worker
        disable()
        assert running.state.name == "CANCELLED" and worker.worker_pid is None
        wait_until(lambda: not [each for each in threading.enumerate() if each.name.startswith("lanet")])
        assert not list(Path(bpy.app.tempdir).glob("*lanet*"))
        assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}


def check_disabling_leaves_nothing(folder):
    def things() -> dict[str, object]:
        lists = {name: getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)}
        handlers = {
            (name, each.__module__) for name, listed in lists.items() if isinstance(listed, list) for each in listed
        }
        types = {name for name in dir(bpy.types) if not name.startswith("_")}
        return {
            "types": types,
            "handlers": handlers,
            "operators": set(dir(bpy.ops.lanet)),
            "properties": hasattr(bpy.types.Scene, "lanet"),
        }

    bpy.ops.wm.read_factory_settings(use_empty=True)
    before = things()
    scene = file_scene(folder)
    enabled = things()
    assert enabled["types"] > before["types"] and enabled["operators"] and enabled["properties"]
    convert()
    current = part("session").current()
    timer, pid = current._timer, current.worker.worker_pid
    current.look_after()
    assert bpy.app.timers.is_registered(timer) and exists(pid)
    begin(scene).step()
    disable()
    assert things() == before
    assert not bpy.app.timers.is_registered(timer)
    assert not exists(pid)
    wait_until(lambda: not [each for each in threading.enumerate() if each.name.startswith("lanet")])
    assert not list(folder.glob("**/.lanet*")) and not list(Path(bpy.app.tempdir).glob("lanet*"))
    for _ in range(2):
        assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}
        disable()
    assert things() == before


if __name__ == "__main__":
    main({name: each for name, each in vars(sys.modules[__name__]).items() if name.startswith("check_")})
