"""Single images converted: an LDR photograph, backplate or texture of any size in, its HDR out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core.errors import WrongModelError
from lanet_core.files import LdrImage
from lanet_core.files.exr import bands_of_blocks
from lanet_core.geometry.completion import dimmed
from lanet_core.inference.session import Prediction, Session
from lanet_core.pipeline.banded_converter import BandedConverter
from lanet_core.pipeline.banded_image import Solved
from lanet_core.pipeline.panorama_converter import find_model
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.reconstruction.image import ImageReconstruction
from lanet_core.reconstruction.measured_light import MeasuredLight
from lanet_core.reconstruction.painted_areas import PaintedAreas, find_painted_areas_of_image
from lanet_core.reconstruction.white_level import WhiteLevel

#: Names a model file for single images, in place of the one that came with the program.
IMAGE_MODEL_VARIABLE = "LANET_IMAGE_MODEL"
IMAGE_MODEL_FILE = Path("models", "lanet.onnx")

#: Pixels of a band: little against a large image, much against what it costs to begin one.
_BAND_PIXELS = 1 << 20


@dataclass(frozen=True)
class FlatSource:
    """An image of any size as it is, whose light is made band by band.

    Attributes:
        height: rows.
        width: columns.
        linear_rows: gives the light of rows from one up to, and without, another, (n, W, 3) float32, linear Rec.709,
            [0, 1]; maybe a view.
        warnings: none: nothing is done to it.
        measured: light above white that was measured, None where there is none.
    """

    height: int
    width: int
    linear_rows: Callable[[int, int], np.ndarray]
    warnings: tuple[str, ...] = ()
    measured: MeasuredLight | None = None

    def bands(self) -> list[tuple[int, int]]:
        """Return where each of the bands begins and ends in which the image is best worked on."""
        return bands_of_blocks(self.height, self.width, _BAND_PIXELS)


def _opaque_rows(image: LdrImage) -> Callable[[int, int], np.ndarray]:
    """Return the light of an image's rows; transparent pixels are brought below the over-exposure threshold."""
    transparent = image.transparent
    if transparent is None:
        return image.linear_rows

    def linear_rows(first: int, end: int) -> np.ndarray:
        rows = image.linear_rows(first, end)
        return np.where(transparent[first:end, :, None], dimmed(rows), rows)

    return linear_rows


class ImageConverter(BandedConverter):
    """Converts single images with one model; made by :func:`load_image_converter`.

    Args:
        session: the model, ready to run.
        threads: threads of the pixel work; all cores by default.

    Raises:
        WrongModelError: the model was made for panoramas.
    """

    makes_panoramas = False

    def __init__(self, session: Session, threads: int | None = None) -> None:
        metadata = session.metadata
        if metadata.input_width == 2 * metadata.input_height:
            raise WrongModelError(
                "The model was trained on panoramas, not on photographs.",
                path=session.path,
                remedy="Choose a model that was trained on crops, such as lanet.onnx.",
            )
        super().__init__(session, threads)

    @property
    def has_maps(self) -> bool:
        """Whether the model gives attention maps and luminance classes."""
        return {"attention", "segmentation_logits"} <= set(self.session.metadata.extra_outputs)

    def _source(self, image: LdrImage, options: ReadingOptions) -> FlatSource:
        measured = None
        if (limits := image.measured) is not None:
            measured = MeasuredLight(image.measured_rows, limits.ceiling, limits.tolerance, limits.exposure)
        return FlatSource(image.height, image.width, _opaque_rows(image), measured=measured)

    def _row_weights(self, source: FlatSource) -> np.ndarray:
        return np.ones(source.height)

    def _painted_areas(self, source: FlatSource) -> PaintedAreas:
        return find_painted_areas_of_image(source.height, source.width, source.linear_rows)

    def _reconstruction(self, source: FlatSource, white: WhiteLevel) -> ImageReconstruction:
        metadata = self.session.metadata
        network_size = (metadata.input_height, metadata.input_width)
        # LANet was trained on photographs with their own black levels.
        white = dataclasses.replace(white, black=0.0)
        return ImageReconstruction((source.height, source.width), network_size, white)

    def _predict(self, reconstruction: ImageReconstruction) -> Prediction:
        prediction = self.session.run(ldr_linear=reconstruction.network_input())
        assert prediction.log_hdr is not None, "the output of a model for single images"
        reconstruction.solve(prediction.log_hdr)
        return prediction

    def _maps(self, solved: Solved) -> Mapping[str, np.ndarray]:
        if not self.has_maps:
            return {}
        reconstruction, prediction = solved.reconstruction, solved.prediction
        assert isinstance(reconstruction, ImageReconstruction)
        assert prediction.attention is not None and prediction.segmentation_logits is not None, "see has_maps"
        attention, logits = map(reconstruction.shown_part, (prediction.attention, prediction.segmentation_logits))
        return {"attention": attention, "segmentation": logits.argmax(axis=-1).astype(np.uint8)}


def load_image_converter(
    model: str | Path | None = None, provider: str = "auto", threads: int | None = None
) -> ImageConverter:
    """Load a model for single images and return its converter.

    Args:
        model: an ONNX file that ``lanet export`` wrote; by default the one that the environment variable
            ``LANET_IMAGE_MODEL`` names, or else ``models/lanet.onnx`` where it came with the program.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.

    Raises:
        ModelError: there is no model, or it cannot be loaded.
        ProviderError: the provider requested cannot run here.
    """
    path = find_model(model, file=IMAGE_MODEL_FILE, variable=IMAGE_MODEL_VARIABLE)
    return ImageConverter(Session(path, provider, threads), threads)
