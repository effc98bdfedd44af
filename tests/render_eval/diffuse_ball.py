"""A second renderer of the same interface, quick and without Blender: one diffuse ball, lit by a panorama's irradiance.

It stands in for Cycles where a test is about the work around the renders, not about Cycles.
"""

from __future__ import annotations

import time
from typing import ClassVar, Self

import numpy as np

from lanet_core.geometry.sphere import directions_to_pixels, sample_bilinear
from lanet_core.metrics.irradiance import diffuse_irradiance
from render_eval.renderer import Rendering
from render_eval.scene_description import SceneDescription

ALBEDO = 0.5
#: Relative noise of a pixel, which the seed draws.
NOISE = 1e-3


class DiffuseBallRenderer:
    """A diffuse ball that fills the image, seen from -y; corners are black."""

    versions: ClassVar = {"renderer": "diffuse ball 1"}
    denoiser = "none"
    #: The seeds of all renders of this process.
    seeds: ClassVar[list[int]] = []
    #: What a render is made to last, in seconds.
    seconds = 0.0

    def __init__(self, description: SceneDescription, *, threads: int = 0) -> None:
        self._width, self._height = description.image.width, description.image.height

    def render(self, panorama: np.ndarray, *, seed: int = 0) -> Rendering:
        self.seeds.append(seed)
        time.sleep(self.seconds)
        x, z = np.meshgrid(np.linspace(-1.0, 1.0, self._width), np.linspace(1.0, -1.0, self._height))
        on_ball = x**2 + z**2 < 1.0
        normals = np.stack([x, -np.sqrt(np.maximum(1.0 - x**2 - z**2, 0.0)), z], axis=-1)
        irradiance = diffuse_irradiance(panorama)
        image = sample_bilinear(irradiance, *directions_to_pixels(normals, *irradiance.shape[:2])) * ALBEDO / np.pi
        noise = 1.0 + NOISE * np.random.default_rng(seed).standard_normal(image.shape)
        return Rendering((image * noise * on_ball[..., None]).astype(np.float32), self.seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class SlowDiffuseBallRenderer(DiffuseBallRenderer):
    """One that takes its time, so that there is a half-way."""

    seconds = 0.3
