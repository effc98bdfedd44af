"""The one road of the product: an LDR panorama in, a calibrated HDR panorama out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core import colour
from lanet_core.errors import ModelNotFoundError, OutputNotWritableError, WrongModelError
from lanet_core.heading import columns_to_light
from lanet_core.images import open_exr, picture_from_array, read_ldr
from lanet_core.panorama import Panorama, panorama_from_picture
from lanet_core.parallel import map_in_order
from lanet_core.progress import CancelledCallable, ProgressCallable, ProgressReport
from lanet_core.reconstruction import Reconstruction
from lanet_core.session import Session

#: Names a model file, in the place of the one that came with the program.
MODEL_VARIABLE = "LANET_MODEL"
MODEL_FILE = Path("models", "panolanet.onnx")


@dataclass(frozen=True)
class Conversion:
    """What a conversion found and made.

    Attributes:
        height: rows of the result.
        width: its columns.
        clipped_fraction: the share of the sphere's solid angle that is over-exposed in the LDR, [0, 1].
        peak_ev: the brightest pixel's luminance in stops above LDR white; -inf for a black picture.
        provider: the execution provider that ran.
        network_seconds: wall-clock seconds that the network took.
        model_name: name and version of the model.
        model_sha256: SHA-256 of the model's file, hexadecimal.
        warnings: what a person should know, one sentence each.
        hdr: (H, W, 3) float32, linear Rec.709, 1 = LDR white; None where the result is a file, which never lies in
            memory as a whole.
    """

    height: int
    width: int
    clipped_fraction: float
    peak_ev: float
    provider: str
    network_seconds: float
    model_name: str
    model_sha256: str
    warnings: tuple[str, ...] = ()
    hdr: np.ndarray | None = None


@dataclass(frozen=True)
class _Solved:
    reconstruction: Reconstruction
    network_seconds: float


class Converter:
    """Converts panoramas with one model; made by :func:`load_converter`.

    Args:
        session: the model, ready to run.
        threads: how many work on the pixels beside it; all cores by default.

    Raises:
        WrongModelError: the model was made for single pictures, not for panoramas.
    """

    def __init__(self, session: Session, threads: int | None = None) -> None:
        metadata = session.metadata
        if metadata.input_width != 2 * metadata.input_height:
            raise WrongModelError(
                f"The model takes pictures of {metadata.input_width}x{metadata.input_height}, not panoramas.",
                path=session.path,
                remedy="Give a model that was trained on panoramas.",
            )
        self.session = session
        self._threads = threads

    def convert(
        self,
        rgb: np.ndarray,
        *,
        progress: ProgressCallable | None = None,
        cancelled: CancelledCallable | None = None,
    ) -> Conversion:
        """Convert an array.

        Args:
            rgb: (H, W, 3) with W = 2 H, at least 64x32, Rec.709 primaries: uint8 or uint16, sRGB-encoded, or float,
                linear, [0, 1].
            progress: told the share of the work that is done and the stage that begins.
            cancelled: asked before each stage and within the long ones.

        Raises:
            InputError: the array's shape, dtype or values are not those of an LDR panorama.
            ModelError: the model fails.
            ProviderError: the provider that was asked for by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        report = ProgressReport(progress, cancelled)
        panorama = panorama_from_picture(picture_from_array(rgb))
        solved = self._solve(panorama, report)
        hdr = np.empty((panorama.height, panorama.width, 3), dtype=np.float32)
        peak = 0.0
        for first, strip in self._hdr_strips(panorama, solved, report, "reconstruction"):
            hdr[first : first + len(strip)] = strip
            peak = _brighter(peak, strip)
        report.finished()
        return self._conversion(panorama, solved, peak, panorama.warnings, hdr)

    def convert_file(
        self,
        source: str | Path,
        output: str | Path,
        *,
        half: bool = False,
        progress: ProgressCallable | None = None,
        cancelled: CancelledCallable | None = None,
    ) -> Conversion:
        """Convert a picture file to an OpenEXR file.

        Args:
            source: a picture file: JPEG, PNG, TIFF or another kind that :func:`lanet_core.images.read_ldr` reads.
            output: the OpenEXR file to write; replaced if it exists. Nothing is left of it after a failure.
            half: write 16-bit floats instead of 32-bit floats.
            progress: told the share of the work that is done and the stage that begins.
            cancelled: asked before each stage and within the long ones.

        Raises:
            InputError: the picture cannot be read or is no LDR panorama.
            OutputError: the result cannot be written.
            ModelError: the model fails.
            ProviderError: the provider that was asked for by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        source, output = Path(source), Path(output)
        report = ProgressReport(progress, cancelled)
        report("reading")
        _check_not_the_same_file(source, output)
        picture = read_ldr(source)
        panorama = panorama_from_picture(picture)
        solved = self._solve(panorama, report)
        report("writing")
        peak = 0.0
        with open_exr(
            output,
            (panorama.height, panorama.width),
            model_name=self._model_name,
            model_sha256=self.session.sha256,
            half=half,
            pose_heading_deg=picture.gpano.pose_heading_deg if picture.gpano is not None else None,
            threads=self._threads,
        ) as writer:
            for _, strip in self._hdr_strips(panorama, solved, report, "writing"):
                writer.write(strip)
                peak = _brighter(peak, strip)
        report.finished()
        return self._conversion(panorama, solved, peak, (*picture.warnings, *panorama.warnings))

    def _solve(self, panorama: Panorama, report: ProgressReport) -> _Solved:
        """Show the panorama to the network and work out what its answer means for the panorama's own pixels."""
        metadata = self.session.metadata
        reconstruction = Reconstruction(panorama.height, panorama.width, metadata.input_height)
        strips = panorama.strips()
        lights = map_in_order(lambda strip: panorama.linear_rows(*strip), strips, self._threads)
        for number, ((first, _), ldr_linear) in enumerate(zip(strips, lights, strict=True)):
            if number:
                report("reading", number / len(strips))
            reconstruction.observe(ldr_linear, first)
        report("network")
        network_input = reconstruction.network_input()
        turn = columns_to_light(network_input)
        start = time.perf_counter()
        log_hdr = self.session.run(np.roll(network_input, turn, axis=1)).log_hdr
        network_seconds = time.perf_counter() - start
        report("reconstruction")
        reconstruction.solve(np.roll(log_hdr, -turn, axis=1))
        return _Solved(reconstruction, network_seconds)

    def _hdr_strips(
        self, panorama: Panorama, solved: _Solved, report: ProgressReport, stage: str
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each strip's first row and its HDR, from the top."""

        def hdr_strip(strip: tuple[int, int]) -> np.ndarray:
            return solved.reconstruction.strip(panorama.linear_rows(*strip), strip[0])

        strips = panorama.strips()
        hdr_strips = map_in_order(hdr_strip, strips, self._threads)
        for number, ((first, _), hdr) in enumerate(zip(strips, hdr_strips, strict=True)):
            if number:
                report(stage, number / len(strips))
            yield first, hdr

    def _conversion(
        self,
        panorama: Panorama,
        solved: _Solved,
        peak: float,
        warnings: tuple[str, ...],
        hdr: np.ndarray | None = None,
    ) -> Conversion:
        exposure_warnings = _exposure_warnings(solved.reconstruction)
        return Conversion(
            height=panorama.height,
            width=panorama.width,
            clipped_fraction=solved.reconstruction.overexposed_fraction,
            peak_ev=float(np.log2(peak)) if peak > 0.0 else -np.inf,
            provider=self.session.provider,
            network_seconds=solved.network_seconds,
            model_name=self._model_name,
            model_sha256=self.session.sha256,
            warnings=(*self.session.warnings, *dict.fromkeys(warnings), *exposure_warnings),
            hdr=hdr,
        )

    @property
    def _model_name(self) -> str:
        return f"{self.session.metadata.name} {self.session.metadata.version}"


def load_converter(model: str | Path | None = None, provider: str = "auto", threads: int | None = None) -> Converter:
    """Load a model and return its converter.

    Args:
        model: an ONNX file that ``lanet export`` wrote; by default see :func:`find_model`.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.

    Raises:
        ModelError: there is no model, or it cannot be loaded.
        ProviderError: the provider asked for cannot run here.
    """
    return Converter(Session(find_model(model), provider, threads), threads)


def find_model(model: str | Path | None = None) -> Path:
    """Return the model file to use.

    In this order: the one given; the one named by the environment variable ``LANET_MODEL``; ``models/panolanet.onnx``
    inside this package (a wheel, or the package inside a Blender extension); the same beside the package (a
    checkout of the repository).

    Args:
        model: the caller's wish, taken as it is.

    Raises:
        ModelNotFoundError: no wish was given and none of the other places has a model.
    """
    wish = model or os.environ.get(MODEL_VARIABLE)
    if wish:
        return Path(wish)
    package = Path(__file__).resolve().parent
    places = [package / MODEL_FILE, package.parent / MODEL_FILE]
    for place in places:
        if place.is_file():
            return place
    raise ModelNotFoundError(
        "The model that comes with the program is missing here.",
        path=places[-1],
        remedy=f"Put it there, give --model, or set the environment variable {MODEL_VARIABLE}.",
    )


def _brighter(peak: float, hdr: np.ndarray) -> float:
    """Return the greatest luminance of a strip and what was known before, which no pixel's channels pass if it is."""
    return max(peak, float(colour.luminance(hdr).max())) if hdr.max() > peak else peak


def _exposure_warnings(reconstruction: Reconstruction) -> tuple[str, ...]:
    if reconstruction.overexposed_fraction >= 1.0 - 1e-6:
        return ("Every pixel is over-exposed: the result is a guess.",)
    if not reconstruction.network_input().any():
        return ("The picture is black: there is no light in it.",)
    if reconstruction.overexposed_fraction == 0.0:
        return ("Nothing in the picture is over-exposed: the result is the picture itself.",)
    return ()


def _check_not_the_same_file(source: Path, output: Path) -> None:
    if source.exists() and output.exists() and source.samefile(output):
        raise OutputNotWritableError(
            "This is the picture to convert, which is never overwritten.", path=output, remedy="Name another file."
        )
