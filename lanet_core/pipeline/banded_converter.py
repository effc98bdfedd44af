"""The conversion pipeline, band by band: from an LDR image to a calibrated HDR image.

What a panorama and a single image have in common; :mod:`.panorama_converter` and :mod:`.image_converter`
implement what differs.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lanet_core.errors import WrongModelError
from lanet_core.files import (
    LdrImage,
    file_sha256,
    image_from_array,
    read_ldr,
)
from lanet_core.inference.session import Prediction, Session
from lanet_core.parallel import map_in_order
from lanet_core.pipeline.banded_image import BandReconstruction, LdrSource, Solved, UncertaintyOfBand
from lanet_core.pipeline.exposure import estimate_white
from lanet_core.pipeline.output_file import check_has_channels, check_not_the_same_file, open_result
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.pipeline.result import Conversion, confidence_warnings
from lanet_core.pipeline.result_summary import ResultSummary, calibration_warnings, exposure_warnings
from lanet_core.progress import CancelledCallable, ProgressCallable, ProgressReport
from lanet_core.reconstruction.painted_areas import PaintedAreas
from lanet_core.reconstruction.point_lights import PlacedLight
from lanet_core.reconstruction.surface_calibration import Surface, SurfaceMeasurement
from lanet_core.reconstruction.white_level import WhiteLevel


class BandedConverter(ABC):
    """Converts images of one kind with one model.

    Args:
        session: the model, ready to run.
        threads: threads of the pixel work; all cores by default.
    """

    #: Whether the results are environment maps.
    makes_panoramas: bool

    def __init__(self, session: Session, threads: int | None = None) -> None:
        self.session = session
        self._threads = threads

    @abstractmethod
    def _source(self, image: LdrImage, options: ReadingOptions) -> LdrSource:
        """Return the light to convert, or refuse an image of another kind."""

    @abstractmethod
    def _row_weights(self, source: LdrSource) -> np.ndarray:
        """Return how much a pixel of each row counts, (H,) float64."""

    @abstractmethod
    def _reconstruction(self, source: LdrSource, white: WhiteLevel) -> BandReconstruction:
        """Return what is to make the result."""

    @abstractmethod
    def _predict(self, reconstruction: BandReconstruction) -> Prediction:
        """Run the network on what a reconstruction has observed, and give it the prediction."""

    def _painted_areas(self, source: LdrSource) -> PaintedAreas:
        """Return the areas of the image that emit no light; none by default."""
        return PaintedAreas(source.height, source.width)

    def _uncertainty(self, prediction: Prediction, white: WhiteLevel) -> UncertaintyOfBand | None:
        """Return what gives the uncertainty of a band, None if the model does not predict it."""
        return None

    def _maps(self, solved: Solved) -> Mapping[str, np.ndarray]:
        """Return further outputs of the model, by the names of :class:`Conversion`."""
        return {}

    def convert(
        self,
        rgb: np.ndarray,
        *,
        options: ReadingOptions | None = None,
        surface: Surface | None = None,
        progress: ProgressCallable | None = None,
        cancelled: CancelledCallable | None = None,
    ) -> Conversion:
        """Convert an array.

        Args:
            rgb: (H, W, 3), Rec.709 primaries: uint8 or uint16, sRGB-encoded, or float, linear, [0, 1]. A panorama has
                W = 2 H and at least 64x32.
            options: how it is to be understood.
            surface: a surface of known albedo by which the added radiance is scaled, of panoramas.
            progress: called with the share of the work that is done and the stage that begins.
            cancelled: called before each stage and within the long ones.

        Raises:
            InputError: the array's shape, dtype or values are not those of an LDR image of the converter's kind.
            ModelError: the model fails.
            ProviderError: the provider that was requested by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        start = time.perf_counter()
        report = ProgressReport(progress, cancelled)
        options = options or ReadingOptions()
        source = self._source(image_from_array(rgb, extend=options.extend), options)
        solved = self._calibrated(source, self._solve(source, options.white, report), surface, report)
        size = (source.height, source.width)
        uncertainty_of = self._uncertainty(solved.prediction, solved.white)
        hdr = np.empty((*size, 3), dtype=np.float32)
        uncertainty = np.empty(size, dtype=np.float32) if uncertainty_of is not None else None
        summary = ResultSummary(size, self.makes_panoramas)
        for first, band, uncertain in self._bands(source, solved, uncertainty_of, report, "reconstruction"):
            hdr[first : first + len(band)] = band
            if uncertainty is not None:
                uncertainty[first : first + len(band)] = uncertain
            summary.add(band, first)
        report.finished()
        return self._conversion(source, solved, summary, start, source.warnings, hdr=hdr, uncertainty=uncertainty)

    def convert_file(
        self,
        source: str | Path,
        output: str | Path,
        *,
        half: bool = False,
        compression: str = "zip",
        confidence: bool = False,
        options: ReadingOptions | None = None,
        gains: tuple[float, float] | None = None,
        lights: Sequence[PlacedLight] | None = None,
        surface: Surface | None = None,
        progress: ProgressCallable | None = None,
        cancelled: CancelledCallable | None = None,
    ) -> Conversion:
        """Convert an image file to an OpenEXR or Radiance file.

        Args:
            source: an image file: JPEG, PNG, TIFF or another kind that :func:`lanet_core.files.read_ldr` reads.
            output: the file to write, OpenEXR or, if its name ends in ``.hdr``, Radiance; replaced if it exists.
                Nothing is left of it after a failure.
            half: write 16-bit floats instead of 32-bit floats; of OpenEXR.
            compression: one of :data:`lanet_core.files.COMPRESSIONS`; of OpenEXR.
            confidence: also write the channel ``uncertainty``, see :attr:`Conversion.uncertainty`.
            options: how the image is to be understood.
            gains: factors of the predicted diffuse and concentrated radiance, see :mod:`lanet_core.pipeline.sequence`.
            lights: the lights that become discs, see :mod:`lanet_core.pipeline.sequence_lights`; found by default.
            surface: a surface of known albedo by which the added radiance is scaled, of panoramas; see
                :mod:`lanet_core.reconstruction.surface_calibration`.
            progress: called with the share of the work that is done and the stage that begins.
            cancelled: called before each stage and within the long ones.

        Raises:
            InputError: the image cannot be read, or is no LDR image of the converter's kind.
            OutputError: the result cannot be written.
            WrongModelError: ``confidence`` is requested, and the model has none.
            ModelError: the model fails.
            ProviderError: the provider that was requested by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        start = time.perf_counter()
        path, output = Path(source), Path(output)
        report = ProgressReport(progress, cancelled)
        report("reading")
        check_not_the_same_file(path, output)
        if confidence:
            self._check_confidence()
            check_has_channels(output)
        options = options or ReadingOptions()
        source_sha256 = file_sha256(path)
        image = read_ldr(path, extend=options.extend)
        light = self._source(image, options)
        solved = self._calibrated(light, self._solve(light, options.white, report, gains, lights), surface, report)
        uncertainty_of = self._uncertainty(solved.prediction, solved.white) if confidence else None
        report("writing")
        size = (light.height, light.width)
        summary = ResultSummary(size, self.makes_panoramas)
        writing = open_result(
            output,
            size,
            self.session,
            image,
            source_sha256,
            solved.white,
            half=half,
            compression=compression,
            is_panorama=self.makes_panoramas,
            confidence=confidence,
            threads=self._threads,
        )
        with writing as writer:
            for first, band, uncertain in self._bands(light, solved, uncertainty_of, report, "writing"):
                writer.write(band if uncertain is None else np.dstack([band, uncertain]))
                summary.add(band, first)
        report.finished()
        return self._conversion(light, solved, summary, start, (*image.warnings, *light.warnings))

    def _check_confidence(self) -> None:
        if "strength_range" not in self.session.metadata.extra_outputs:
            raise WrongModelError(
                "The model does not predict its uncertainty.",
                path=self.session.path,
                remedy="Omit --confidence, or use a model that predicts it.",
            )

    def _solve(
        self,
        source: LdrSource,
        white: WhiteLevel | None,
        report: ProgressReport,
        gains: tuple[float, float] | None = None,
        placed: Sequence[PlacedLight] | None = None,
    ) -> Solved:
        """Measure the image, run the network, and work out what its prediction means for the image's own pixels."""
        painted = self._painted_areas(source)
        if white is None:
            white = estimate_white(source, painted, self._row_weights(source), self._threads)
        reconstruction = self._reconstruction(source, white)
        bands = source.bands()
        lights = map_in_order(lambda band: painted.neutral(source.linear_rows(*band), band[0]), bands, self._threads)
        for number, ((first, _), ldr_linear) in enumerate(zip(bands, lights, strict=True)):
            if number:
                report("reading", number / len(bands))
            reconstruction.observe(ldr_linear, first)
        report("network")
        start = time.perf_counter()
        prediction = self._predict(reconstruction)
        if gains is not None or placed is not None:
            self._apply_gains(reconstruction, prediction, gains or (1.0, 1.0), placed)
        network_seconds = time.perf_counter() - start
        report("reconstruction")
        completed = None
        if source.measured is not None:

            def predicted(first: int, end: int) -> np.ndarray:
                return reconstruction.band(painted.neutral(source.linear_rows(first, end), first), first)

            completed = source.measured.completed((source.height, source.width), bands, predicted)
        return Solved(reconstruction, prediction, white, network_seconds, painted, completed)

    def _calibrated(self, source: LdrSource, solved: Solved, surface: Surface | None, report: ProgressReport) -> Solved:
        """Return what was solved with the factor that a surface gives to the added radiance."""
        if surface is None:
            return solved
        if not self.makes_panoramas:
            raise ValueError("surfaces are of panoramas")
        measurement = SurfaceMeasurement((source.height, source.width), surface)
        for first, hdr, _ in self._bands(source, solved, None, report, "reconstruction"):
            base = source.linear_rows(first, first + len(hdr))
            measurement.add(base, hdr - base, first)
        return replace(solved, calibration=measurement.solve())

    def _apply_gains(
        self,
        reconstruction: BandReconstruction,
        prediction: Prediction,
        gains: tuple[float, float],
        lights: Sequence[PlacedLight] | None,
    ) -> None:
        """Solve again with scaled radiance and known lights; single images are no frames of a sequence."""
        raise ValueError("gains are of panoramas")

    def _bands(
        self,
        source: LdrSource,
        solved: Solved,
        uncertainty_of: UncertaintyOfBand | None,
        report: ProgressReport,
        stage: str,
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray | None]]:
        """Yield each band's first row, its HDR and, if requested, its uncertainty, from the top."""

        def result(band: tuple[int, int]) -> tuple[np.ndarray, np.ndarray | None]:
            image = source.linear_rows(*band)
            ldr_linear = solved.painted.neutral(image, band[0])
            uncertain = uncertainty_of(ldr_linear, band[0]) if uncertainty_of is not None else None
            if solved.completed is not None:
                hdr = solved.completed.rows(*band)
            else:
                hdr = solved.reconstruction.band(ldr_linear, band[0])
                solved.painted.restore(hdr, image, band[0])
            if solved.added_factor != 1.0:
                hdr = image + np.float32(solved.added_factor) * (hdr - image)
            return hdr, uncertain

        bands = source.bands()
        results = map_in_order(result, bands, self._threads)
        for number, ((first, _), (hdr, uncertain)) in enumerate(zip(bands, results, strict=True)):
            if number:
                report(stage, number / len(bands))
            yield first, hdr, uncertain

    def _conversion(
        self,
        source: LdrSource,
        solved: Solved,
        summary: ResultSummary,
        start: float,
        warnings: tuple[str, ...],
        **arrays: np.ndarray | None,
    ) -> Conversion:
        prediction = solved.prediction
        expected_error_stops = float(np.exp(prediction.log_stops)) if prediction.log_stops is not None else None
        strength_range = prediction.strength_range
        own_warnings = (
            *solved.painted.warnings(),
            *exposure_warnings(solved.reconstruction.overexposed_fraction, summary.peak),
            *confidence_warnings(expected_error_stops),
            *calibration_warnings(solved.calibration),
        )
        return Conversion(
            height=source.height,
            width=source.width,
            clipped_fraction=solved.reconstruction.overexposed_fraction,
            peak_ev=float(np.log2(summary.peak)) if summary.peak > 0.0 else -np.inf,
            provider=self.session.provider,
            network_seconds=solved.network_seconds,
            model_name=self.session.model_name,
            model_sha256=self.session.sha256,
            warnings=(*self.session.warnings, *dict.fromkeys(warnings), *own_warnings),
            expected_error_stops=expected_error_stops,
            strength_range_ev=None if strength_range is None else (float(strength_range[0]), float(strength_range[1])),
            calibration_factor=solved.calibration.factor if solved.calibration is not None else None,
            white_level=solved.white,
            seconds=time.perf_counter() - start,
            light=summary.light.result() if summary.light is not None else None,
            **self._maps(solved),
            **arrays,
        )
