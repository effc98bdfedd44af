"""The requests that the converter process serves, each a method that returns the request's number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Requests(ABC):
    """Puts the arguments of each request into a message; a subclass sends it."""

    @abstractmethod
    def _ask(self, **fields: Any) -> int:
        """Send a request; return its number.

        Args:
            fields: see :mod:`lanet_core.pipeline.worker`.
        """

    def convert(
        self,
        source: str | Path,
        output: str | Path,
        *,
        half: bool | str = False,
        reading: Mapping[str, Any] | None = None,
        lights: bool = False,
    ) -> int:
        """Request a conversion; return the request's number.

        Args:
            source: an LDR image file.
            output: the OpenEXR file to write; its folder is made. A result of the same image is replaced, once the new
                one is whole; next to any other file, the new one is numbered.
            half: write 16-bit floats instead of 32-bit floats; ``auto`` if they can hold the brightest value.
            reading: how the image is to be understood, see :mod:`lanet_core.pipeline.worker`.
            lights: also find the concentrated lights of the result.
        """
        return self._ask(
            do="convert", source=str(source), output=str(output), half=half, lights=lights, **(reading or {})
        )

    def inspect(self, source: str | Path, reading: Mapping[str, Any] | None = None) -> int:
        """Request an image's size, clipped fraction and warnings; return the request's number.

        Args:
            source: an image file.
            reading: see :meth:`convert`.
        """
        return self._ask(do="inspect", source=str(source), **(reading or {}))

    def expect(self, source: str | Path, reading: Mapping[str, Any] | None = None) -> int:
        """Request the expected change of an image by a conversion; return the request's number."""
        return self._ask(do="expect", source=str(source), **(reading or {}))

    def balls(self, source: str | Path, hdr: str | Path, *, size: int, reading: Mapping[str, Any] | None = None) -> int:
        """Request balls lit by a photograph and by its HDR; return the request's number.

        Args:
            source: the photograph's file.
            hdr: an OpenEXR file.
            size: rows of a ball.
            reading: see :meth:`convert`.
        """
        return self._ask(do="balls", source=str(source), hdr=str(hdr), size=size, **(reading or {}))

    def describe(self) -> int:
        """Request the model, the provider and why no GPU runs; return the request's number."""
        return self._ask(do="describe")

    def thumbnail(self, source: str | Path, *, height: int, kind: bool = False) -> int:
        """Request an HDR panorama small and tone-mapped, of so many rows; return the request's number.

        Args:
            source: an OpenEXR file.
            height: rows.
            kind: also request the kind of its light, see :mod:`lanet_core.pipeline.scene_kind`.
        """
        return self._ask(do="thumbnail", source=str(source), height=height, kind=kind)

    def lights(self, source: str | Path, *, take: Sequence[int] = (), output: str | Path = "") -> int:
        """Request the concentrated lights of an HDR panorama; return the request's number.

        Args:
            source: an OpenEXR file.
            take: the numbers of lights to take out of the panorama.
            output: the OpenEXR file of the panorama without them; none by default.
        """
        fields = {"output": str(output)} if output else {}
        return self._ask(do="lights", source=str(source), take=list(take), **fields)

    def bake(self, source: str | Path, output: str | Path, change: Mapping[str, Any]) -> int:
        """Request an HDR panorama with changed light; return the request's number.

        Args:
            source: an OpenEXR file.
            output: the OpenEXR file to write.
            change: fields of :class:`lanet_core.pipeline.light_baking.LightChange`.
        """
        return self._ask(do="bake", source=str(source), output=str(output), **change)

    def calibrate(
        self, source: str | Path, albedo: float, *, at: tuple[float, float] | None = None, facing: str = "auto"
    ) -> int:
        """Request the factor of the light by which a surface has its albedo; return the request's number.

        Args:
            source: an OpenEXR file.
            albedo: (0, 1].
            at: place of the surface, see :class:`.surface_calibration.Surface`; None for the ground.
            facing: the same.
        """
        place = list(at) if at is not None else None
        return self._ask(do="calibrate", source=str(source), albedo=albedo, at=place, facing=facing)

    def ground(self, source: str | Path) -> int:
        """Request the irradiance of the ground under an HDR panorama, an OpenEXR file; return the request's number."""
        return self._ask(do="ground", source=str(source))
