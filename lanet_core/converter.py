"""The one road of the product: an LDR panorama in, a calibrated HDR panorama out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanet_core import calibration, colour, sphere
from lanet_core.errors import (
    AlreadyHdrError,
    ConversionCancelled,
    InvalidPixelsError,
    ModelNotFoundError,
    OutputNotWritableError,
    UnsupportedColourModelError,
    UnsupportedFormatError,
    WrongModelError,
)
from lanet_core.heading import columns_to_light
from lanet_core.images import Picture, read_ldr, write_exr
from lanet_core.images.colour_encoding import SRGB, linearise
from lanet_core.panorama import panorama_from_picture
from lanet_core.reconstruction import reconstruct
from lanet_core.session import Session

#: Names a model file, in the place of the one that came with the program.
MODEL_VARIABLE = "LANET_MODEL"
MODEL_FILE = Path("models", "panolanet.onnx")

#: Told how far a conversion is, [0, 1], and the name of the stage that begins.
ProgressCallable = Callable[[float, str], None]
#: Asked between the stages whether to stop.
CancelledCallable = Callable[[], bool]

_STAGES = {"reading": 0.0, "network": 0.15, "reconstruction": 0.7, "writing": 0.85, "done": 1.0}


@dataclass(frozen=True)
class Conversion:
    """What a conversion found and made.

    Attributes:
        hdr: (H, W, 3) float32, linear Rec.709, 1 = LDR white.
        clipped_fraction: the share of the sphere's solid angle that is over-exposed in the LDR, [0, 1].
        peak_ev: the brightest pixel's luminance in stops above LDR white; -inf for a black picture.
        provider: the execution provider that ran.
        network_seconds: wall-clock seconds that the network took.
        model_name: name and version of the model.
        model_sha256: SHA-256 of the model's file, hexadecimal.
        warnings: what a person should know, one sentence each.
    """

    hdr: np.ndarray
    clipped_fraction: float
    peak_ev: float
    provider: str
    network_seconds: float
    model_name: str
    model_sha256: str
    warnings: tuple[str, ...] = ()


class Converter:
    """Converts panoramas with one model; made by :func:`load_converter`.

    Args:
        session: the model, ready to run.

    Raises:
        WrongModelError: the model was made for single pictures, not for panoramas.
    """

    def __init__(self, session: Session) -> None:
        metadata = session.metadata
        if metadata.input_width != 2 * metadata.input_height:
            raise WrongModelError(
                f"The model takes pictures of {metadata.input_width}x{metadata.input_height}, not panoramas.",
                path=session.path,
                remedy="Give a model that was trained on panoramas.",
            )
        self.session = session

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
            cancelled: asked before each stage.

        Raises:
            InputError: the array's shape, dtype or values are not those of an LDR panorama.
            ModelError: the model fails.
            ProviderError: the provider that was asked for by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        begin = _stage_reporter(progress, cancelled)
        panorama = panorama_from_picture(Picture(linear_light(rgb)))
        conversion = self._convert(panorama.rgb_linear, panorama.warnings, begin)
        begin("done")
        return conversion

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
            cancelled: asked before each stage.

        Raises:
            InputError: the picture cannot be read or is no LDR panorama.
            OutputError: the result cannot be written.
            ModelError: the model fails.
            ProviderError: the provider that was asked for by name fails.
            ConversionCancelled: ``cancelled`` returned true.
        """
        source, output = Path(source), Path(output)
        begin = _stage_reporter(progress, cancelled)
        begin("reading")
        _check_not_the_same_file(source, output)
        picture = read_ldr(source)
        panorama = panorama_from_picture(picture)
        warnings = (*picture.warnings, *panorama.warnings)
        conversion = self._convert(panorama.rgb_linear, warnings, begin)
        begin("writing")
        write_exr(
            output,
            conversion.hdr,
            model_name=conversion.model_name,
            model_sha256=conversion.model_sha256,
            half=half,
            pose_heading_deg=picture.gpano.pose_heading_deg if picture.gpano is not None else None,
        )
        _stage_reporter(progress, None)("done")  # too late to cancel: the file is there
        return conversion

    def _convert(self, ldr_linear: np.ndarray, warnings: tuple[str, ...], begin: Callable[[str], None]) -> Conversion:
        begin("network")
        metadata = self.session.metadata
        network_input = _resized(ldr_linear, metadata.input_height, metadata.input_width)
        turn = columns_to_light(network_input)
        start = time.perf_counter()
        log_hdr = self.session.run(np.roll(network_input, turn, axis=1))
        network_seconds = time.perf_counter() - start
        log_hdr = np.roll(log_hdr, -turn, axis=1)
        begin("reconstruction")
        hdr = reconstruct(ldr_linear, log_hdr)
        overexposed = calibration.overexposure_ramp(ldr_linear) > 0.0
        peak = float(colour.luminance(hdr).max())
        return Conversion(
            hdr=hdr,
            clipped_fraction=float(sphere.sphere_mean(overexposed)),
            peak_ev=float(np.log2(peak)) if peak > 0.0 else -np.inf,
            provider=self.session.provider,
            network_seconds=network_seconds,
            model_name=f"{metadata.name} {metadata.version}",
            model_sha256=self.session.sha256,
            warnings=(*self.session.warnings, *dict.fromkeys(warnings), *_exposure_warnings(ldr_linear, overexposed)),
        )


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
    return Converter(Session(find_model(model), provider, threads))


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


def linear_light(rgb: np.ndarray) -> np.ndarray:
    """Return an array of LDR pixels as linear light, or say what is wrong with it.

    Args:
        rgb: (H, W, 3), Rec.709 primaries: uint8 or uint16, sRGB-encoded, or float, linear, [0, 1].

    Returns:
        (H, W, 3) float32, linear Rec.709, [0, 1].

    Raises:
        UnsupportedColourModelError: the array is not (H, W, 3).
        UnsupportedFormatError: its dtype is another.
        InvalidPixelsError: it is empty, or holds NaN, infinite or negative values.
        AlreadyHdrError: it holds values above 1.
    """
    rgb = np.asarray(rgb)
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise UnsupportedColourModelError(f"The array is {rgb.shape}, not (H, W, 3).", remedy="Give RGB.")
    if rgb.size == 0:
        raise InvalidPixelsError("The array holds no pixels.", remedy="Give a panorama.")
    if rgb.dtype in (np.uint8, np.uint16):
        return linearise(rgb, SRGB)
    if rgb.dtype.kind != "f":
        raise UnsupportedFormatError(f"The array is of {rgb.dtype}.", remedy="Give uint8, uint16 or float32.")
    return _checked_values(rgb.astype(np.float32, copy=False))


def _checked_values(rgb_linear: np.ndarray) -> np.ndarray:
    lowest, highest = rgb_linear.min(), rgb_linear.max()
    if not (np.isfinite(lowest) and np.isfinite(highest)) or lowest < 0.0:
        raise InvalidPixelsError(
            "The array holds negative, NaN or infinite values.", remedy="Give linear light within [0, 1]."
        )
    if highest > 1.0:
        raise AlreadyHdrError(
            f"The array holds values up to {highest:g}: it is HDR already.", remedy="Use it as it is."
        )
    return rgb_linear


def _resized(ldr_linear: np.ndarray, height: int, width: int) -> np.ndarray:
    if ldr_linear.shape[0] < height:
        return sphere.upsample_bilinear(ldr_linear, height, width)
    return sphere.downsample(ldr_linear, height, width)


def _exposure_warnings(ldr_linear: np.ndarray, overexposed: np.ndarray) -> tuple[str, ...]:
    if overexposed.all():
        return ("Every pixel is over-exposed: the result is a guess.",)
    if not ldr_linear.any():
        return ("The picture is black: there is no light in it.",)
    if not overexposed.any():
        return ("Nothing in the picture is over-exposed: the result is the picture itself.",)
    return ()


def _check_not_the_same_file(source: Path, output: Path) -> None:
    if source.exists() and output.exists() and source.samefile(output):
        raise OutputNotWritableError(
            "This is the picture to convert, which is never overwritten.", path=output, remedy="Name another file."
        )


def _stage_reporter(progress: ProgressCallable | None, cancelled: CancelledCallable | None) -> Callable[[str], None]:
    """Return what each stage calls as it begins: stops the work if the caller wishes so, else reports it."""

    def begin(stage: str) -> None:
        if cancelled is not None and cancelled():
            raise ConversionCancelled("The conversion was cancelled.")
        if progress is not None:
            progress(_STAGES[stage], stage)

    return begin
