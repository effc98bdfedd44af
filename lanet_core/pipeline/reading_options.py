"""Choices for images that can be interpreted in more than one way."""

from __future__ import annotations

from dataclasses import dataclass

from lanet_core.reconstruction.white_level import WhiteLevel

EYES = ("left", "right", "top", "bottom")


@dataclass(frozen=True)
class ReadingOptions:
    """How an image is to be understood.

    Attributes:
        extend: complete an HDR whose light is clipped at a plateau.
        eye: the part of a stereo image to convert, one of :data:`EYES`; None for the first one.
        stretch: take an image of 1.7:1 to 2.3:1 as a whole sphere.
        pad: take an image of another ratio than 2:1 as the middle of the sphere; the rest is filled smoothly.
        force: convert also what is recognised as no equirectangular panorama.
        ignore_pose: leave the pitch and roll of the metadata aside.
        ignore_alpha: take transparent pixels as captured, with their colour.
        white: the white level of the image; None to estimate it.
    """

    extend: bool = False
    eye: str | None = None
    stretch: bool = False
    pad: bool = False
    force: bool = False
    ignore_pose: bool = False
    ignore_alpha: bool = False
    white: WhiteLevel | None = None
