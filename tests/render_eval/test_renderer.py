"""What Cycles makes of a scene, against radiometry and geometry worked out by hand."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from rendered_geometry import (
    BLACK,
    distance_to_ray,
    ground_points,
    highlight_point,
    pixel_of,
    pixel_rays,
    scene_values,
)

from lanet_core.errors import InvalidPixelsError
from lanet_core.geometry import sphere
from render_eval.renderer import BlenderNotFoundError, Renderer
from render_eval.scene_description import from_dict, load_scene_description

try:
    import bpy
except ImportError:
    bpy = None

needs_blender = pytest.mark.skipif(bpy is None, reason="needs Blender's module: pip install lanet-ibl[evaluation]")

WHITE_WORLD = np.ones((4, 8, 3), dtype=np.float32)

#: Row and column of the one bright pixel of 64x32: left of, before and behind the camera, at the panorama's seam.
LAMPS = [(10, 57), (8, 17), (10, 36), (10, 0)]


def render(values, panorama, **options):
    with Renderer(from_dict(values)) as renderer:
        return renderer.render(panorama, **options).image


def lamp_world(row, column):
    """A black world with one bright pixel, and the direction of its light."""
    panorama = np.zeros((32, 64, 3), dtype=np.float32)
    panorama[row, column] = [1000.0, 500.0, 250.0]
    return panorama, sphere.pixel_directions(32, 64)[row, column]


def on_ball(values, within=0.75):
    """Return which pixels see the unit ball at the origin, and nothing else through Cycles' pixel filter."""
    return distance_to_ray(pixel_rays(values), values["camera"]["position"], np.zeros(3)) < within


@needs_blender
@pytest.mark.parametrize(
    ("material", "expected"),
    [
        ({"kind": "diffuse", "albedo": [0.2, 0.5, 0.8]}, [0.2, 0.5, 0.8]),
        ({"kind": "glossy", "reflectance": [0.3, 0.6, 1.0], "roughness": 0.0}, [0.3, 0.6, 1.0]),
        ({"kind": "glossy", "reflectance": [1.0, 1.0, 1.0], "roughness": 0.5}, [1.0, 1.0, 1.0]),
        ({"kind": "glass", "tint": [1.0, 1.0, 1.0], "refractive_index": 1.5, "roughness": 0.0}, [1.0, 1.0, 1.0]),
        (
            {
                "kind": "mixed",
                "albedo": [0.2, 0.4, 0.6],
                "reflectance": [1.0, 1.0, 1.0],
                "roughness": 0.0,
                "glossy_share": 0.25,
            },
            [0.4, 0.55, 0.7],
        ),
    ],
    ids=["diffuse", "mirror", "rough metal", "glass", "mixed"],
)
def test_a_ball_in_a_white_furnace_shows_its_albedo(material, expected):
    values = scene_values({"it": material}, size=(16, 16), vertical_angle_deg=18.0, samples=64, bounces=32)
    image = render(values, WHITE_WORLD)
    np.testing.assert_allclose(image[on_ball(values)].mean(axis=0), expected, rtol=0.01)


@needs_blender
def test_the_ground_in_a_white_furnace_loses_what_a_black_ball_hides():
    # A ball of radius r whose centre is h above the ground and d away from a point of it has the form factor h r² / d³.
    values = scene_values(
        {"black": BLACK, "ground": {"kind": "diffuse", "albedo": [0.3, 0.6, 0.9]}},
        balls=[{"centre": [0.0, 0.0, 1.0], "radius": 1.0, "material": "black"}],
        plane={"size": 200.0, "material": "ground"},
        size=(48, 32),
        position=(-12.0, 0.0, 14.0),
        target=(0.0, 0.0, 0.0),
        vertical_angle_deg=30.0,
        samples=64,
    )
    image = render(values, WHITE_WORLD)
    centre = np.array([0.0, 0.0, 1.0])
    visible = distance_to_ray(pixel_rays(values), values["camera"]["position"], centre) > 1.3
    distance = np.linalg.norm(ground_points(values) - centre, axis=-1)
    expected = np.outer(1.0 - distance[visible] ** -3.0, [0.3, 0.6, 0.9])
    shown = image[visible]
    for near, far in [(1.7, 2.5), (2.5, 4.0), (4.0, 8.0)]:
        band = (distance[visible] >= near) & (distance[visible] < far)
        assert band.sum() > 20
        np.testing.assert_allclose(shown[band].mean(axis=0), expected[band].mean(axis=0), rtol=0.01)


@needs_blender
def test_the_camera_sees_the_panorama_itself_where_nothing_stands():
    # A panorama whose colour is its own direction, and values from starlight to the sun.
    panorama = (0.5 + 0.5 * sphere.pixel_directions(128, 256)).astype(np.float32) * np.float32([1e-4, 1.0, 1e5])
    values = scene_values(
        {"black": BLACK},
        balls=[{"centre": [0.0, 0.0, -50.0], "radius": 1.0, "material": "black"}],
        size=(15, 9),
        position=(3.0, 2.0, 1.0),
        target=(7.0, 1.0, 1.5),
        vertical_angle_deg=60.0,
        samples=256,
    )
    image = render(values, panorama)
    expected = (0.5 + 0.5 * pixel_rays(values)) * [1e-4, 1.0, 1e5]
    np.testing.assert_allclose(image, expected, rtol=0.01)


@needs_blender
@pytest.mark.parametrize("lamp", [LAMPS[0], LAMPS[1], LAMPS[3]], ids=str)
def test_a_highlight_is_where_the_mirrors_law_puts_it(lamp):
    panorama, light = lamp_world(*lamp)
    values = scene_values(
        {"glossy": {"kind": "glossy", "reflectance": [0.8, 0.8, 0.8], "roughness": 0.1}},
        size=(64, 64),
        position=(-20.0, 0.0, 4.0),
        vertical_angle_deg=6.5,
    )
    brightness = np.where(on_ball(values, 1.0), render(values, panorama).sum(axis=-1), 0.0)
    rows, columns = np.indices(brightness.shape)
    highlight = [np.average(axis, weights=brightness) for axis in (rows, columns)]
    expected = pixel_of(values, highlight_point(np.array(values["camera"]["position"]), light))
    np.testing.assert_allclose(highlight, expected, atol=0.6)  # the ball is 56 pixels wide


@needs_blender
@pytest.mark.parametrize("lamp", LAMPS, ids=str)
def test_a_shadow_is_where_the_light_is_hidden_and_the_ground_next_to_it_has_all_its_light(lamp):
    panorama, light = lamp_world(*lamp)
    values = scene_values(
        {"black": BLACK, "ground": {"kind": "diffuse", "albedo": [0.5, 0.5, 0.5]}},
        balls=[{"centre": [0.0, 0.0, 1.5], "radius": 1.0, "material": "black"}],
        plane={"size": 200.0, "material": "ground"},
        size=(64, 64),
        position=(-2.0, 0.0, 25.0),
        target=(0.0, 0.0, 0.0),
        vertical_angle_deg=28.0,
        samples=64,
    )
    image = render(values, panorama)
    centre = np.array([0.0, 0.0, 1.5])
    visible = distance_to_ray(pixel_rays(values), values["camera"]["position"], centre) > 1.1
    from_shadow = distance_to_ray(light, ground_points(values), centre)
    # The lamp is 11° wide at its base, as Blender interpolates: it softens the shadow's edge.
    umbra, lit = visible & (from_shadow < 0.55), visible & (from_shadow > 1.6)
    assert umbra.sum() > 20
    unshadowed = 0.5 / np.pi * lamp_irradiance(panorama)
    np.testing.assert_allclose(image[lit].mean(axis=0), unshadowed, rtol=0.01)
    assert image[umbra].max() < 0.02 * unshadowed.max()


def lamp_irradiance(panorama, oversampling=16):
    """Return what falls on the ground from a panorama that is interpolated bilinearly: (3,) float64."""
    height, width = (oversampling * size for size in panorama.shape[:2])
    rows, columns = np.indices((height, width))
    fine = sphere.sample_bilinear(
        panorama.astype(np.float64), (rows + 0.5) / oversampling - 0.5, (columns + 0.5) / oversampling - 0.5
    )
    upwards = np.clip(sphere.pixel_directions(height, width)[..., 2:], 0.0, None)
    return (fine * upwards * sphere.pixel_solid_angles_sr(height, width)[:, None, None]).sum(axis=(0, 1))


@pytest.fixture
def small_four_balls():
    """The paper's scene, 16 times smaller."""
    values = load_scene_description("four_balls").to_dict()
    values["image"] |= {"width": 80, "height": 45}
    values["sampling"] |= {"samples": 8, "importance_map": 64}
    return values


@pytest.fixture
def sunny():
    """A sky with a sun over a darker ground, (32, 64, 3) float32."""
    panorama = np.where(sphere.pixel_directions(32, 64)[..., 2:] > 0.0, [0.3, 0.4, 0.6], [0.2, 0.15, 0.1])
    panorama[7, 50] = 60.0
    return panorama.astype(np.float32)


@needs_blender
def test_twice_the_light_is_twice_the_image_and_no_world_is_stale(small_four_balls, sunny):
    small_four_balls["sampling"] |= {"denoise": False, "path_limit": 0.0}
    with Renderer(from_dict(small_four_balls)) as renderer:
        once, twice, again = (renderer.render(factor * sunny).image for factor in (1.0, 2.0, 1.0))
    np.testing.assert_allclose(twice, 2.0 * once, rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(again, once, rtol=1e-3, atol=1e-3)


@needs_blender
def test_a_path_limit_dims_the_sun_in_a_mirror_and_not_on_the_ground():
    panorama, _ = lamp_world(*LAMPS[0])
    mirror = {"kind": "glossy", "reflectance": [1.0, 1.0, 1.0], "roughness": 0.0}
    ball = scene_values({"mirror": mirror}, size=(64, 64), vertical_angle_deg=15.0)
    ground = scene_values(
        {"ground": {"kind": "diffuse", "albedo": [0.5, 0.5, 0.5]}},
        balls=[],
        plane={"size": 200.0, "material": "ground"},
        position=(-3.0, 0.0, 10.0),
    )
    free = [render(values, panorama) for values in (ball, ground)]
    for values in (ball, ground):
        values["sampling"]["path_limit"] = 6.0
    limited = [render(values, panorama) for values in (ball, ground)]
    # Cycles limits the sum of the three channels to three times the limit, and keeps the colour.
    assert free[0].max() > 100.0
    assert 5.0 < limited[0].mean(axis=-1).max() < 6.01
    np.testing.assert_allclose(limited[1], free[1], rtol=1e-3)


@needs_blender
def test_seeds_give_other_noise_and_the_denoiser_takes_it_away(small_four_balls, sunny):
    noise = {}
    for denoise in (False, True):
        small_four_balls["sampling"]["denoise"] = denoise
        with Renderer(from_dict(small_four_balls)) as renderer:
            first, second = (renderer.render(sunny, seed=seed).image for seed in (0, 1))
            denoiser = renderer.denoiser
        assert not np.array_equal(first, second)
        noise[denoise] = np.sqrt(np.mean((np.clip(first, 0, 1) - np.clip(second, 0, 1)) ** 2))
    if denoiser.startswith("none"):
        pytest.skip(denoiser)
    assert denoiser == "OpenImageDenoise"
    assert noise[True] < 0.6 * noise[False]


@needs_blender
def test_a_rendering_is_an_image_of_the_scenes_size_and_a_time(small_four_balls, sunny):
    with Renderer(from_dict(small_four_balls)) as renderer:
        started_s = time.perf_counter()
        rendering = renderer.render(sunny)
        seconds = time.perf_counter() - started_s
        assert renderer.versions["blender"].split(".")[:2] == [str(part) for part in bpy.app.version[:2]]
    assert rendering.image.shape == (45, 80, 3)
    assert rendering.image.dtype == np.float32
    assert rendering.image.flags.c_contiguous
    assert 0.0 < rendering.seconds < seconds


@needs_blender
def test_nothing_is_left_in_blender_and_nothing_in_it_is_touched(small_four_balls, sunny):
    def blocks():
        return {name: sorted(each.name for each in getattr(bpy.data, name)) for name in KINDS}

    before = blocks()
    with Renderer(from_dict(small_four_balls)) as renderer:
        renderer.render(sunny)
        assert len(bpy.data.scenes) == len(before["scenes"]) + 1
    assert blocks() == before


KINDS = ("scenes", "objects", "meshes", "materials", "worlds", "cameras", "images")


@needs_blender
def test_an_interrupted_render_gives_no_image(small_four_balls, sunny):
    def interrupt(*_):
        signal.raise_signal(signal.SIGINT)

    with Renderer(from_dict(small_four_balls)) as renderer:
        bpy.app.handlers.render_pre.append(interrupt)
        try:
            with pytest.raises(KeyboardInterrupt):
                renderer.render(sunny)
        finally:
            bpy.app.handlers.render_pre.remove(interrupt)
        assert renderer.render(sunny).image.shape == (45, 80, 3)


@needs_blender
@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_a_panorama_with_bad_pixels_is_refused(small_four_balls, sunny, value):
    sunny[3, 4, 1] = value
    with Renderer(from_dict(small_four_balls)) as renderer, pytest.raises(InvalidPixelsError, match="negative, NaN"):
        renderer.render(sunny)


@needs_blender
@pytest.mark.parametrize("shape", [(4, 8), (4, 8, 4), (0, 8, 3)])
def test_a_panorama_of_another_shape_is_refused(small_four_balls, shape):
    with Renderer(from_dict(small_four_balls)) as renderer, pytest.raises(ValueError, match="H, W, 3"):
        renderer.render(np.zeros(shape, dtype=np.float32))


def test_without_blender_the_error_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bpy", None)  # None makes an import fail, as where it is not installed
    with pytest.raises(BlenderNotFoundError, match=r"lanet-ibl\[evaluation\]"):
        Renderer(load_scene_description("four_balls"))


@needs_blender
def test_without_cycles_the_error_shows_how_to_get_it():
    program = """
import bpy, addon_utils
addon_utils.disable("cycles")
from render_eval.renderer import CyclesNotFoundError, Renderer
from render_eval.scene_description import load_scene_description
try:
    Renderer(load_scene_description("four_balls"))
except CyclesNotFoundError as error:
    print("caught:", error)
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert "caught: This Blender has no Cycles" in finished.stdout, finished.stdout + finished.stderr
    assert "--factory-startup" in finished.stdout
