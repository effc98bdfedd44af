"""The sphere in Blender: a panorama shows and lights in the directions of lanet_core.geometry.sphere."""

from __future__ import annotations

import numpy as np
import OpenEXR

from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import diffuse_irradiance

#: Right, up and backward of cameras along ±x, ±y, ±z and of a tilted one, as columns.
CAMERAS = {
    "+x": [[0, 0, -1], [-1, 0, 0], [0, 1, 0]],
    "-x": [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
    "+y": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
    "-y": [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
    "+z": [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    "-z": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "tilted": [[2 / 3, -1 / 3, 2 / 3], [2 / 3, 2 / 3, -1 / 3], [-1 / 3, 2 / 3, 2 / 3]],
}


def save_panorama(path, panorama):
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.ascontiguousarray(panorama, dtype=np.float32)}).write(str(path))
    return str(path)


def test_a_camera_sees_each_direction_where_the_sphere_puts_it(tmp_path, run_in_blender):
    # A panorama whose colour is its own direction, seen by cameras whose rays are known without it.
    world = save_panorama(tmp_path / "directions.exr", 0.5 + 0.5 * sphere.pixel_directions(256, 512))
    size = 16
    seen = run_in_blender("look_around", world=world, size=size, views=list(CAMERAS.values()))[..., :3]

    across = (2 * np.arange(size) + 1) / size - 1
    rays = np.stack([*np.meshgrid(across, -across), np.full((size, size), -1.0)], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    for name, camera, view in zip(CAMERAS, CAMERAS.values(), seen, strict=True):
        direction = rays @ np.array(camera, dtype=float).T
        # Half a pixel of this panorama is 6e-3 rad, 3e-3 in colour.
        np.testing.assert_allclose(2 * view - 1, direction, atol=3e-4, err_msg=name)


def test_a_diffuse_square_gets_the_light_that_the_irradiance_metric_specifies(tmp_path, run_in_blender):
    rng = np.random.default_rng(7)
    panorama = rng.uniform(0.05, 1.0, (64, 128, 3)).astype(np.float32) * [1.0, 0.8, 0.6]
    panorama[18:20, 40:42] = [900.0, 800.0, 500.0]  # a lamp of 3°, front left and above
    panorama[50:52, 100:102] = [100.0, 200.0, 400.0]  # another behind, below
    world = save_panorama(tmp_path / "lamps.exr", panorama)
    normals = sphere.pixel_directions(32, 64)
    chosen = [(8, 20), (8, 52), (16, 0), (16, 31), (24, 12), (24, 45)]

    views = []
    for row, column in chosen:
        normal = normals[row, column]
        side = np.cross([0.0, 0.0, 1.0], normal)
        side /= np.linalg.norm(side)
        views.append(np.column_stack([side, np.cross(normal, side), normal]).tolist())
    radiance = run_in_blender("light_diffuse_squares", world=world, size=16, samples=256, views=views)[..., :3]

    # A white Lambertian surface sends back E / π in every direction.
    irradiance = diffuse_irradiance(panorama.astype(np.float32), 32, 64)
    expected = np.array([irradiance[row, column] for row, column in chosen])
    np.testing.assert_allclose(np.pi * radiance.mean(axis=(1, 2)), expected, rtol=0.005)
