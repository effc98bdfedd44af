"""Make docs/images/single_images.jpg: single images, their HDR and LANet's predictions (the paper's Fig. 9).

Each row is a view of one of the HDR worlds that come with Blender: as a camera would have kept it, converted and three
stops darker, the true HDR at the same exposures, the network's attention (red: well exposed, green: over-exposed), its
luminance classes. Run it where the extras ``evaluation`` are installed: ``python tools/image_comparison.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import OpenImageIO
from make_examples import exposure_factor, worlds_folder, write_jpeg

from lanet_core import load_image_converter
from lanet_core.colour import quantise_srgb8
from lanet_core.data.crops import perspective_crop
from lanet_core.reconstruction.luminance_maps import attention_image, segmentation_image

IMAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "single_images.jpg"
#: World, azimuth and elevation of the optical axis, in degrees.
VIEWS = (("interior", -60.0, 10.0), ("sunset", -30.0, 10.0), ("forest", -36.0, 15.0))
FIELD_OF_VIEW_RAD = np.radians(80.0)
SIZE = (240, 320)
DARKER_STOPS = 3.0


def row_of_images(converter, name: str, azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    """Return the row of one view, (h, 5 w, 3) uint8, sRGB-encoded."""
    world = np.maximum(OpenImageIO.ImageBuf(str(worlds_folder() / f"{name}.exr")).get_pixels("float")[..., :3], 0.0)
    world *= np.float32(exposure_factor(world))
    truth = perspective_crop(world, np.radians(azimuth_deg), np.radians(elevation_deg), FIELD_OF_VIEW_RAD, *SIZE)
    photograph = quantise_srgb8(truth)
    conversion = converter.convert(photograph)
    darker = np.float32(2.0**-DARKER_STOPS)
    return np.hstack(
        [
            photograph,
            quantise_srgb8(conversion.hdr * darker),
            quantise_srgb8(truth * darker),
            attention_image(conversion.attention, SIZE),
            segmentation_image(conversion.segmentation, SIZE),
        ]
    )


def main() -> None:
    """Write the image."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=IMAGE)
    output = parser.parse_args().output
    converter = load_image_converter()
    write_jpeg(output, np.vstack([row_of_images(converter, *view) for view in VIEWS]))
    print(output)


if __name__ == "__main__":
    main()
