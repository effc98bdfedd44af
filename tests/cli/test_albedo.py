"""``lanet convert --albedo``: a surface of known albedo scales the added light."""

from __future__ import annotations

import json

import numpy as np
import OpenImageIO
import pytest
from PIL import Image

from lanet_core.cli.main import main
from lanet_core.colour import linear_to_srgb, luminance
from lanet_core.geometry import sphere
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.reconstruction.surface_calibration import Surface

SIZE = (128, 256)
AREAS_SR = sphere.pixel_solid_angles_sr(*SIZE)[:, None]
UP = np.maximum(sphere.pixel_directions(*SIZE)[..., 2], 0.0)
GROUND = 0.25


@pytest.fixture
def image(tmp_path):
    """A grey sky with a white lamp of 20° over an even ground."""
    directions = sphere.pixel_directions(*SIZE)
    lamp = directions @ np.array([0.6, 0.0, 0.8]) > np.cos(np.radians(10.0))
    linear = np.where(lamp, 1.0, np.where(directions[..., 2] > 0.0, 0.3, GROUND)).astype(np.float32)
    path = tmp_path / "scene.png"
    Image.fromarray(np.rint(255.0 * linear_to_srgb(np.repeat(linear[..., None], 3, axis=-1))).astype(np.uint8)).save(
        path
    )
    return path


@pytest.fixture(autouse=True)
def model(make_model, monkeypatch):
    monkeypatch.setenv("LANET_MODEL", str(make_model(architecture="panolanet_lite", gain=3.0)))


def convert(capsys, image, name, *options) -> tuple[dict, np.ndarray, str]:
    """Return the printed object, the result and the messages."""
    output = image.with_name(name)
    assert main(["convert", str(image), "-o", str(output), "--json", *options]) == 0
    printed, messages = capsys.readouterr()
    return json.loads(printed), OpenImageIO.ImageBuf(str(output)).get_pixels(OpenImageIO.FLOAT), messages


def albedo_of_ground(hdr: np.ndarray) -> float:
    """Return π times the ground's radiance over the irradiance from above, without the module under test."""
    light = luminance(hdr).astype(np.float64)
    return float(np.pi * np.median(light[SIZE[0] * 3 // 4]) / (light * UP * AREAS_SR).sum())


def test_the_ground_gets_its_albedo(capsys, image):
    facts, plain, _ = convert(capsys, image, "plain.exr")
    assert facts["calibration_factor"] is None
    before = albedo_of_ground(plain)
    for wanted in (0.5 * before, 0.9 * before, 1.05 * before):
        facts, hdr, messages = convert(capsys, image, "calibrated.exr", "--albedo", f"{wanted:.6f}")
        assert albedo_of_ground(hdr) == pytest.approx(wanted, rel=0.01)
        assert not messages
        factor = facts["calibration_factor"]
        assert (factor > 1.0) == (wanted < before)
        photograph = np.minimum(plain, 1.0)
        np.testing.assert_allclose(hdr - photograph, factor * (plain - photograph), rtol=1e-3, atol=1e-5)
        well_exposed = (plain == photograph).all(axis=-1) & (plain.max(axis=-1) < 0.8)
        np.testing.assert_array_equal(hdr[well_exposed], plain[well_exposed])


def test_a_named_albedo_at_a_point(capsys, image):
    facts, _, _ = convert(capsys, image, "ground.exr", "--albedo", "grass", "--albedo-at", "ground")
    at_point, _, _ = convert(capsys, image, "point.exr", "--albedo", "0.2", "--albedo-at", "0.3,0.8")
    assert at_point["calibration_factor"] == pytest.approx(facts["calibration_factor"], rel=0.01)


def test_without_a_solution_the_light_is_left_as_predicted(capsys, image):
    _, plain, _ = convert(capsys, image, "plain.exr")
    facts, hdr, messages = convert(capsys, image, "snow.exr", "--albedo", "0.99")
    np.testing.assert_array_equal(hdr, plain)
    assert facts["calibration_factor"] is None
    assert "albedo below" in messages and "left as predicted" in messages
    assert any("left as predicted" in warning for warning in facts["warnings"])


@pytest.mark.parametrize(
    "options",
    [
        ("--albedo", "0"),
        ("--albedo", "chalk"),
        ("--albedo", "0.2", "--albedo-at", "2,0"),
        ("--albedo-at", "0.5,0.5"),
        ("--albedo", "0.2", "--albedo-facing", "camera"),
        ("--albedo", "0.2", "--sequence"),
        ("--albedo", "0.2", "--image"),
    ],
)
def test_what_makes_no_sense_is_refused(capsys, image, options):
    try:
        status = main(["convert", str(image), "-o", str(image.with_name("no.exr")), *options])
    except SystemExit as end:
        status = end.code
    assert status == 2
    assert not image.with_name("no.exr").exists()
    messages = capsys.readouterr().err
    assert "albedo" in messages or "ground" in messages


def test_arrays_and_files_are_calibrated_the_same_way(capsys, image):
    facts, hdr, _ = convert(capsys, image, "file.exr", "--albedo", "0.2")
    array = np.asarray(Image.open(image))
    conversion = load_converter().convert(array, surface=Surface(0.2))
    assert conversion.calibration_factor == pytest.approx(facts["calibration_factor"], rel=1e-6)
    np.testing.assert_allclose(conversion.hdr, hdr, rtol=1e-6)
