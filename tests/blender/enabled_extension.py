"""The extension laid out and enabled as Blender has it, without the wheels, and helpers of the checks."""

from __future__ import annotations

import importlib
import os
import shutil
import time
from pathlib import Path

import bpy
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
MODULE = "bl_ext.user_default.lanet_ibl"
#: The converter's, in their order.
STAGES = ("starting", "reading", "network", "reconstruction", "writing")


def lay_out() -> Path:
    """Lay the extension out in the folder of Blender's settings, and return where."""
    place = Path(os.environ["BLENDER_USER_RESOURCES"]) / "extensions" / "user_default" / "lanet_ibl"
    shutil.copytree(ROOT / "addon", place, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "blender_manifest.toml", place)
    (place / "lanet_core").symlink_to(ROOT / "lanet_core")
    return place


def enable(folder: Path):
    """Enable the extension in the empty file that a check begins with; return its preferences, with a tiny model."""
    lay_out()
    assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}
    write_model(folder / "tiny.onnx", gain=2.0)
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.model = str(folder / "tiny.onnx")
    preferences.provider = "cpu"
    preferences.threads = 1
    return preferences


def write_model(path: Path, gain: float, **options) -> None:
    """Write a tiny model, unless the test has written it: Blender's Python may be without onnx."""
    if not path.exists():
        from tiny_models import write_tiny_model

        write_tiny_model(path, gain=gain, **options)


def disable() -> None:
    """Disable it."""
    assert bpy.ops.preferences.addon_disable(module=MODULE) == {"FINISHED"}


def part(name: str):
    """Return a module of the enabled extension."""
    return importlib.import_module(f"{MODULE}.{name}")


def street(scale: int = 1) -> np.ndarray:
    """Return a panorama with clipped parts: (64 scale, 128 scale, 3) uint8, the top row first.

    It is smooth across ±180° and unlike in all its parts, so that it is taken for a whole sphere at any scale.
    """
    height, width = 64 * scale, 128 * scale
    x, y = np.meshgrid(np.linspace(0.0, 2.0 * np.pi, width, endpoint=False), np.linspace(0.0, np.pi, height))
    waves = np.cos(x + 1.0) * np.sin(y) + 0.6 * np.cos(3.0 * x) * np.sin(2.0 * y) + 0.8 * np.cos(y)
    noise = np.random.default_rng(7).integers(-8, 8, (height, width, 3))
    image = (95.0 + 35.0 * waves[..., None] + noise).astype(np.uint8)
    image[10 * scale : 14 * scale, 30 * scale : 40 * scale] = 255
    return image


def write_image(path: Path, scale: int = 1) -> Path:
    """Write a panorama as a PNG, without Blender."""
    part("files.plain_png").write_plain_png(path, street(scale), linear=False)
    return path


def lit_scene(image: bpy.types.Image) -> bpy.types.Scene:
    """Return the scene, lit by an image through a Mapping that is turned."""
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    texture, mapping = nodes.new("ShaderNodeTexEnvironment"), nodes.new("ShaderNodeMapping")
    coordinate = nodes.new("ShaderNodeTexCoord")
    mapping.inputs["Rotation"].default_value = (0.0, 0.0, 0.7)
    texture.image = image
    links.new(coordinate.outputs["Generated"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    links.new(texture.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = 0.5
    return scene


def state_of(scene: bpy.types.Scene) -> tuple[object, ...]:
    """Return what a conversion may change of a scene and of the .blend."""
    world = scene.world
    tree = world.node_tree if world else None
    nodes = [(node.name, node.type, getattr(node, "image", None)) for node in tree.nodes] if tree else []
    links = [(each.from_node.name, each.to_node.name) for each in tree.links] if tree else []
    keys = sorted(world.keys()) if world else []
    return world, nodes, links, keys, sorted(bpy.data.images.keys()), sorted(bpy.data.node_groups.keys())


def convert(**options) -> set[str]:
    """Convert as a script does."""
    return bpy.ops.lanet.convert_environment(**options)


def refusal(**options) -> str:
    """Return the message of a conversion that fails."""
    try:
        convert(**options)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("it was not refused")


def wait_until(condition, timeout_s: float = 30.0) -> None:
    """Wait for something that another process or thread does."""
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def file_scene(folder: Path, scale: int = 1) -> bpy.types.Scene:
    """Return a saved scene that is lit by an image file."""
    enable(folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    return lit_scene(bpy.data.images.load(str(write_image(folder / "street.png", scale))))


def painted(scale: int = 1) -> bpy.types.Image:
    """Return a panorama that Blender alone has."""
    rgb = street(scale)[::-1] / 255.0
    image = bpy.data.images.new("painted", rgb.shape[1], rgb.shape[0])
    image.pixels.foreach_set(np.dstack([rgb, np.ones(rgb.shape[:2])]).astype(np.float32).ravel())
    return image


def pixels_of(image: bpy.types.Image) -> np.ndarray:
    """Return an image's pixels, (H, W, 3) float32, the top row first."""
    pixels = np.empty(image.size[1] * image.size[0] * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], image.channels)[::-1, :, :3]


def begin(scene: bpy.types.Scene, **options):
    """Return a conversion as the button begins it, registered in the session."""
    settings = part("settings").conversion_settings()
    current = part("session").current()
    current.conversion = part("conversion.scene").WorldConversion(current.worker, scene, settings, **options)
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


def messages() -> list[str]:
    """Return the messages of the panel."""
    return [message.text for message in part("session").current().messages]


def errors() -> list[str]:
    """Return those that are errors."""
    return [message.text for message in part("session").current().messages if message.is_error]


def texture_of(scene: bpy.types.Scene) -> bpy.types.ShaderNodeTexEnvironment:
    """Return the first Environment Texture of the scene's world."""
    return next(node for node in scene.world.node_tree.nodes if node.type == "TEX_ENVIRONMENT")
