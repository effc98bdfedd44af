"""The one road of the product, strip by strip: an LDR picture in, a calibrated HDR picture out.

What a panorama and a single picture have in common; :mod:`.panorama_converter` and :mod:`.image_converter`
say in what they differ.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from lanet_core import colour
from lanet_core.errors import OutputError, OutputNotWritableError, WrongModelError
from lanet_core.files import (
    SOURCE_SHA256_ATTRIBUTE,
    Picture,
    file_sha256,
    open_exr,
    open_radiance,
    picture_from_array,
    read_ldr,
)
from lanet_core.inference.session import Prediction, Session
from lanet_core.parallel import map_in_order
from lanet_core.pipeline.exposure import estimate_white
from lanet_core.pipeline.main_light import MainLightFinder
from lanet_core.pipeline.reading_options import ReadingOptions
from lanet_core.pipeline.result import Conversion, confidence_warnings
from lanet_core.progress import CancelledCallable, ProgressCallable, ProgressReport
from lanet_core.reconstruction.measured_light import CompletedLight, MeasuredLight
from lanet_core.reconstruction.painted_areas import PaintedAreas
from lanet_core.reconstruction.point_lights import PlacedLight
from lanet_core.reconstruction.surface_calibration import Surface, SurfaceFactor, SurfaceMeasurement
from lanet_core.reconstruction.white_level import WhiteLevel

#: The EXR attribute with the estimated white level, such as ``0.86 0.83 0.71, soft shoulder``.
WHITE_LEVEL_ATTRIBUTE = "lanetWhiteLevel"
#: The EXR channel that says how uncertain each pixel is. A name without a dot: see :func:`lanet_core.files.open_exr`.
UNCERTAINTY_CHANNEL = "uncertainty"


class LdrSource(Protocol):
    """A picture whose light is made strip by strip."""

    @property
    def height(self) -> int:
        """Rows."""
        ...

    @property
    def width(self) -> int:
        """Columns."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know about how the image was read, one sentence each."""
        ...

    @property
    def measured(self) -> MeasuredLight | None:
        """Light above white that was measured, None where there is none."""
        ...

    def linear_rows(self, first: int, end: int, /) -> np.ndarray:
        """Return the light of some rows: (n, W, 3) float32, linear Rec.709, [0, 1]; called from several threads."""
        ...

    def strips(self) -> list[tuple[int, int]]:
        """Return where each of the strips begins and ends in which the picture is best worked on."""
        ...


class BandReconstruction(Protocol):
    """Makes HDR bands of LDR bands, once it has observed them all and the network's prediction is known."""

    @property
    def overexposed_fraction(self) -> float:
        """The share of the image's area that is over-exposed, [0, 1], once every band has been observed."""
        ...

    def observe(self, ldr_linear_band: np.ndarray, first_row: int, /) -> None:
        """Measure a band of the image; every row is to be observed once."""

    def band(self, ldr_linear_band: np.ndarray, first_row: int, /) -> np.ndarray:
        """Return the HDR band for a band of the image."""
        ...


#: Returns the (n, W) expected error in stops for a band of the image and its first row.
UncertaintyOfStrip = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Solved:
    """An image for which the network has run.

    Attributes:
        reconstruction: ready to make the result.
        prediction: the network's.
        white: the image's white level.
        network_seconds: how long the network took.
        painted: areas of the image that emit no light.
        completed: gives the result where light above white was measured; None where it was not.
        calibration: the factor of the added radiance that a surface has given; None if none was asked for.
    """

    reconstruction: BandReconstruction
    prediction: Prediction
    white: WhiteLevel
    network_seconds: float
    painted: PaintedAreas
    completed: CompletedLight | None = None
    calibration: SurfaceFactor | None = None

    @property
    def added_factor(self) -> float:
        """Factor of the added radiance."""
        return self.calibration.factor if self.calibration is not None and self.calibration.factor else 1.0


class StripConverter(ABC):
    """Converts pictures of one kind with one model.

    Args:
        session: the model, ready to run.
        threads: how many work on the pixels beside it; all cores by default.
    """

    #: Whether the results are environment maps.
    makes_panoramas: bool

    def __init__(self, session: Session, threads: int | None = None) -> None:
        self.session = session
        self._threads = threads

    @abstractmethod
    def _source(self, picture: Picture, options: ReadingOptions) -> LdrSource:
        """Return the light to convert, or refuse a picture of another kind."""

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

    def _uncertainty(self, prediction: Prediction, white: WhiteLevel) -> UncertaintyOfStrip | None:
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
            progress: told the share of the work that is done and the stage that begins.
            cancelled: asked before each stage and within the long ones.

        Raises:
            InputError: the array's shape, dtype or values are not those of an LDR picture of the converter's kind.
            ModelError: the model fails.
            ProviderError: the provider that was asked for by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        start = time.perf_counter()
        report = ProgressReport(progress, cancelled)
        options = options or ReadingOptions()
        source = self._source(picture_from_array(rgb, extend=options.extend), options)
        solved = self._calibrated(source, self._solve(source, options.white, report), surface, report)
        size = (source.height, source.width)
        uncertainty_of = self._uncertainty(solved.prediction, solved.white)
        hdr = np.empty((*size, 3), dtype=np.float32)
        uncertainty = np.empty(size, dtype=np.float32) if uncertainty_of is not None else None
        summary = _Summary(size, self.makes_panoramas)
        for first, strip, uncertain in self._strips(source, solved, uncertainty_of, report, "reconstruction"):
            hdr[first : first + len(strip)] = strip
            if uncertainty is not None:
                uncertainty[first : first + len(strip)] = uncertain
            summary.add(strip, first)
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
        """Convert a picture file to an OpenEXR or Radiance file.

        Args:
            source: a picture file: JPEG, PNG, TIFF or another kind that :func:`lanet_core.files.read_ldr` reads.
            output: the file to write, OpenEXR or, if its name ends in ``.hdr``, Radiance; replaced if it exists.
                Nothing is left of it after a failure.
            half: write 16-bit floats instead of 32-bit floats; of OpenEXR.
            compression: one of :data:`lanet_core.files.COMPRESSIONS`; of OpenEXR.
            confidence: also write the channel ``uncertainty``, see :attr:`Conversion.uncertainty`.
            options: how the picture is to be understood.
            gains: factors of the predicted diffuse and concentrated radiance, see :mod:`lanet_core.pipeline.sequence`.
            lights: the lights that become discs, see :mod:`lanet_core.pipeline.sequence_lights`; found by default.
            surface: a surface of known albedo by which the added radiance is scaled, of panoramas; see
                :mod:`lanet_core.reconstruction.surface_calibration`.
            progress: told the share of the work that is done and the stage that begins.
            cancelled: asked before each stage and within the long ones.

        Raises:
            InputError: the picture cannot be read, or is no LDR picture of the converter's kind.
            OutputError: the result cannot be written.
            WrongModelError: ``confidence`` is asked for, and the model has none.
            ModelError: the model fails.
            ProviderError: the provider that was asked for by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        start = time.perf_counter()
        path, output = Path(source), Path(output)
        report = ProgressReport(progress, cancelled)
        report("reading")
        _check_not_the_same_file(path, output)
        if confidence:
            self._check_confidence()
            _check_has_channels(output)
        options = options or ReadingOptions()
        source_sha256 = file_sha256(path)
        picture = read_ldr(path, extend=options.extend)
        light = self._source(picture, options)
        solved = self._calibrated(light, self._solve(light, options.white, report, gains, lights), surface, report)
        uncertainty_of = self._uncertainty(solved.prediction, solved.white) if confidence else None
        report("writing")
        size = (light.height, light.width)
        summary = _Summary(size, self.makes_panoramas)
        facts = {SOURCE_SHA256_ATTRIBUTE: source_sha256, WHITE_LEVEL_ATTRIBUTE: str(solved.white)}
        if is_radiance(output):
            model = {"lanetModel": self._model_name, "lanetModelSha256": self.session.sha256}
            writing = open_radiance(output, size, {"SOFTWARE": "lanet", **model, **facts})
        else:
            writing = open_exr(
                output,
                size,
                model_name=self._model_name,
                model_sha256=self.session.sha256,
                half=half,
                compression=compression,
                is_panorama=self.makes_panoramas,
                further_channels=(UNCERTAINTY_CHANNEL,) if confidence else (),
                pose_heading_deg=picture.gpano.pose_heading_deg if picture.gpano is not None else None,
                attributes=facts,
                threads=self._threads,
            )
        with writing as writer:
            for first, strip, uncertain in self._strips(light, solved, uncertainty_of, report, "writing"):
                writer.write(strip if uncertain is None else np.dstack([strip, uncertain]))
                summary.add(strip, first)
        report.finished()
        return self._conversion(light, solved, summary, start, (*picture.warnings, *light.warnings))

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
        strips = source.strips()
        lights = map_in_order(
            lambda strip: painted.neutral(source.linear_rows(*strip), strip[0]), strips, self._threads
        )
        for number, ((first, _), ldr_linear) in enumerate(zip(strips, lights, strict=True)):
            if number:
                report("reading", number / len(strips))
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

            completed = source.measured.completed((source.height, source.width), strips, predicted)
        return Solved(reconstruction, prediction, white, network_seconds, painted, completed)

    def _calibrated(self, source: LdrSource, solved: Solved, surface: Surface | None, report: ProgressReport) -> Solved:
        """Return what was solved with the factor that a surface gives to the added radiance."""
        if surface is None:
            return solved
        if not self.makes_panoramas:
            raise ValueError("surfaces are of panoramas")
        measurement = SurfaceMeasurement((source.height, source.width), surface)
        for first, hdr, _ in self._strips(source, solved, None, report, "reconstruction"):
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

    def _strips(
        self,
        source: LdrSource,
        solved: Solved,
        uncertainty_of: UncertaintyOfStrip | None,
        report: ProgressReport,
        stage: str,
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray | None]]:
        """Yield each strip's first row, its HDR and, if asked for, its uncertainty, from the top."""

        def result(strip: tuple[int, int]) -> tuple[np.ndarray, np.ndarray | None]:
            image = source.linear_rows(*strip)
            ldr_linear = solved.painted.neutral(image, strip[0])
            uncertain = uncertainty_of(ldr_linear, strip[0]) if uncertainty_of is not None else None
            if solved.completed is not None:
                hdr = solved.completed.rows(*strip)
            else:
                hdr = solved.reconstruction.band(ldr_linear, strip[0])
                solved.painted.restore(hdr, image, strip[0])
            if solved.added_factor != 1.0:
                hdr = image + np.float32(solved.added_factor) * (hdr - image)
            return hdr, uncertain

        strips = source.strips()
        results = map_in_order(result, strips, self._threads)
        for number, ((first, _), (hdr, uncertain)) in enumerate(zip(strips, results, strict=True)):
            if number:
                report(stage, number / len(strips))
            yield first, hdr, uncertain

    def _conversion(
        self,
        source: LdrSource,
        solved: Solved,
        summary: _Summary,
        start: float,
        warnings: tuple[str, ...],
        **arrays: np.ndarray | None,
    ) -> Conversion:
        prediction = solved.prediction
        expected_error_stops = float(np.exp(prediction.log_stops)) if prediction.log_stops is not None else None
        strength_range = prediction.strength_range
        own_warnings = (
            *solved.painted.warnings(),
            *_exposure_warnings(solved.reconstruction.overexposed_fraction, summary.peak),
            *confidence_warnings(expected_error_stops),
            *_calibration_warnings(solved.calibration),
        )
        return Conversion(
            height=source.height,
            width=source.width,
            clipped_fraction=solved.reconstruction.overexposed_fraction,
            peak_ev=float(np.log2(summary.peak)) if summary.peak > 0.0 else -np.inf,
            provider=self.session.provider,
            network_seconds=solved.network_seconds,
            model_name=self._model_name,
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

    @property
    def _model_name(self) -> str:
        return f"{self.session.metadata.name} {self.session.metadata.version}"


class _Summary:
    """What is found of a result while it is made band by band: its peak luminance and its main light."""

    def __init__(self, size: tuple[int, int], is_panorama: bool) -> None:
        self.peak = 0.0
        self.light = MainLightFinder(size) if is_panorama else None

    def add(self, hdr: np.ndarray, first_row: int) -> None:
        """Take note of a band."""
        if hdr.max() > self.peak:  # no pixel's luminance exceeds its largest channel
            self.peak = max(self.peak, float(colour.luminance(hdr).max()))
        if self.light is not None:
            self.light.add(hdr, first_row)


def _exposure_warnings(overexposed_fraction: float, peak: float) -> tuple[str, ...]:
    if overexposed_fraction >= 1.0 - 1e-6:
        return ("Every pixel is over-exposed: the result is a guess.",)
    if peak == 0.0:
        return ("The image is black: it contains no light.",)
    if overexposed_fraction == 0.0:
        return ("Nothing in the image is over-exposed: the result is the image itself.",)
    return ()


def _calibration_warnings(calibration: SurfaceFactor | None) -> tuple[str, ...]:
    if calibration is None or not calibration.problem:
        return ()
    return (f"{calibration.problem} The light was left as predicted.",)


def is_radiance(output: Path) -> bool:
    """Return whether a result's name is that of a Radiance file."""
    return output.suffix.lower() == ".hdr"


def _check_has_channels(output: Path) -> None:
    if is_radiance(output):
        raise OutputError("A Radiance file cannot contain the uncertainty.", path=output, remedy="Name an .exr file.")


def _check_not_the_same_file(source: Path, output: Path) -> None:
    # Not Path.exists, which raises of a name that is too long.
    if os.path.exists(source) and os.path.exists(output) and source.samefile(output):  # noqa: PTH110
        raise OutputNotWritableError(
            "This is the input image, which is never overwritten.", path=output, remedy="Name another file."
        )
