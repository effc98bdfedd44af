"""What an image shows of the sphere: a whole one, a part, two eyes or a cube map; and what is no panorama at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from lanet_core.errors import NotEquirectangularError
from lanet_core.files.gpano import CroppedArea
from lanet_core.files.ldr_image import LdrImage
from lanet_core.geometry.cube_map import LAYOUTS, CubeLayout, cube_to_sphere
from lanet_core.geometry.image_light import ImageLight, stretched, window
from lanet_core.geometry.sphere_checks import Overview, is_blank, overview
from lanet_core.image_size import image_size
from lanet_core.pipeline.reading_options import ReadingOptions

#: An image this close to 2:1 is a full sphere whose stitcher rounded.
RATIO_TOLERANCE = 0.005
#: How much a resize may have changed the image's proportions against those of its metadata.
_RESIZE_TOLERANCE = 0.01
#: Ratios that ``stretch`` takes.
_STRETCHED_RATIOS = (1.65, 2.35)

#: Faces of a cube map that may be of one colour: the ground and a clear sky.
_MOST_BLANK_FACES = 2

_FORCE = "pass --force to convert it as a panorama"


@dataclass(frozen=True)
class Arrangement:
    """How an image is to be put on the sphere.

    Attributes:
        transform: cuts or resamples the image's light before it is placed.
        crop: where the result is on the sphere, None for a whole sphere.
        warnings: remarks for the user, one sentence each.
    """

    transform: Callable[[ImageLight], ImageLight] = lambda light: light
    crop: CroppedArea | None = None
    warnings: tuple[str, ...] = ()


def arrange(image: LdrImage, light: ImageLight, options: ReadingOptions) -> Arrangement:
    """Return how an image is to be put on the sphere.

    Args:
        image: the image.
        light: its light.
        options: the user's choices.

    Raises:
        NotEquirectangularError: it is no panorama, or one of a kind that an option has to name.
    """
    crop, warnings = _usable_crop(image)
    if crop is not None and options.eye is None:
        return Arrangement(crop=crop, warnings=warnings)
    ratio = light.width / light.height
    if options.eye is not None or min(abs(ratio - 1.0), abs(ratio / 4.0 - 1.0)) <= RATIO_TOLERANCE:
        stereo = _stereo(image, light, options)
        if stereo is not None:
            return stereo
    if abs(ratio / 2.0 - 1.0) <= RATIO_TOLERANCE:
        return Arrangement(warnings=warnings + _sphere_warnings(image, light, options))
    cube = next((layout for layout in LAYOUTS if _is_cube(light, layout, options)), None)
    if cube is not None:
        return _cube(image, cube, options)
    if options.stretch and _STRETCHED_RATIOS[0] <= ratio <= _STRETCHED_RATIOS[1]:
        return Arrangement(partial(_to_two_by_one), warnings=(*warnings, _stretch_note(light)))
    if options.pad:
        return Arrangement(crop=_middle_of_the_sphere(light), warnings=warnings)
    raise _not_two_by_one(image, light, warnings)


def _usable_crop(image: LdrImage) -> tuple[CroppedArea | None, tuple[str, ...]]:
    """Return the crop of the image's metadata, unless the image has been cut or stretched since."""
    crop = image.gpano.crop if image.gpano is not None else None
    if crop is None:
        return None, ()
    height, width = image.height, image.width
    stretch = (width / crop.width_px) / (height / crop.height_px)
    if abs(stretch - 1.0) <= _RESIZE_TOLERANCE:
        return crop, ()
    return None, (
        f"The panorama metadata describes an image of {crop.width_px}x{crop.height_px}, of other proportions than "
        f"this one of {width}x{height}, and was ignored.",
    )


def _middle_of_the_sphere(light: ImageLight) -> CroppedArea:
    """Return the place of an image in the middle of the smallest whole sphere that contains it."""
    width = max(light.width, 2 * light.height)
    height = width // 2
    return CroppedArea(
        (width - light.width) // 2, (height - light.height) // 2, light.width, light.height, width, height
    )


def _stereo(image: LdrImage, light: ImageLight, options: ReadingOptions) -> Arrangement | None:
    """Return the arrangement of one eye, None where nothing shows two."""
    height, width = light.size
    ratio = width / height
    eye = options.eye or "left"
    over_under = eye in ("top", "bottom") or ratio < 1.5
    second = eye in ("right", "bottom")
    if options.eye is None:
        seen = overview(light)
        if not (seen.is_over_under() if over_under else seen.is_side_by_side()):
            return None
    note = (
        f"The image is stereo, one eye {'above' if over_under else 'beside'} the other; only the "
        f"{('bottom' if second else 'top') if over_under else ('right' if second else 'left')} one was converted."
    )
    if over_under:
        half = partial(window, top=second * (height // 2), left=0, height=height // 2, width=width)
    else:
        half = partial(window, top=0, left=second * (width // 2), height=height, width=width // 2)
    eye_ratio = 2.0 * ratio if over_under else ratio / 2.0
    if abs(eye_ratio / 2.0 - 1.0) <= RATIO_TOLERANCE:
        return Arrangement(half, warnings=(note,))
    if not over_under and abs(eye_ratio - 1.0) <= RATIO_TOLERANCE:
        crop = CroppedArea(height // 2, 0, height, height, 2 * height, height)
        return Arrangement(half, crop, (f"{note} It shows half of the sphere (VR180).",))
    if abs(eye_ratio / 4.0 - 1.0) <= RATIO_TOLERANCE:
        return Arrangement(lambda whole: _to_two_by_one(half(whole)), warnings=(f"{note} It was stretched to 2:1.",))
    raise NotEquirectangularError(
        f"One eye of the image of {width}x{height} has a ratio of {eye_ratio:.3g}:1, neither 2:1 nor 1:1.",
        path=image.path,
        remedy="Omit --eye, or use a stereo panorama.",
    )


def _sphere_warnings(image: LdrImage, light: ImageLight, options: ReadingOptions) -> tuple[str, ...]:
    """Return what speaks against a 2:1 image being a sphere; refuse one that certainly is none."""
    if image.path is None or image.transparent is not None:
        return ()  # an array is what its program declares it to be
    seen = overview(light)
    problem, remedy = _problem(seen)
    if problem and not options.force:
        raise NotEquirectangularError(problem, path=image.path, remedy=f"{remedy}, or {_FORCE}.")
    if problem:
        return (f"{problem} It was converted as a panorama.",)
    if not seen.edges_meet():
        return ("The left and right edges of the panorama do not meet; the seam stays visible.",)
    return ()


def _problem(seen: Overview) -> tuple[str, str]:
    if seen.is_dual_fisheye():
        return (
            "The image is 2:1, but shows the two fisheye circles of a 360° camera, not stitched.",
            "Stitch it with the camera's program",
        )
    if seen.is_side_by_side():
        return (
            "The image is 2:1, but its halves show the same: it is stereo (VR180 or two squeezed eyes).",
            "Pass --eye left or --eye right",
        )
    if seen.is_over_under() and seen.edges_meet():
        return (
            "The image is 2:1, but its upper and lower half show the same: it is stereo, squeezed.",
            "Pass --eye top or --eye bottom",
        )
    if not seen.edges_meet() and not seen.ends_in_poles():
        return (
            "The image is 2:1, but not a panorama of the sphere: its left and right edges do not meet.",
            "Pass --image to convert a photograph",
        )
    return "", ""


def _is_cube(light: ImageLight, layout: CubeLayout, options: ReadingOptions) -> bool:
    side = light.height // layout.rows
    if side < 16 or abs(light.width / layout.columns / (light.height / layout.rows) - 1.0) > RATIO_TOLERANCE:
        return False

    def blank(cell: tuple[int, int]) -> bool:
        return is_blank(light, cell[0] * side, cell[1] * side, side)

    if not all(map(blank, layout.empty_cells())):
        return False
    # A photograph of something on a plain background is blank around it, too, but in more cells.
    return options.force or sum(map(blank, layout.cells.values())) <= _MOST_BLANK_FACES


def _cube(image: LdrImage, layout: CubeLayout, options: ReadingOptions) -> Arrangement:
    if not options.force:
        raise NotEquirectangularError(
            f"The image is {layout.name}, not an equirectangular panorama.",
            path=image.path,
            remedy="Pass --force to resample it to one.",
        )
    return Arrangement(
        partial(cube_to_sphere, layout=layout),
        warnings=(f"The image is {layout.name}; it was resampled to an equirectangular panorama.",),
    )


def _to_two_by_one(light: ImageLight) -> ImageLight:
    """Return a whole sphere resampled to 2:1 without losing rows or columns."""
    width = max(light.width + light.width % 2, 2 * light.height)
    return stretched(light, width // 2, width)


def _stretch_note(light: ImageLight) -> str:
    return f"The image is {light.width}x{light.height}, not 2:1; it was stretched to 2:1 as a whole sphere."


def _not_two_by_one(image: LdrImage, light: ImageLight, warnings: tuple[str, ...]) -> NotEquirectangularError:
    ratio = light.width / light.height
    metadata = " ".join(text for text in (*image.warnings, *warnings) if "metadata" in text)
    remedy = "Crop or pad it to 2:1, or add Photo Sphere (GPano) metadata"
    if _STRETCHED_RATIOS[0] <= ratio <= _STRETCHED_RATIOS[1]:
        remedy = "Pass --stretch if it shows the whole sphere, add Photo Sphere (GPano) metadata, crop or pad it to 2:1"
    return NotEquirectangularError(
        f"The image is {light.width}x{light.height}, a ratio of {ratio:.3g}:1, and nothing specifies which part of the "
        f"sphere it shows.{' ' + metadata if metadata else ''}",
        path=image.path,
        remedy=f"{remedy}, or pass --image to convert a photograph.",
    )


def transformed_mask(mask: np.ndarray, arrangement: Arrangement) -> np.ndarray:
    """Return a mask of an image's pixels, (H, W) bool, after an arrangement's transform."""

    def pixels(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.repeat(mask[rows, columns, None].astype(np.float32), 3, axis=-1)

    def rows(first: int, end: int) -> np.ndarray:
        return np.repeat(mask[first:end, :, None].astype(np.float32), 3, axis=-1)

    light = arrangement.transform(ImageLight(*image_size(mask), rows, pixels))
    band = max(1, (1 << 20) // light.width)
    starts = range(0, light.height, band)
    return np.concatenate([light.rows(s, min(s + band, light.height))[..., 0] > 0.5 for s in starts])
