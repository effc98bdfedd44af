"""What a conversion will change, from a conversion of a small copy of the panorama."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lanet_core.colour import luminance
from lanet_core.files import LdrImage
from lanet_core.geometry import sphere
from lanet_core.geometry.bands import BandDownsampler
from lanet_core.pipeline.main_light import MainLight
from lanet_core.pipeline.panorama import panorama_from_image
from lanet_core.pipeline.panorama_converter import Converter
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.pipeline.scene_kind import scene_kind
from lanet_core.progress import CancelledCallable

#: Rows of the copy. The peak of a small light is that of a pixel of this size.
ROWS = 512


@dataclass(frozen=True)
class Expectation:
    """What a conversion is expected to change.

    Attributes:
        gain_ev: change of the mean luminance of the sphere, stops.
        peak_ev: luminance of the brightest pixel of the copy, stops above white; None for a black image.
        light: the main light.
        kind: see :func:`lanet_core.pipeline.scene_kind.scene_kind`.
        heading_deg: compass heading of the image's middle, clockwise from north; None where the file has none.
    """

    gain_ev: float
    peak_ev: float | None
    light: MainLight | None
    kind: str | None
    heading_deg: float | None

    def facts(self) -> dict[str, Any]:
        """Return the attributes for JSON."""
        return asdict(self)


def expect(
    converter: Converter,
    image: LdrImage,
    options: ReadingOptions | None = None,
    cancelled: CancelledCallable | None = None,
) -> Expectation:
    """Convert a copy of :data:`ROWS` rows at most.

    Args:
        converter: of panoramas.
        image: the image.
        options: how it is to be understood.
        cancelled: called before each stage.

    Raises:
        InputError: the image is no panorama.
        ModelError: the model fails.
        ConversionCancelled: ``cancelled`` returned true.
    """
    options = options or ReadingOptions()
    panorama = panorama_from_image(image, options)
    size = (panorama.height, panorama.width)
    rows = min(ROWS, panorama.height)
    copy = BandDownsampler(size, (rows, min(2 * rows, panorama.width)), channels=3)
    for first, end in panorama.bands():
        copy.add(panorama.linear_rows(first, end), first)
    ldr_linear = np.clip(copy.result, 0.0, 1.0)
    conversion = converter.convert(ldr_linear, options=ReadingOptions(white=options.white), cancelled=cancelled)
    assert conversion.hdr is not None, "an array is converted to an array"
    before, after = (float(sphere.sphere_mean(luminance(each))) for each in (ldr_linear, conversion.hdr))
    facts = conversion.facts()
    return Expectation(
        gain_ev=float(np.log2(after / before)) if before > 0.0 else 0.0,
        peak_ev=facts["peak_ev"],
        light=conversion.light,
        kind=scene_kind(conversion.hdr),
        heading_deg=image.gpano.pose_heading_deg if image.gpano is not None else None,
    )
