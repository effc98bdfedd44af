"""Checks inside Blender: undo, the switch, facts, preferences, the end."""

from __future__ import annotations

import threading
from pathlib import Path

import bpy
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
    state,
    state_of,
    step_to,
    wait_until,
    write_image,
)
from processes import exists


def check_one_undo_takes_everything_back(folder):
    scene = file_scene(folder)
    bpy.ops.ed.undo_push(message="before")
    before = names_of_state()
    assert bpy.ops.lanet.convert_environment("EXEC_DEFAULT", True) == {"FINISHED"}
    assert part("world.graph").shows_hdr(bpy.context.scene)
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


def names_of_state() -> tuple[object, ...]:
    """Return the state without datablocks, which an undo may replace."""
    world, nodes, *rest = state_of(bpy.context.scene)
    return world.name, [(name, kind, image and image.name) for name, kind, image in nodes], *rest


def check_the_switch_and_the_sliders_outlive_the_file(folder):
    scene = file_scene(folder)
    assert scene.lanet.shown == "LDR"
    convert()
    assert scene.lanet.shown == "HDR"
    light = part("world.graph").light_node(scene)
    light.inputs["Highlights"].default_value = 1.5
    light.inputs["Peak Limit"].default_value = 40.0
    scene.lanet.shown = "LDR"
    graph = part("world.graph")
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


def check_the_switch_of_a_scene_without_a_conversion_is_reported(folder):
    scene = file_scene(folder)
    before = state_of(scene)
    scene.lanet.shown = "HDR"
    assert scene.lanet.shown == "LDR" and state_of(scene) == before
    assert part("session").current().messages[0].is_error


def check_the_facts_of_an_image_are_the_workers(folder):
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
    write_image(folder / "street.png", scale=2)
    facts._looked_s.clear()
    wait_until(lambda: known().width == 256)
    hdr = part("world.graph").environment_image(scene)
    facts.of(hdr)
    facts.step()
    assert "HDR already" in facts.of(hdr).problem
    other = painted()
    facts.of(other)
    facts.step()
    assert (facts.of(other).width, facts.of(other).clipped_fraction) == (128, None)


def check_the_preferences_show_what_runs(folder):
    preferences = enable(folder)
    current = part("session").current()
    assert current.provider.lines == ()

    def provider_lines() -> tuple[str, ...]:
        assert bpy.ops.lanet.check_converter() == {"FINISHED"}
        wait_until(lambda: current.worker.poll() or not current.worker.busy)
        return current.provider.lines

    lines = provider_lines()
    assert lines[0] == "Runs on the CPU." and "tiny.onnx" in lines[-1]
    preferences.model = str(folder / "no.onnx")
    assert current.provider.lines == ()
    (problem,) = provider_lines()
    assert "no.onnx" in problem and current.provider.is_problem
    preferences.model, preferences.provider = str(folder / "tiny.onnx"), "cuda"
    (problem,) = provider_lines()
    assert "cuda" in problem


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
