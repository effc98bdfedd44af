"""A scene in memory: its LDR as 8-bit codes and linear light, and the true HDR calibrated to it (Eq. 1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lanet_core.calibration import calibrate
from lanet_core.colour import quantise_srgb8
from lanet_core.data.photographs import photographs
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR
from lanet_core.errors import DataError, NotEquirectangularError
from lanet_core.files import read_hdr, read_ldr
from lanet_core.geometry import plane, sphere
from lanet_core.image_size import image_size
from render_eval.dataset import Pair
from render_eval.methods import Photograph


def read_photograph(pair: Pair) -> Photograph:
    """Read a scene's HDR and its LDR, or take the LDR with the virtual camera, seeded by the scene's name.

    The two come out at the smaller one's size: an LDR is reduced in linear light, then quantised again.

    Args:
        pair: one of :func:`render_eval.dataset.find_pairs`.

    Raises:
        DataError: the pair is marked as unusable, or the sizes do not match.
        InputError: a file cannot be read, holds invalid pixels or is no 2:1 panorama.
        CalibrationError: Eq. 1 has no solution.
    """
    if pair.problem:
        raise DataError(pair.problem)
    hdr = _equirectangular(read_hdr(pair.true_hdr), pair.true_hdr)
    if pair.ldr_file is None:
        rgb_srgb8, truth = next(photographs(hdr, pair.name, draws=1))
        return Photograph(pair.name, rgb_srgb8, SRGB8_TO_LINEAR[rgb_srgb8], truth)
    ldr_linear = _equirectangular(read_ldr(pair.ldr_file).rgb_linear, pair.ldr_file)
    height = min(len(hdr), len(ldr_linear))
    if not pair.sizes_differ_by_intent and (len(hdr) % height or len(ldr_linear) % height):
        raise DataError(
            f"It has {len(ldr_linear)} rows and its HDR {len(hdr)}, and neither is a multiple of the other.",
            path=pair.ldr_file,
            remedy="Resize one of them.",
        )
    rgb_srgb8 = quantise_srgb8(_reduced(ldr_linear, height))
    ldr_linear = SRGB8_TO_LINEAR[rgb_srgb8]
    return Photograph(pair.name, rgb_srgb8, ldr_linear, calibrate(ldr_linear, _reduced(hdr, height)))


def read_image_pair(pair: Pair) -> Photograph:
    """Read a single LDR image and its true HDR, at the size of the smaller one.

    Args:
        pair: one of :func:`render_eval.dataset.find_pairs`.

    Raises:
        DataError: the pair is marked as unusable, has no LDR, or the sizes do not match.
        InputError: a file cannot be read or holds invalid pixels.
        CalibrationError: Eq. 1 has no solution.
    """
    if pair.problem:
        raise DataError(pair.problem)
    if pair.ldr_file is None:
        raise DataError(
            "It has no LDR image next to its HDR.",
            path=pair.hdr_file,
            remedy="Put NAME.jpg or NAME.png next to it; python -m render_eval.make_pairs makes pairs of panoramas.",
        )
    hdr = read_hdr(pair.true_hdr)
    ldr_linear = read_ldr(pair.ldr_file).rgb_linear
    size = min(image_size(hdr), image_size(ldr_linear))
    for image in (hdr, ldr_linear):
        ratios = [old / new for old, new in zip(image.shape[:2], size, strict=True)]
        if ratios[0] != ratios[1] or not ratios[0].is_integer():
            raise DataError(
                f"It is {ldr_linear.shape[1]}x{ldr_linear.shape[0]} and its HDR {hdr.shape[1]}x{hdr.shape[0]}, and "
                "neither is a multiple of the other.",
                path=pair.ldr_file,
                remedy="Resize or crop one of them.",
            )
    hdr, ldr_linear = (each if each.shape[:2] == size else plane.shrink(each, size) for each in (hdr, ldr_linear))
    rgb_srgb8 = quantise_srgb8(ldr_linear)
    ldr_linear = SRGB8_TO_LINEAR[rgb_srgb8]
    return Photograph(pair.name, rgb_srgb8, ldr_linear, calibrate(ldr_linear, hdr), is_panorama=False)


def _equirectangular(panorama: np.ndarray, path: Path) -> np.ndarray:
    height, width = panorama.shape[:2]
    if width != 2 * height:
        raise NotEquirectangularError(
            f"The image is {width}x{height}, not 2:1.", path=path, remedy="Use a full panorama."
        )
    return panorama


def _reduced(panorama: np.ndarray, height: int) -> np.ndarray:
    return panorama if len(panorama) == height else sphere.downsample(panorama, height, 2 * height)
