"""Checks inside Blender: what may happen during a conversion."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import (
    STAGES,
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
)
from processes import exists


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


def check_a_worker_that_is_killed_at_random_moments(folder):
    scene = file_scene(folder, scale=16)
    before = state_of(scene)
    worker = part("session").current().worker
    for share in np.random.default_rng(3).uniform(0.0, 0.9, 5):
        running = begin(scene)
        while running.share < share or worker.worker_pid is None:
            assert running.step().name == "RUNNING"
            time.sleep(0.001)
        os.kill(worker.worker_pid, signal.SIGKILL)
        assert state(running) == "FAILED", share
        assert "was killed" in running.message and state_of(scene) == before
        assert not list(folder.glob("textures/*.exr"))
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
