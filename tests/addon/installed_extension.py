"""What test_installed_extension.py runs in a bare Blender: ``python installed_extension.py ZIP IMAGE FOLDER``.

It installs the built zip by Blender's own operator, converts, renders, uninstalls, and looks for what is left.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from fnmatch import fnmatch
from pathlib import Path

import bpy
import numpy as np

MODULE = "bl_ext.user_default.lanet_ibl"
#: What Blender itself keeps: a note on the extensions that there are, the former state of a saved file, its image.
OF_BLENDER = ("resources/extensions/.cache/compat.dat", "work/scene.blend1", "home/.cache/thumbnails/*/*.png")


def registered_things() -> tuple[object, ...]:
    """Return what an extension may have registered."""
    lists = {name: getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)}
    handlers = {name: list(each) for name, each in lists.items() if isinstance(each, list)}
    types = {name for name in dir(bpy.types) if "lanet" in name.lower()}
    return types, handlers, dir(bpy.ops.lanet), hasattr(bpy.types.Scene, "lanet")


def children() -> list[int]:
    """Return the processes that this one has started and that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.append(int(status.parent.name))
    return found


def files_below(folder: Path) -> set[str]:
    """Return the names of the files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def install(path: Path) -> None:
    """Install the zip by Blender's operator."""
    assert importlib.util.find_spec("onnxruntime") is None, "this Python has an ONNX Runtime of its own"
    done = bpy.ops.extensions.package_install_files(filepath=str(path), repo="user_default", enable_on_install=True)
    assert done == {"FINISHED"} and MODULE in bpy.context.preferences.addons
    origin = Path(importlib.util.find_spec("onnxruntime").origin)
    assert origin.is_relative_to(bpy.utils.user_resource("EXTENSIONS")), origin


def lit_scene(image: Path) -> bpy.types.Scene:
    """Return a scene of a white ball that is lit by an image."""
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    texture = nodes.new("ShaderNodeTexEnvironment")
    texture.image = bpy.data.images.load(str(image))
    links.new(texture.outputs["Color"], nodes["Background"].inputs["Color"])
    bpy.ops.mesh.primitive_uv_sphere_add()
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.camera.location, scene.camera.rotation_euler = (0.0, -4.0, 0.0), (np.pi / 2.0, 0.0, 0.0)
    scene.collection.objects.link(scene.camera)
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", 4, False
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 256
    scene.render.resolution_x, scene.render.resolution_y = 32, 24
    scene.render.image_settings.file_format = "OPEN_EXR"
    return scene


def rendered(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """Render and return (H, W, 4) float32, scene-linear."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    path.unlink()
    return pixels.reshape(24, 32, 4)


def main(path: Path, image: Path, folder: Path) -> None:
    """Go all the way."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    things, files = registered_things(), files_below(folder)
    install(path)
    assert registered_things()[0] and registered_things()[3]

    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "work" / "scene.blend"))
    scene = lit_scene(image)
    before = rendered(scene, folder / "work" / "render.exr")
    session = sys.modules[f"{MODULE}.session"].current()
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"}
    pid, timer = session.worker.worker_pid, session._timer
    session.look_after()
    assert pid in children() and bpy.app.timers.is_registered(timer)
    after = rendered(scene, folder / "work" / "render.exr")
    assert np.isfinite(after).all() and after.mean() > 1.02 * before.mean() > 0.0, (before.mean(), after.mean())
    bpy.ops.wm.save_mainfile()

    repositories = [each.module for each in bpy.context.preferences.extensions.repos]
    done = bpy.ops.extensions.package_uninstall(repo_index=repositories.index("user_default"), pkg_id="lanet_ibl")
    assert done == {"FINISHED"} and MODULE not in bpy.context.preferences.addons
    assert registered_things() == things
    assert not children() and not bpy.app.timers.is_registered(timer)
    assert importlib.util.find_spec("onnxruntime") is None
    left = {name for name in files_below(folder) - files if not any(fnmatch(name, pattern) for pattern in OF_BLENDER)}
    assert left == {"work/scene.blend", f"work/textures/{image.stem}_lanet.exr"}, left
    # Without the extension the file opens and renders the same.
    bpy.ops.wm.open_mainfile(filepath=str(folder / "work" / "scene.blend"))
    again = rendered(bpy.context.scene, folder / "work" / "render.exr")
    assert abs(again.mean() / after.mean() - 1.0) < 0.02


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
    sys.stdout.flush()
    os._exit(0)  # a thread of Blender's module, version 4.5, can wait for ever in the destructors of a normal exit
