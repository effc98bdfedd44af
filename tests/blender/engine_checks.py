"""Checks inside Blender: settings of the render engines, fitted to the main light."""

from __future__ import annotations

import math

import bpy
import numpy as np
from enabled_extension import MODULE, enable, lit_scene, part, write_model
from hdr_scenes import hdr_scene


def fitted(scene, *changes, **values):
    """Fit the world's engines to a sun of 2° and return what was set."""
    for name, value in values.items():
        setattr(scene.world, name, value)
    part("world.engine_settings").fit_engines(scene.world, changes)
    world = scene.world
    return (
        world.cycles.sampling_method,
        world.cycles.sample_map_resolution,
        round(world.sun_threshold, 3),
        round(math.degrees(world.sun_angle), 2),
    )


def check_the_engines_are_fitted_to_the_main_light(folder):
    scene = hdr_scene(folder)
    sun = {"radius_rad": math.radians(1.0), "share": 0.5, "surroundings": [0.8, 1.2, 1.5]}
    small = {"radius_rad": math.radians(0.2), "share": 0.01, "surroundings": [0.1, 0.1, 0.1]}
    before = fitted(scene)
    assert before == ("AUTOMATIC", 1024, 10.0, 0.53), "without lights, nothing changes"
    assert fitted(scene, sun) == ("MANUAL", 512, 3.0, 2.0)
    assert fitted(scene, sun, small) == ("MANUAL", 2048, 3.0, 2.0), "what was set here is set again"
    scene.world = bpy.data.worlds.new("another")
    rival = sun | {"share": 0.4}
    assert fitted(scene, sun, rival)[2:] == (10.0, 0.53), "no single light casts the shadow"
    scene.world = bpy.data.worlds.new("artist's")
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 256
    assert fitted(scene, sun, sun_threshold=5.0, sun_angle=0.1) == ("MANUAL", 256, 5.0, round(math.degrees(0.1), 2))


def check_a_conversion_fits_the_engines(folder):
    enable(folder)
    image = np.full((128, 256, 3), 60, np.uint8)
    image[30:33, 100:103] = 255
    part("files.plain_png").write_plain_png(folder / "sun.png", image, linear=False)
    preferences = bpy.context.preferences.addons[MODULE].preferences
    write_model(folder / "bright.onnx", gain=14.0)
    preferences.model = str(folder / "bright.onnx")
    scene = lit_scene(bpy.data.images.load(str(folder / "sun.png")))
    assert bpy.ops.lanet.convert_environment() == {"FINISHED"}
    assert scene.world.cycles.sampling_method == "MANUAL"
    assert scene.world.sun_threshold == 1.0 and math.degrees(scene.world.sun_angle) > 0.53
