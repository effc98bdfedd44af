"""Renders one scene under many panoramas, in one process, with Blender's Cycles.

Runs under the ``bpy`` module and inside a Blender program, 4.2 and later, without a display. Blender is imported
when a :class:`Renderer` is made; nothing of what is open in it is touched.
"""

from __future__ import annotations

import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Self

import numpy as np

from lanet_core.errors import InvalidPixelsError, LanetError
from render_eval.interrupts import interrupts_held
from render_eval.quiet import quiet_stdout
from render_eval.scene_description import SceneDescription

if TYPE_CHECKING:
    pass

#: The oldest Blender that this is made for.
OLDEST_BLENDER = (4, 2, 0)


class RendererError(LanetError):
    """A scene cannot be rendered here."""


class BlenderNotFoundError(RendererError):
    """There is no Blender in this Python."""


class BlenderTooOldError(RendererError):
    """The Blender that runs this is older than :data:`OLDEST_BLENDER`."""


class CyclesNotFoundError(RendererError):
    """This Blender has no Cycles, or it is switched off."""


class RenderFailedError(RendererError):
    """Blender gave no image."""


@dataclass(frozen=True)
class Rendering:
    """An image and what it took.

    Attributes:
        image: (h, w, 3) float32, linear Rec.709, ≥ 0, in the panorama's units; the top row first.
        seconds: wall time.
    """

    image: np.ndarray
    seconds: float


class Renderer:
    """A scene that stays built while its light changes. A context manager; :meth:`close` does the same.

    Args:
        description: the scene.
        threads: CPU threads, 0 for all.

    Raises:
        BlenderNotFoundError: ``bpy`` cannot be imported.
        BlenderTooOldError: Blender is older than 4.2.
        CyclesNotFoundError: Blender has no Cycles.
    """

    def __init__(self, description: SceneDescription, *, threads: int = 0) -> None:
        self._bpy = import_blender()
        from render_eval.blender_scene import BlenderScene  # it imports bpy

        self.description = description
        self._built = BlenderScene(description, threads)
        self._folder = tempfile.TemporaryDirectory(prefix="render_eval_")

    @property
    def denoiser(self) -> str:
        """What denoises the images, or ``none`` and why."""
        return self._built.denoiser

    @property
    def versions(self) -> dict[str, str]:
        """What images depend on: Blender and its build, its Python and numpy, the machine's kind."""
        app = self._bpy.app
        return {
            "blender": app.version_string,
            "blender_build": app.build_hash.decode(),
            "denoiser": self.denoiser,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": f"{platform.system()} {platform.machine()}",
        }

    def render(self, panorama: np.ndarray, *, seed: int = 0) -> Rendering:
        """Render the scene in the light of a panorama.

        Args:
            panorama: (H, W, 3) float, linear Rec.709, ≥ 0, finite, equirectangular as in
                :mod:`lanet_core.geometry.sphere`.
            seed: added to the seed of the scene's description: other seeds, other noise.

        Returns:
            The image. Two images with the same seed agree but for rounding.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed meanwhile; the image is thrown away.
            InvalidPixelsError: the panorama has negative, NaN or infinite values.
            RenderFailedError: Blender gave no image.
            ValueError: the panorama is not (H, W, 3) float.
        """
        _check(panorama)
        start = time.perf_counter()
        self._built.scene.cycles.seed = self.description.sampling.seed + seed
        # A fresh image for each world: Cycles may keep one whose pixels have changed.
        world = self._bpy.data.images.new(
            "panorama", panorama.shape[1], panorama.shape[0], float_buffer=True, is_data=True
        )
        try:
            world.pixels.foreach_set(_bottom_up_rgba(panorama))
            self._built.environment.image = world
            image = self._render_scene()
        finally:
            self._bpy.data.images.remove(world)
        return Rendering(image, time.perf_counter() - start)

    def close(self) -> None:
        """Take the scene out of Blender."""
        self._built.remove()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _render_scene(self) -> np.ndarray:
        path = Path(self._folder.name) / "render.exr"
        path.unlink(missing_ok=True)
        scene = self._built.scene
        scene.render.filepath = str(path)
        with interrupts_held(), quiet_stdout():  # Blender prints a line for each step
            state = self._bpy.ops.render.render(scene=scene.name, write_still=True)
        if "FINISHED" not in state or not path.is_file():
            raise RenderFailedError(f"Blender rendered no image ({', '.join(state)}).")
        return self._read(path)

    def _read(self, path: Path) -> np.ndarray:
        """Return a file's values through Blender, as they are: (h, w, 3) float32, the top row first."""
        image = self._bpy.data.images.load(str(path))
        try:
            image.colorspace_settings.is_data = True
            width, height = image.size
            pixels = np.empty(height * width * 4, dtype=np.float32)
            image.pixels.foreach_get(pixels)
        finally:
            self._bpy.data.images.remove(image)
        return np.ascontiguousarray(pixels.reshape(height, width, 4)[::-1, :, :3])


def import_blender() -> ModuleType:
    """Return the module ``bpy``.

    Raises:
        BlenderNotFoundError: it cannot be imported.
        BlenderTooOldError: it is older than 4.2.
        CyclesNotFoundError: it has no Cycles.
    """
    try:
        import bpy
    except ImportError as error:
        raise BlenderNotFoundError(
            f"There is no Blender in this Python ({error}).",
            remedy="Install lanet-ibl[evaluation] with pip, or run the script in Blender: blender -b -P.",
        ) from error
    if bpy.app.version < OLDEST_BLENDER:
        raise BlenderTooOldError(f"This is Blender {bpy.app.version_string}.", remedy="Use Blender 4.2 or later.")
    if not hasattr(bpy.types.Scene, "cycles"):
        raise CyclesNotFoundError(
            "This Blender has no Cycles renderer, or its add-on is switched off.",
            remedy="Switch the add-on on in Blender's preferences, or start Blender with --factory-startup.",
        )
    return bpy


def _check(panorama: np.ndarray) -> None:
    if panorama.ndim != 3 or panorama.shape[2] != 3 or panorama.dtype.kind != "f" or panorama.size == 0:
        raise ValueError(f"expected (H, W, 3) float, got {panorama.shape} {panorama.dtype}")
    if not np.isfinite(panorama).all() or panorama.min() < 0.0:
        raise InvalidPixelsError("The panorama to render under has negative, NaN or infinite values.")


def _bottom_up_rgba(panorama: np.ndarray) -> np.ndarray:
    """Return Blender's order of pixels: (H · W · 4,) float32, the bottom row first, alpha 1."""
    rgba = np.ones((*panorama.shape[:2], 4), dtype=np.float32)
    rgba[..., :3] = panorama[::-1]
    return rgba.ravel()
