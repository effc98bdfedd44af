"""The renderer in a real Blender program, which conftest.py finds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from rendered_geometry import distance_to_ray, highlight_point, pixel_of, pixel_rays

from lanet_core.geometry import sphere


@pytest.fixture(scope="module")
def rendered(tmp_path_factory, blender) -> dict[str, np.ndarray]:
    """What inside_program.py rendered."""
    folder = tmp_path_factory.mktemp("program")
    path = folder / "answer.npz"
    finished = blender(folder, Path(__file__).with_name("inside_program.py"), str(path))
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
    with np.load(path) as values:
        return dict(values)


def test_the_program_shows_what_it_is_and_what_denoises(rendered):
    versions = json.loads(str(rendered["versions"]))
    assert re.match(r"[4-9]\.\d+\.\d+", versions["blender"])
    assert versions["denoiser"] in ("OpenImageDenoise", "none: this Blender was built without OpenImageDenoise")


def test_a_ball_in_a_white_furnace_shows_its_albedo(rendered):
    scene = json.loads(str(rendered["furnace_scene"]))
    ball = distance_to_ray(pixel_rays(scene), scene["camera"]["position"], np.zeros(3)) < 0.75
    np.testing.assert_allclose(rendered["furnace"][ball].mean(axis=0), [0.2, 0.5, 0.8], rtol=0.01)


def test_a_highlight_is_where_the_mirrors_law_puts_it(rendered):
    scene = json.loads(str(rendered["highlight_scene"]))
    camera = np.array(scene["camera"]["position"])
    brightness = rendered["highlight"].sum(axis=-1) * (distance_to_ray(pixel_rays(scene), camera, np.zeros(3)) < 1.0)
    found = [np.average(axis, weights=brightness) for axis in np.indices(brightness.shape)]
    expected = pixel_of(scene, highlight_point(camera, sphere.pixel_directions(32, 64)[8, 17]))
    np.testing.assert_allclose(found, expected, atol=0.6)
