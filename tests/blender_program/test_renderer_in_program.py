"""The renderer in a real Blender program: ``BLENDER``, ``BLENDER_ROOT`` or the one in PATH.

``tools/debian_blender_root.sh setup ROOT`` makes a Debian 13 with Blender 4.3, for ``BLENDER_ROOT=ROOT``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from rendered_geometry import distance_to_ray, highlight_point, pixel_of, pixel_rays

from lanet_core import sphere

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "debian_blender_root.sh"


def blender_command(folder: Path) -> list[str]:
    """Return the command that starts Blender with this repository and a folder in its sight, or skip."""
    root = os.environ.get("BLENDER_ROOT")
    if root:
        return [str(TOOL), "run", root, str(ROOT), str(folder), "--", "blender"]
    program = os.environ.get("BLENDER") or shutil.which("blender")
    if not program:
        pytest.skip(f"no Blender program: run `{TOOL.name} setup ROOT` and set BLENDER_ROOT=ROOT, or set BLENDER")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout
    major_minor = re.search(r"Blender (\d+)\.(\d+)", version)
    if not major_minor or tuple(map(int, major_minor.groups())) < (4, 2):
        pytest.skip(f"{program} is {version.splitlines()[0] if version else 'no Blender'}, and 4.2 is needed")
    return [program]


@pytest.fixture(scope="module")
def answer(tmp_path_factory) -> dict[str, np.ndarray]:
    """What inside_program.py rendered."""
    folder = tmp_path_factory.mktemp("program")
    path = folder / "answer.npz"
    script = Path(__file__).with_name("inside_program.py")
    options = ["-b", "--factory-startup", "--python-exit-code", "3", "-P", str(script), "--", str(path)]
    finished = subprocess.run(
        [*blender_command(folder), *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600
    )
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
    with np.load(path) as values:
        return dict(values)


def test_the_program_says_what_it_is_and_what_denoises(answer):
    versions = json.loads(str(answer["versions"]))
    assert re.match(r"[4-9]\.\d+\.\d+", versions["blender"])
    assert versions["denoiser"] in ("OpenImageDenoise", "none: this Blender was built without OpenImageDenoise")


def test_a_ball_in_a_white_furnace_shows_its_albedo(answer):
    scene = json.loads(str(answer["furnace_scene"]))
    ball = distance_to_ray(pixel_rays(scene), scene["camera"]["position"], np.zeros(3)) < 0.75
    np.testing.assert_allclose(answer["furnace"][ball].mean(axis=0), [0.2, 0.5, 0.8], rtol=0.01)


def test_a_highlight_is_where_the_mirrors_law_puts_it(answer):
    scene = json.loads(str(answer["highlight_scene"]))
    camera = np.array(scene["camera"]["position"])
    brightness = answer["highlight"].sum(axis=-1) * (distance_to_ray(pixel_rays(scene), camera, np.zeros(3)) < 1.0)
    found = [np.average(axis, weights=brightness) for axis in np.indices(brightness.shape)]
    expected = pixel_of(scene, highlight_point(camera, sphere.pixel_directions(32, 64)[8, 17]))
    np.testing.assert_allclose(found, expected, atol=0.6)
