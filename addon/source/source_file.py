"""Image files for the converter: such as there are, and such as are made of what Blender has in memory alone.

Threads do all that needs no Blender data: they get memory ready, encode and write.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image

from ..errors import AddonError
from ..files.plain_png import write_plain_png


class SourceFile:
    """An image file for the converter; made by :func:`addon.source.sources.prepare_source`.

    Args:
        path: the file.
        write: what writes it, in a thread; None for a file that there is.

    Attributes:
        path: the file; whole once :meth:`ready` has returned True.
        is_temporary: whether it was made here, and :meth:`discard` removes it.
    """

    def __init__(self, path: Path, write: Callable[[], object] | None = None) -> None:
        self.path = path
        self.is_temporary = write is not None
        self._problem: OSError | AddonError | None = None
        self._thread = self._start(write) if write is not None else None

    def ready(self) -> bool:
        """Return whether the file can be read now, without waiting; called in the main thread.

        Raises:
            AddonError: it could not be made.
        """
        if self._thread is not None and self._thread.is_alive():
            return False
        if isinstance(self._problem, OSError):
            raise AddonError(f"{self.path}: The image cannot be written there: {self._problem.strerror}.")
        if self._problem is not None:
            raise self._problem
        return True

    def wait(self) -> None:
        """Return when the file can be read.

        Raises:
            AddonError: it could not be made.
        """
        while not self.ready():
            if self._thread is not None:
                self._thread.join()

    def take_from_blender(self) -> None:
        """Take now what is needed of Blender's image, which may be removed then; it holds longer than :meth:`ready`.

        Raises:
            AddonError: the image is gone.
        """

    def discard(self) -> None:
        """Remove the file if it was made here. Called when the conversion has ended."""
        if self._thread is not None:
            self._thread.join()
            self.path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Have it discarded as soon as it is written, without waiting for that."""
        threading.Thread(target=self.discard, name="lanet source").start()

    def _start(self, work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except (OSError, AddonError) as error:
                self._problem = error

        thread = threading.Thread(target=run, name="lanet source")
        thread.start()
        return thread


class PixelSource(SourceFile):
    """An image's pixels as a PNG file; they are copied in :meth:`ready`.

    The first touch of new memory costs more than the copy, so a thread touches it before.

    Args:
        path: the file to write.
        image: has pixels.
        refuse_above_white: the error where its pixels are light above 1; None for encoded pixels.
    """

    def __init__(self, path: Path, image: Image, refuse_above_white: AddonError | None) -> None:
        width, height = image.size
        self._uid, self._name = image.session_uid, image.name
        self._refusal = refuse_above_white
        self._pixels = np.empty((height, width, image.channels), np.float32)
        self._is_taken = False
        super().__init__(path, lambda: self._pixels.fill(0.0))

    def ready(self) -> bool:
        """Return whether the file can be read now; see there."""
        if not super().ready():
            return False
        if self._is_taken:
            return True
        self._take()
        return False

    def take_from_blender(self) -> None:
        """Copy the pixels now; see there."""
        if not self._is_taken:
            self._thread.join()
            self._take()

    def _take(self) -> None:
        self._is_taken = True
        image = next((each for each in bpy.data.images if each.session_uid == self._uid), None)
        if image is None or len(image.pixels) != self._pixels.size:
            raise AddonError(f"{self._name}: The image was removed or changed before it could be read.")
        image.pixels.foreach_get(self._pixels.ravel())
        self._thread = self._start(self._write)

    def _write(self) -> None:
        if self._refusal is not None and float(self._pixels[..., :3].max()) > 1.0:
            raise self._refusal
        linear = self._refusal is not None
        write_plain_png(self.path, _top_down(self._pixels, linear), linear=linear)


def _top_down(pixels: np.ndarray, linear: bool) -> np.ndarray:
    """Return (H, W, 3) as PNG has it: 16 bits for linear light, and the 8 bits that Blender has of all else."""
    highest, dtype = (65535, np.uint16) if linear else (255, np.uint8)
    rgb = pixels[::-1, :, :3] if pixels.shape[2] >= 3 else np.repeat(pixels[::-1, :, :1], 3, axis=2)
    return np.rint(np.clip(rgb, 0.0, 1.0) * highest).astype(dtype)
