"""Worlds: the physical sky behind clouds, and the night."""

from __future__ import annotations

import math

import bpy
import numpy as np

from scene_generation.blender.nodes import Nodes
from scene_generation.clouds import cloud_colour, cloud_layer
from scene_generation.description import Clouds, DaySky, NightSky

#: Blender's physical sky gives 1 for about 1000 cd/m²: its sun at 60° lights the ground with 119 units, a clear
#: day's with about 100 klx.
_SKY_UNIT_CD_M2 = 1000.0

#: Size of the table by which Cycles finds light in the sky; the sun's disc is sampled apart from it.
_IMPORTANCE_MAP = 512
_CLOUD_ROWS = 256


def world_of(sky: DaySky | NightSky, unit_cd_m2: float) -> list[bpy.types.ID]:
    """Return a new world and, after it, the images that it shows.

    Args:
        sky: what it shows.
        unit_cd_m2: luminance of a pixel value of 1.
    """
    world = bpy.data.worlds.new("sky")
    nodes = Nodes(world)
    images: list[bpy.types.ID] = []
    if isinstance(sky, NightSky):
        colour, unit = _night(nodes, sky), 1.0 / unit_cd_m2
    else:
        colour, unit = _physical_sky(nodes, sky).outputs[0], _SKY_UNIT_CD_M2 / unit_cd_m2
        if sky.clouds is not None:
            images.append(_cloud_image(sky, sky.clouds))
            colour = _behind_clouds(nodes, sky, images[0], colour)
    background = nodes.add("Background", {"Color": colour, "Strength": unit})
    nodes.add("OutputWorld", {"Surface": background.outputs[0]})
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = _IMPORTANCE_MAP
    return [world, *images]


def _night(nodes: Nodes, sky: NightSky) -> bpy.types.NodeSocket:
    direction = nodes.add("TexCoord").outputs["Generated"]
    up = nodes.add("SeparateXYZ", {0: direction}).outputs[2]
    height = nodes.math("POWER", nodes.math("MAXIMUM", up, 0.0), 0.5)
    return nodes.mix(height, sky.horizon, sky.zenith)


def _physical_sky(nodes: Nodes, sky: DaySky) -> bpy.types.Node:
    node = nodes.add("TexSky")
    has_old_names = "NISHITA" in node.bl_rna.properties["sky_type"].enum_items  # before 5.0
    node.sky_type = "NISHITA" if has_old_names else "MULTIPLE_SCATTERING"
    setattr(node, "dust_density" if has_old_names else "aerosol_density", sky.dust)
    node.air_density, node.ozone_density = sky.air, sky.ozone
    node.sun_elevation = sky.elevation_rad
    node.sun_rotation = math.pi / 2 - sky.azimuth_rad  # Blender counts clockwise from +y
    node.sun_disc, node.sun_intensity = True, sky.disc_strength
    node.sun_size = sky.disc_diameter_rad
    return node


def _behind_clouds(
    nodes: Nodes, sky: DaySky, image: bpy.types.Image, clear: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    layer = nodes.add("TexEnvironment")
    layer.image = image
    light, through, _ = nodes.add("SeparateXYZ", {0: layer.outputs["Color"]}).outputs
    clouds = nodes.scale(tuple(cloud_colour(sky)), light)
    return nodes.vector("ADD", nodes.scale(clear, through), clouds)


def _cloud_image(sky: DaySky, clouds: Clouds) -> bpy.types.Image:
    rgba = np.ones((_CLOUD_ROWS, 2 * _CLOUD_ROWS, 4), dtype=np.float32)
    rgba[::-1, :, :2] = cloud_layer(sky, clouds, _CLOUD_ROWS)  # Blender's rows run bottom-up
    image = bpy.data.images.new("clouds", 2 * _CLOUD_ROWS, _CLOUD_ROWS, float_buffer=True, is_data=True)
    image.pixels.foreach_set(rgba.ravel())
    return image
