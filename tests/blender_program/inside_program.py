"""What the test runs inside a Blender program: ``blender -b --factory-startup -P inside_program.py -- RESULT.npz``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from rendered_geometry import scene_values  # noqa: E402

from render_eval.renderer import Renderer  # noqa: E402
from render_eval.scene_description import from_dict  # noqa: E402


def main(result: str) -> None:
    """Render a diffuse ball in a white furnace and a glossy one under a lamp."""
    diffuse = scene_values({"it": {"kind": "diffuse", "albedo": [0.2, 0.5, 0.8]}}, size=(16, 16), samples=64)
    with Renderer(from_dict(diffuse | {"sampling": diffuse["sampling"] | {"denoise": True}})) as renderer:
        furnace = renderer.render(np.ones((4, 8, 3), dtype=np.float32)).image
        versions = renderer.versions
    glossy = scene_values(
        {"it": {"kind": "glossy", "reflectance": [1.0, 1.0, 1.0], "roughness": 0.1}}, size=(64, 64), samples=16
    )
    lamp = np.zeros((32, 64, 3), dtype=np.float32)
    lamp[8, 17] = 1000.0
    with Renderer(from_dict(glossy)) as renderer:
        highlight = renderer.render(lamp).image
    np.savez(
        result,
        furnace=furnace,
        furnace_scene=json.dumps(diffuse),
        highlight=highlight,
        highlight_scene=json.dumps(glossy),
        versions=json.dumps(versions),
    )


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1])
