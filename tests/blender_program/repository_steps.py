"""What test_repository.py runs in Blender: ``blender -b [SCENE] -P THIS -- STEP FOLDER``; writes ``FOLDER/STEP.json``.

The steps: ``convert`` makes a scene, converts its world and saves it; ``use`` works with it in another version;
``look`` opens it without the extension.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from unittest.mock import MagicMock
from urllib.parse import unquote_plus

import bpy

MODULE = "bl_ext.lanet.lanet_ibl"


def installed_version() -> str | None:
    """Return the version of the enabled extension, None without it."""
    if MODULE not in bpy.context.preferences.addons:
        return None
    import tomllib

    folder = Path(importlib.import_module(MODULE).__file__).parent
    return tomllib.loads((folder / "blender_manifest.toml").read_text(encoding="utf-8"))["version"]


def light() -> dict[str, object]:
    """Return what lights the scene."""
    tree = bpy.context.scene.world.node_tree
    texture = next(node for node in tree.nodes if node.type == "TEX_ENVIRONMENT")
    links = sorted((each.from_node.name, each.to_node.name) for each in tree.links)
    readable = texture.image.has_data or texture.image.size[0] > 0
    node = light_node()
    sliders = {each.name: each.default_value for each in node.inputs if each.type == "VALUE"} if node else {}
    return {"image": texture.image.filepath, "links": [list(each) for each in links], "readable": readable,
            "sliders": sliders}  # fmt: skip


def light_node() -> bpy.types.Node | None:
    """Return the node 'LANet Light', None where there is none."""
    nodes = bpy.context.scene.world.node_tree.nodes
    return next((node for node in nodes if node.type == "GROUP" and "lanet_light" in node.node_tree), None)


def convert(folder: Path) -> dict[str, object]:
    """Make a scene, convert its world and save it."""
    scene = bpy.context.scene
    scene.world.use_nodes = True
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    texture = nodes.new("ShaderNodeTexEnvironment")
    texture.image = bpy.data.images.load(str(folder / "city.jpg"))
    links.new(texture.outputs["Color"], nodes["Background"].inputs["Color"])
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    preferences().precision = "HALF"
    bpy.ops.wm.save_userpref()
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"}
    sliders = light_node().inputs
    sliders["Highlights"].default_value, sliders["Peak Limit"].default_value = 0.5, 40.0
    bpy.ops.wm.save_mainfile()
    return {"lit": light(), "precision": preferences().precision}


def use(folder: Path) -> dict[str, object]:
    """Switch to the photograph and back, change Highlights, convert again, and save."""
    scene = bpy.context.scene
    facts: dict[str, object] = {"opened": light(), "precision": preferences().precision, "shown": scene.lanet.shown}
    facts["drawn"] = draw_panel()
    scene.lanet.shown = "LDR"
    facts["photograph"] = light()
    scene.lanet.shown = "HDR"
    facts["back"] = light()
    highlights = importlib.import_module(f"{MODULE}.world.highlights")
    assert highlights.set_highlights(scene, -1.0)
    facts["low_ev"] = light()["sliders"]["Highlights"]
    assert highlights.set_highlights(scene, 0.5)
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"}
    facts["again"] = light()
    bpy.ops.wm.save_mainfile()
    links = importlib.import_module(f"{MODULE}.support_links")
    facts["report"] = unquote_plus(links.report_url())
    return facts


def draw_panel() -> list[str]:
    """Draw the panel into nothing; return the names of what could be set in it."""
    layout = MagicMock()
    importlib.import_module(f"{MODULE}.panels.environment").draw_environment(layout, bpy.context)
    names = (call.kwargs.get("text") for call in layout.mock_calls if call[0].endswith(".prop"))
    return [name for name in names if name]


def look(folder: Path) -> dict[str, object]:
    """Look at the scene."""
    return {"opened": light()}


def preferences() -> bpy.types.AddonPreferences:
    """Return the extension's."""
    return bpy.context.preferences.addons[MODULE].preferences


if __name__ == "__main__":
    step, place = sys.argv[sys.argv.index("--") + 1 :]
    found = {"convert": convert, "use": use, "look": look}[step](Path(place)) | {"version": installed_version()}
    (Path(place) / f"{step}.json").write_text(json.dumps(found), encoding="utf-8")
