"""Panoramas converted: an LDR panorama in, a calibrated HDR panorama out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lanet_core.errors import ModelNotFoundError, WrongModelError
from lanet_core.files import LdrImage, read_ldr
from lanet_core.geometry import sphere
from lanet_core.geometry.azimuth_alignment import columns_to_light
from lanet_core.geometry.zenith_alignment import has_light_at_zenith, tilted_back, tilted_inputs
from lanet_core.inference.model_metadata import CELL_PIXELS, LITE
from lanet_core.inference.session import Prediction, Session
from lanet_core.pipeline.banded_converter import BandedConverter
from lanet_core.pipeline.banded_image import UncertaintyOfBand
from lanet_core.pipeline.panorama import Panorama, panorama_from_image
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.pipeline.sequence import FrameLight, Midtones, frame_light
from lanet_core.progress import ProgressReport
from lanet_core.reconstruction.painted_areas import PaintedAreas, find_painted_areas
from lanet_core.reconstruction.panorama import Reconstruction, diffuse_from_log_hdr
from lanet_core.reconstruction.point_lights import PlacedLight
from lanet_core.reconstruction.uncertainty import UncertaintyMap
from lanet_core.reconstruction.white_level import WhiteLevel

#: Names a model file, in place of the one that came with the program.
MODEL_VARIABLE = "LANET_MODEL"
MODEL_FILE = Path("models", "panolanet.onnx")


class Converter(BandedConverter):
    """Converts panoramas with one model; made by :func:`load_converter`.

    Args:
        session: the model, ready to run.
        threads: threads of the pixel work; all cores by default.

    Raises:
        WrongModelError: the model was made for single images, not for panoramas.
    """

    makes_panoramas = True

    def __init__(self, session: Session, threads: int | None = None) -> None:
        metadata = session.metadata
        if metadata.input_width != 2 * metadata.input_height:
            raise WrongModelError(
                f"The model expects images of {metadata.input_width}x{metadata.input_height}, not panoramas.",
                path=session.path,
                remedy="Choose a model that was trained on panoramas.",
            )
        super().__init__(session, threads)

    def _source(self, image: LdrImage, options: ReadingOptions) -> Panorama:
        return panorama_from_image(image, options)

    def _row_weights(self, source: Panorama) -> np.ndarray:
        return sphere.pixel_solid_angles_sr(source.height, source.width)

    def _painted_areas(self, source: Panorama) -> PaintedAreas:
        return find_painted_areas(source.height, source.width, source.linear_rows)

    def _reconstruction(self, source: Panorama, white: WhiteLevel) -> Reconstruction:
        return Reconstruction(source.height, source.width, self.session.metadata.input_height, white)

    def _predict(self, reconstruction: Reconstruction) -> Prediction:
        """Run the network on the panorama rotated to its light, and rotate the prediction back."""
        image, overexposure = reconstruction.network_inputs()
        columns = columns_to_light(overexposure[..., 0]) // CELL_PIXELS * CELL_PIXELS
        image, overexposure = (np.roll(each, columns, axis=1) for each in (image, overexposure))
        if has_light_at_zenith(overexposure[..., 0]):
            prediction, grids = self._added_light(*tilted_inputs(image, overexposure))
            grids = tuple(tilted_back(each, overexposure[..., 0]) for each in grids)
        else:
            prediction, grids = self._added_light(image, overexposure)
        back = -columns * len(grids[0]) // len(image)
        diffuse, concentrated = (np.roll(each, back, axis=1) for each in grids)
        reconstruction.solve(diffuse, concentrated)
        return replace(prediction, diffuse=diffuse, concentrated=concentrated)

    def _added_light(
        self, image: np.ndarray, overexposure: np.ndarray
    ) -> tuple[Prediction, tuple[np.ndarray, np.ndarray]]:
        """Run the network; return its prediction, and the diffuse and the concentrated radiance to add."""
        if self.session.metadata.architecture == LITE:
            prediction = self.session.run(image=image, overexposure=overexposure)
            return prediction, prediction.added_light
        prediction = self.session.run(ldr_linear=image)
        assert prediction.log_hdr is not None, "the output of this architecture"
        diffuse = diffuse_from_log_hdr(prediction.log_hdr, image, overexposure)
        return prediction, (diffuse, np.zeros_like(diffuse))

    def _apply_gains(
        self,
        reconstruction: Reconstruction,
        prediction: Prediction,
        gains: tuple[float, float],
        lights: Sequence[PlacedLight] | None,
    ) -> None:
        diffuse, concentrated = (
            light * np.float32(gain) for light, gain in zip(prediction.added_light, gains, strict=True)
        )
        reconstruction.solve(diffuse, concentrated, placed=lights)

    def survey(self, path: str | Path, options: ReadingOptions | None = None) -> tuple[WhiteLevel, FrameLight]:
        """Return a frame's white level and the energies that are added to it; nothing is written.

        Args:
            path: an image file.
            options: how it is to be understood; its white level, if given, is used.

        Raises:
            InputError: the image cannot be read, or is no panorama.
            ModelError, ProviderError: the model fails.
        """
        options = options or ReadingOptions()
        source = self._source(read_ldr(path, extend=options.extend), options)
        report = ProgressReport(None, None)
        solved = self._solve(source, options.white, report)
        areas_sr, added, midtones = self._row_weights(source), 0.0, Midtones()
        for first, hdr, _ in self._bands(source, solved, None, report, "reconstruction"):
            end = first + len(hdr)
            ldr_linear = source.linear_rows(first, end)
            midtones.add(ldr_linear, areas_sr[first:end])
            more = (hdr - ldr_linear).mean(axis=-1).sum(axis=1, dtype=np.float64)
            added += float(areas_sr[first:end] @ more) / (4.0 * np.pi)
        light = frame_light(*solved.prediction.added_light, added, midtones.level())
        assert isinstance(solved.reconstruction, Reconstruction), "of panoramas"
        return solved.white, replace(light, lights=solved.reconstruction.placed_lights)

    def _uncertainty(self, prediction: Prediction, white: WhiteLevel) -> UncertaintyOfBand | None:
        if prediction.strength_range is None:
            return None
        return UncertaintyMap(prediction.strength_range, white)


def load_converter(model: str | Path | None = None, provider: str = "auto", threads: int | None = None) -> Converter:
    """Load a model and return its converter.

    Args:
        model: an ONNX file that ``lanet export`` wrote; by default see :func:`find_model`.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.

    Raises:
        ModelError: there is no model, or it cannot be loaded.
        ProviderError: the provider requested cannot run here.
    """
    return Converter(Session(find_model(model), provider, threads), threads)


def find_model(model: str | Path | None = None, *, file: Path = MODEL_FILE, variable: str = MODEL_VARIABLE) -> Path:
    """Return the model file to use.

    In this order: the one given; the one named by the environment variable; the one that came with the program, inside
    this package (a wheel, or the package inside a Blender extension) or next to it (a checkout of the repository).

    Args:
        model: the caller's choice, used as it is.
        file: the one that came with the program, relative to the package or its folder.
        variable: the environment variable's name.

    Raises:
        ModelNotFoundError: no model was given and none of the other places has one.
    """
    chosen = model or os.environ.get(variable)
    if chosen:
        return Path(chosen)
    package = Path(__file__).resolve().parents[1]
    places = [package / file, package.parent / file]
    for place in places:
        if place.is_file():
            return place
    raise ModelNotFoundError(
        "The supplied model is missing.",
        path=places[-1],
        remedy=f"Install it there, pass --model, or set the environment variable {variable}.",
    )
