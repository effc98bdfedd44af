"""The built extension in a real Blender program: installed by its command, and used by ``--command lanet``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from lanet_core.files import read_hdr

ROOT = Path(__file__).resolve().parents[2]
SCENE = """
import sys, bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
world = bpy.context.scene.world = bpy.data.worlds.new("World")
world.use_nodes = True
texture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
texture.image = bpy.data.images.load(sys.argv[-1] + "/city.jpg")
world.node_tree.links.new(texture.outputs["Color"], world.node_tree.nodes["Background"].inputs["Color"])
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1] + "/scene.blend")
"""
FACTS = """
import bpy
world = bpy.context.scene.world
image = next(node.image for node in world.node_tree.nodes if node.type == "TEX_ENVIRONMENT")
print("FACTS", image.filepath, world.asset_data is not None, tuple(world.preview.image_size))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
def test_it_is_installed_converts_a_scenes_world_and_images(blender_program, linux_zip, tmp_path):
    (tmp_path / "settings").mkdir()
    for source in (linux_zip, ROOT / "examples" / "city.jpg", ROOT / "examples" / "interior.jpg"):
        shutil.copy2(source, tmp_path)

    def run(*arguments: str | Path, status: int = 0):
        finished = blender_program(tmp_path, *arguments, BLENDER_USER_RESOURCES=str(tmp_path / "settings"))
        assert finished.returncode == status, finished.stdout[-2000:] + finished.stderr[-2000:]
        return finished

    (tmp_path / "make.py").write_text(SCENE, encoding="utf-8")
    (tmp_path / "facts.py").write_text(FACTS, encoding="utf-8")
    run("-b", "--factory-startup", "--python-exit-code", "3", "-P", tmp_path / "make.py", "--", tmp_path)
    run("--command", "extension", "install-file", "-r", "user_default", "-e", tmp_path / linux_zip.name)

    run("-b", tmp_path / "scene.blend", "--command", "lanet", "convert", "--asset", "--save")
    facts = run("-b", "--factory-startup", tmp_path / "scene.blend", "-P", tmp_path / "facts.py").stdout
    assert "FACTS //textures/city_lanet.exr True (256, 128)" in facts
    assert read_hdr(tmp_path / "textures" / "city_lanet.exr").max() > 2.0

    images = (tmp_path / "interior.jpg", tmp_path / "missing.jpg")
    finished = run("-b", "--command", "lanet", "convert", *images, "-o", tmp_path / "out", status=1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["interior_lanet.exr"]
    assert "lanet: error:" in finished.stderr and "missing.jpg" in finished.stderr
