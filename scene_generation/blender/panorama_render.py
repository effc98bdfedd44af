"""A description's panorama, by Cycles: every surface denoised, every light and the sky as they are.

A denoiser takes a lamp of one pixel for noise. So what the camera sees of lamps and sky is kept apart (Cycles' passes
Emission and Environment), and only the rest is denoised, by Blender's compositor.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import bpy
import numpy as np

from lanet_core.errors import LanetError
from lanet_core.files import read_hdr
from render_eval.interrupts import interrupts_held
from render_eval.quiet import quiet_stdout
from scene_generation.blender.builder import BuiltScene
from scene_generation.description import PanoramaDescription
from scene_generation.widening import widened

#: Samples where light is hard to find, such as at the edge of the sun; most pixels need few.
SAMPLES = 256
#: Cycles looks after every 16 samples which pixels need more: those whose relative error times the root of their
#: brightness is above the threshold. So lamps and sun are refined, and the rest is left to the denoiser.
_FEWEST_SAMPLES = 16
_NOISE_THRESHOLD = 0.5
#: From a brightness of 1 on, Cycles leaves the root out, and lamps would have to be no better than walls. So many stops
#: darker, no sun reaches 1.
_DARKER_STOPS = 20
_BOUNCES = 4
_TRANSPARENT_BOUNCES = 6
#: With fewer lamps than this, Cycles' light tree takes longer than it saves.
_LAMPS_FOR_A_TREE = 12
#: The most that one path may bring after its first bounce; typical values are near 1. Direct light has no limit.
_INDIRECT_LIMIT = 20.0
#: Pixels rendered at a time, which take Blender 700 bytes each, and rows more on either side for the denoiser to see.
_BAND_PIXELS = 1 << 22
_BAND_MARGIN_ROWS = 16


class PanoramaRenderError(LanetError):
    """Blender gave no image."""


class BlenderTooNewError(LanetError):
    """Blender's compositor is not the one that this is made for."""


def render_panorama(
    description: PanoramaDescription, height: int, *, seed: int = 0, samples: int = SAMPLES
) -> np.ndarray:
    """Render a scene.

    Args:
        description: the scene.
        height: rows; there are twice as many columns.
        seed: of the noise.
        samples: maximum samples per pixel.

    Returns:
        (height, 2 · height, 3) float32, linear Rec.709, ≥ 0, in ``description.unit_cd_m2``; directions of
        :mod:`lanet_core.geometry.sphere`.

    Raises:
        BlenderTooNewError: this is Blender 5 or later.
        PanoramaRenderError: Blender gave no image.
    """
    with BuiltScene(widened(description, height)) as built:
        lamps = sum(solid.surface.shines for solid in description.solids)
        _set_cycles(built.scene, seed, samples, lamps)
        _set_image(built.scene, height)
        _set_compositor(built.scene)
        band = max(1, _BAND_PIXELS // (2 * height))
        bands = [_render_rows(built.scene, first, min(first + band, height)) for first in range(0, height, band)]
        return np.maximum(np.concatenate(bands), 0.0)


def _set_cycles(scene: bpy.types.Scene, seed: int, samples: int, lamps: int) -> None:
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.seed = seed
    cycles.samples = samples
    cycles.use_adaptive_sampling = True
    cycles.adaptive_min_samples = min(_FEWEST_SAMPLES, samples)
    cycles.film_exposure = 0.5**_DARKER_STOPS
    cycles.adaptive_threshold = _NOISE_THRESHOLD * math.sqrt(cycles.film_exposure)
    cycles.use_denoising = False  # the compositor does it
    cycles.use_light_tree = lamps >= _LAMPS_FOR_A_TREE
    cycles.light_sampling_threshold = 0.0
    cycles.sample_clamp_direct, cycles.sample_clamp_indirect = 0.0, _INDIRECT_LIMIT
    cycles.max_bounces = cycles.diffuse_bounces = _BOUNCES
    cycles.glossy_bounces = 3
    cycles.transparent_max_bounces = _TRANSPARENT_BOUNCES
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.blur_glossy = 1.0
    cycles.pixel_filter_type = "BOX"  # a pixel is the mean of what it covers, nothing of its neighbours
    layer = scene.view_layers[0]
    layer.use_pass_emit = layer.use_pass_environment = True
    layer.cycles.denoising_store_passes = True


def _set_image(scene: bpy.types.Scene, height: int) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 2 * height, height, 100
    render.use_compositing, render.use_sequencer = True, False
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_mode = "RGB"
    render.image_settings.color_depth = "32"
    render.image_settings.exr_codec = "ZIP"


def _set_compositor(scene: bpy.types.Scene) -> None:
    if not hasattr(scene, "node_tree"):
        raise BlenderTooNewError(
            f"Training panoramas need Blender 4.2 to 4.5, and this is {bpy.app.version_string}.",
            remedy='Install one with "pip install bpy~=4.5.0".',
        )
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    layers = tree.nodes.new("CompositorNodeRLayers")
    layers.scene = scene

    def mixed(operation: str, first: bpy.types.NodeSocket, second: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        node = tree.nodes.new("CompositorNodeMixRGB")
        node.blend_type = operation
        tree.links.new(first, node.inputs[1])
        tree.links.new(second, node.inputs[2])
        return node.outputs[0]

    def brightened(name: str) -> bpy.types.NodeSocket:
        node = tree.nodes.new("CompositorNodeExposure")
        node.inputs["Exposure"].default_value = _DARKER_STOPS
        tree.links.new(layers.outputs[name], node.inputs["Image"])
        return node.outputs[0]

    seen = mixed("ADD", brightened("Emit"), brightened("Env"))
    denoise = tree.nodes.new("CompositorNodeDenoise")
    denoise.use_hdr, denoise.prefilter = True, "FAST"
    tree.links.new(mixed("SUBTRACT", brightened("Image"), seen), denoise.inputs["Image"])
    tree.links.new(layers.outputs["Denoising Normal"], denoise.inputs["Normal"])
    tree.links.new(layers.outputs["Denoising Albedo"], denoise.inputs["Albedo"])
    output = tree.nodes.new("CompositorNodeComposite")
    tree.links.new(mixed("ADD", denoise.outputs[0], seen), output.inputs["Image"])


def _render_rows(scene: bpy.types.Scene, first: int, end: int) -> np.ndarray:
    render, height = scene.render, scene.render.resolution_y
    top, bottom = max(first - _BAND_MARGIN_ROWS, 0), min(end + _BAND_MARGIN_ROWS, height)
    render.use_border = render.use_crop_to_border = True
    # Borders are shares of the height from the bottom, which Blender rounds down to rows.
    render.border_min_y, render.border_max_y = (height - bottom + 0.25) / height, (height - top + 0.25) / height
    return _render(scene)[first - top : end - top]


def _render(scene: bpy.types.Scene) -> np.ndarray:
    with tempfile.TemporaryDirectory(prefix="scene_generation_") as folder:
        path = Path(folder) / "panorama.exr"
        scene.render.filepath = str(path)
        with interrupts_held(), quiet_stdout():  # Blender prints a line for each step
            state = bpy.ops.render.render(scene=scene.name, write_still=True)
        if "FINISHED" not in state or not path.is_file():
            raise PanoramaRenderError(f"Blender rendered no image ({', '.join(state)}).")
        return read_hdr(path)
