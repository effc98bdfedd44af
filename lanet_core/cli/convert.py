"""``lanet convert``: panoramas in, OpenEXR environment maps out; with ``--image``, any picture in, its HDR out."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import os
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from lanet_core.cli.destinations import inputs_of, is_folder, make_folder, plan
from lanet_core.cli.model_arguments import add_model_arguments
from lanet_core.cli.overlap import PixelBudget, overlapped
from lanet_core.cli.reading_arguments import add_reading_arguments, reading_options
from lanet_core.cli.streams import print_message, print_result
from lanet_core.cli.surface_arguments import add_surface_arguments, surface_of
from lanet_core.errors import (
    InputError,
    InputNotFoundError,
    LanetError,
    OutputError,
    ProviderError,
    WrongModelError,
    printable,
    unexpected,
)
from lanet_core.pipeline.json_record import conversion_record, error_facts, line_of

if TYPE_CHECKING:
    from lanet_core.pipeline.banded_converter import StripConverter
    from lanet_core.pipeline.reading_options import ReadingOptions
    from lanet_core.pipeline.result import Conversion
    from lanet_core.pipeline.sequence import FrameLight
    from lanet_core.reconstruction.point_lights import PlacedLight
    from lanet_core.reconstruction.white_level import WhiteLevel

NAME = "convert"
HELP = "convert LDR panoramas to HDR environment maps, or photographs to HDR images"

#: The value of --preview without a path; no path is empty.
_BESIDE = ""
#: Ends the name of a preview that the user has not named, so that it takes no picture's place.
_LABEL = "-preview"
#: What the names of the maps end in.
_MAP_LABELS = ("-attention", "-segmentation")

#: Frames of a sequence at which its white level is estimated.
_WHITE_LEVEL_FRAMES = 8

EXIT_SOME_FAILED = 1
EXIT_FAILURE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "inputs", nargs="+", metavar="IMAGE", help="panorama: JPEG, PNG, TIFF, WebP and others, see docs/formats.md"
    )
    parser.add_argument(
        "--image",
        action="store_true",
        help="convert photographs, backplates or textures of any size instead of panoramas",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="PATH",
        help="an .exr or .hdr file; or a folder, if the name ends in /, if the folder exists, or for several images",
    )
    parser.add_argument(
        "--format",
        choices=("exr", "hdr"),
        default="exr",
        help="format of the results in a folder: OpenEXR or Radiance (default: %(default)s)",
    )
    parser.add_argument(
        "--half", action="store_true", help="write 16-bit floats: half the file size, values up to 65504"
    )
    parser.add_argument(
        "--compression",
        choices=("zip", "piz", "dwab"),
        default="zip",
        help="OpenEXR compression: zip and piz are lossless; dwab is lossy, the smallest, and implies --half "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace existing results in a folder (a single file named by -o is always replaced)",
    )
    parser.add_argument(
        "--preview",
        nargs="?",
        const=_BESIDE,
        metavar="PATH",
        help="also write a before/after image: a .png file or a folder (default: next to the result)",
    )
    parser.add_argument(
        "--maps",
        action="store_true",
        help="with --image, also write the attention and the luminance classes of the network as .png files",
    )
    parser.add_argument(
        "--confidence",
        action="store_true",
        help="also write the predicted uncertainty of each pixel, in stops, as the EXR channel uncertainty",
    )
    parser.add_argument(
        "--sequence",
        action="store_true",
        help="the images are the frames of one video or time-lapse, in the order given: one white level for all, and "
        "the strength of the light smoothed over time",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per file, see docs/json.md")
    add_reading_arguments(parser)
    add_surface_arguments(parser)
    add_model_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Convert all pictures and return the exit status."""
    _check_combination(arguments)
    inputs = inputs_of(arguments.inputs)
    jobs = _jobs(inputs, arguments)
    made = [folder for folder in sorted({folder for job in jobs for folder in job.folders}) if make_folder(folder)]
    load = _Loaded(lambda: _load_converter(arguments))
    try:
        outcomes = _convert_all(jobs, load, arguments)
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # it is not empty, as it should be
                folder.rmdir()
    if len(outcomes) > 1 and not arguments.json:
        counts = {status: sum(o.status == status for o in outcomes) for status in ("converted", "skipped", "failed")}
        print_result(", ".join(f"{count} {status}" for status, count in counts.items() if count))
    failed = [outcome.status == "failed" for outcome in outcomes]
    return (EXIT_FAILURE if all(failed) else EXIT_SOME_FAILED) if any(failed) else 0


def _check_combination(arguments: argparse.Namespace) -> None:
    if arguments.maps and not arguments.image:
        raise LanetError("--maps requires --image.", remedy="Add --image, or omit --maps.")
    if arguments.sequence and arguments.image:
        raise LanetError("--sequence requires panoramas.", remedy="Omit --sequence, or omit --image.")
    if arguments.albedo is not None and (arguments.image or arguments.sequence):
        raise LanetError("--albedo requires single panoramas.", remedy="Omit --albedo, or omit --image and --sequence.")
    if arguments.albedo is None and (arguments.albedo_at is not None or arguments.albedo_facing != "auto"):
        raise LanetError("--albedo-at and --albedo-facing require --albedo.", remedy="Add --albedo VALUE.")
    surface_of(arguments)
    is_hdr = _suffix(arguments) == ".hdr"
    if is_hdr and (arguments.half or arguments.confidence or arguments.compression != "zip"):
        raise LanetError(
            "Radiance files do not support --half, --compression and --confidence.",
            remedy="Omit these options, or write .exr files.",
        )
    if arguments.preview is not None and arguments.image:
        raise LanetError("--preview requires a panorama.", remedy="Omit --preview, or omit --image.")


def _load_converter(arguments: argparse.Namespace) -> StripConverter:
    options = (arguments.model, arguments.provider, arguments.threads)
    # Slow to import: not for --help, nor for a bad command line.
    if not arguments.image:
        from lanet_core.pipeline.panorama_converter import load_converter

        return load_converter(*options)
    from lanet_core.pipeline.image_converter import load_image_converter

    converter = load_image_converter(*options)
    if arguments.maps and not converter.has_maps:
        raise WrongModelError(
            "The model does not output attention and luminance classes.",
            path=converter.session.path,
            remedy="Omit --maps, or choose a LANet model.",
        )
    return converter


class _Loaded:
    """The converter, loaded by the first file that needs it."""

    def __init__(self, load: Callable[[], StripConverter]) -> None:
        self._load, self._lock = load, threading.Lock()
        self.converter: StripConverter | None = None

    def __call__(self) -> StripConverter:
        with self._lock:
            if self.converter is None:
                self.converter = self._load()
            return self.converter


@dataclass(frozen=True)
class Job:
    """One picture's way.

    Attributes:
        source: the picture.
        output: the OpenEXR or Radiance file.
        preview: the PNG file, if one is wanted.
        maps: the PNG files of the attention and of the luminance classes, if they are wanted.
        keep: whether a result that is there already is to be left alone.
        folders: what has to exist before the files can be written.
    """

    source: Path
    output: Path
    preview: Path | None
    maps: tuple[Path, ...]
    keep: bool
    folders: tuple[Path, ...]


@dataclass(frozen=True)
class FileOutcome:
    """What became of a job: ``converted``, ``skipped`` or ``failed``."""

    job: Job
    status: str
    conversion: Conversion | None = None
    error: LanetError | None = None


def _jobs(inputs: list[Path], arguments: argparse.Namespace) -> list[Job]:
    outputs = plan(inputs, arguments.output, _suffix(arguments))
    into_folder = is_folder(arguments.output, inputs)
    previews = [None] * len(inputs)
    if arguments.preview is not None:
        beside = _beside(arguments, outputs, into_folder, _LABEL)
        previews = plan(inputs, arguments.preview or beside, ".png", label=_LABEL)
    maps = [()] * len(inputs)
    if arguments.maps:
        targets = (_beside(arguments, outputs, into_folder, label) for label in _MAP_LABELS)
        by_kind = [
            plan(inputs, target, ".png", label=label) for target, label in zip(targets, _MAP_LABELS, strict=True)
        ]
        maps = list(zip(*by_kind, strict=True))
    jobs = []
    keep = into_folder and not arguments.overwrite
    for source, output, preview, own_maps in zip(inputs, outputs, previews, maps, strict=True):
        folders = tuple(path.parent for path in (output, preview, *own_maps) if path is not None)
        jobs.append(Job(source, output, preview, own_maps, keep, folders))
    return jobs


def _suffix(arguments: argparse.Namespace) -> str:
    """Return the extension of the results: that of the name, or else the one asked for."""
    suffix = Path(arguments.output).suffix.lower()
    return suffix if suffix in (".exr", ".hdr") else f".{arguments.format}"


def _beside(arguments: argparse.Namespace, outputs: list[Path], into_folder: bool, label: str) -> str:
    """Return where what belongs to the results goes: into their folder, or beside the only one under a like name."""
    return arguments.output if into_folder else str(outputs[0].with_name(f"{outputs[0].stem}{label}.png"))


def _convert_all(jobs: list[Job], load: _Loaded, arguments: argparse.Namespace) -> list[FileOutcome]:
    outcomes: list[FileOutcome] = []
    told: set[str] = set()
    budget = PixelBudget()
    fractions = [0.0] * len(jobs)
    with tqdm(
        total=len(jobs), disable=None, leave=False, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}"
    ) as bar:
        frames = _survey(jobs, load, arguments, bar) if arguments.sequence else None

        def convert(number: int, cancelled: Callable[[], bool]) -> FileOutcome:
            job = jobs[number]
            frame = frames[number] if frames is not None else _Frame(reading_options(arguments))

            def progress(fraction: float, stage: str) -> None:
                fractions[number] = fraction
                bar.set_description_str(f"{printable(job.source.name)}: {stage}", refresh=False)
                bar.n = sum(fractions)
                bar.refresh()

            outcome = _convert_one(job, load, arguments, frame, progress, cancelled, budget)
            fractions[number] = 1.0
            return outcome

        for outcome in overlapped(convert, range(len(jobs))):
            outcomes.append(outcome)
            if load.converter is not None:
                _warn_of_provider(load.converter, told)  # a GPU may also give up in the midst of the work
            _report_problems(outcome, told)
            if arguments.json:
                print_result(line_of(_record(outcome)))
            elif outcome.status != "failed":
                print_result(_result_line(outcome))
    return outcomes


@dataclass(frozen=True)
class _Frame:
    """How a file is read, and its light as a frame of a sequence, see :mod:`lanet_core.pipeline.sequence`."""

    options: ReadingOptions
    gains: tuple[float, float] | None = None
    lights: tuple[PlacedLight, ...] | None = None


def _survey(jobs: list[Job], load: _Loaded, arguments: argparse.Namespace, bar: tqdm) -> list[_Frame]:
    """Look at all frames of a sequence. A frame that cannot be read is reported when it is converted."""
    from lanet_core.pipeline.panorama_converter import Converter
    from lanet_core.pipeline.sequence import shared_white, smoothed_gains
    from lanet_core.pipeline.sequence_lights import followed_lights

    options = reading_options(arguments)

    def look(job: Job, options: ReadingOptions) -> tuple[WhiteLevel, FrameLight] | None:
        bar.set_description_str(f"{printable(job.source.name)}: sequence")
        try:
            _check_source(job.source)
            converter = load()
            assert isinstance(converter, Converter), "a sequence is of panoramas"
            return converter.survey(job.source, options)
        except InputError:
            return None

    if options.white is None:
        step = max(1, len(jobs) // _WHITE_LEVEL_FRAMES)
        seen = [found[0] for job in jobs[::step] if (found := look(job, options)) is not None]
        if seen:
            options = dataclasses.replace(options, white=shared_white(seen))
    frames = [found and found[1] for found in (look(job, options) for job in jobs)]
    together = zip(smoothed_gains(frames), followed_lights(frames), strict=True)
    return [_Frame(options, gains, lights) for gains, lights in together]


def _convert_one(
    job: Job,
    load: Callable[[], StripConverter],
    arguments: argparse.Namespace,
    frame: _Frame,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
    budget: PixelBudget,
) -> FileOutcome:
    try:
        pixels = _check_source(job.source)
        is_another = _is_of_another_source(job)
        if job.keep and os.path.exists(job.output):  # noqa: PTH110 - Path.exists raises of a name that is too long
            if is_another:
                raise OutputError(
                    f"This file is the result of another image, or of an earlier version of {job.source.name}.",
                    path=job.output,
                    remedy="Pass --overwrite to replace it, or choose another folder.",
                )
            return FileOutcome(job, "skipped")
    except LanetError as error:
        return FileOutcome(job, "failed", error=error)
    converter = load()
    try:
        with budget.reserved(pixels):
            conversion = _written(job, converter, arguments, frame, progress, cancelled)
        if is_another:
            warning = f"{job.output} was the result of another image, or of an earlier version, and was replaced."
            conversion = dataclasses.replace(conversion, warnings=(*conversion.warnings, warning))
    except (ProviderError, WrongModelError):  # of all images
        raise
    except Exception as error:  # of this image; the next one may fare better
        if arguments.debug:
            print_message(traceback.format_exc())
        return FileOutcome(job, "failed", error=unexpected(error, job.source))
    return FileOutcome(job, "converted", conversion)


def _written(
    job: Job,
    converter: StripConverter,
    arguments: argparse.Namespace,
    frame: _Frame,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> Conversion:
    """Convert one file and write all that was asked for."""
    conversion = converter.convert_file(
        job.source,
        job.output,
        half=arguments.half,
        compression=arguments.compression,
        confidence=arguments.confidence,
        options=frame.options,
        gains=frame.gains,
        lights=frame.lights,
        surface=surface_of(arguments),
        progress=progress,
        cancelled=cancelled,
    )
    if job.preview is not None:
        from lanet_core.cli.preview import write_preview
        from lanet_core.files import read_hdr

        write_preview(job.source, read_hdr(job.output), job.preview, reading_options(arguments))
    if job.maps:
        _write_maps(conversion, *job.maps)
    return conversion


def _check_source(source: Path) -> int:
    """Check what can be judged without decoding, so that a bad file costs no loading of the model.

    Returns:
        How many pixels the image has.
    """
    from lanet_core.files import check_file

    if os.fspath(source) == "-" and not source.exists():
        raise InputNotFoundError(
            "Standard input is not supported.", path=source, remedy="Save the image to a file and name it."
        )
    return check_file(source)


def _is_of_another_source(job: Job) -> bool:
    """Return whether the output is a result whose source had other bytes; False where it is not known."""
    from lanet_core.files import file_sha256, read_source_sha256

    recorded = read_source_sha256(job.output)
    return recorded is not None and recorded != file_sha256(job.source)


def _write_maps(conversion: Conversion, attention: Path, segmentation: Path) -> None:
    from lanet_core.files import write_png
    from lanet_core.reconstruction.luminance_maps import attention_picture, segmentation_picture

    size = (conversion.height, conversion.width)
    assert conversion.attention is not None and conversion.segmentation is not None, "the model has no maps"
    write_png(attention, attention_picture(conversion.attention, size))
    write_png(segmentation, segmentation_picture(conversion.segmentation, size))


def _warn_of_provider(converter: StripConverter, told: set[str]) -> None:
    """Say once for all pictures why a GPU is not used."""
    for warning in converter.session.warnings:
        if warning not in told:
            print_message(f"lanet: warning: {warning}")
            told.add(warning)


def _report_problems(outcome: FileOutcome, told: set[str]) -> None:
    if outcome.error is not None:
        print_message(f"lanet: error: {outcome.error}")
    for warning in outcome.conversion.warnings if outcome.conversion else ():
        if warning not in told:
            print_message(printable(f"lanet: warning: {outcome.job.source}: {warning}"))


def _result_line(outcome: FileOutcome) -> str:
    job, conversion = outcome.job, outcome.conversion
    if conversion is None:
        return f"{printable(job.output)}: exists, skipped; --overwrite replaces it"
    facts = [f"{conversion.width}x{conversion.height}"]
    if conversion.white_level.rgb != (1.0, 1.0, 1.0):
        facts.append(f"white {conversion.white_level}")
    facts += [f"{100 * conversion.clipped_fraction:.2g} % over-exposed", f"peak {conversion.peak_ev:+.1f} EV"]
    if conversion.expected_error_stops is not None:
        facts.append(f"expected error {conversion.expected_error_stops:.2f} stops")
    if conversion.strength_range_ev is not None:
        low, high = conversion.strength_range_ev
        facts.append(f"strength likely {low:+.1f} to {high:+.1f} EV")
    if conversion.calibration_factor is not None:
        facts.append(f"calibrated by {math.log2(conversion.calibration_factor):+.1f} EV")
    facts.append(f"network {conversion.network_seconds:.2f} s on {conversion.provider}")
    return f"{printable(job.output)}: {', '.join(facts)}"


def _record(outcome: FileOutcome) -> dict:
    """Return the object that --json prints of a file."""
    facts: dict = {}
    if outcome.error is not None:
        facts = error_facts(type(outcome.error).__name__, str(outcome.error))
    if outcome.conversion is not None:
        facts = outcome.conversion.facts()
        facts["preview"] = str(outcome.job.preview) if outcome.job.preview else None
        facts |= dict(zip(("attention", "segmentation"), map(str, outcome.job.maps), strict=False))
    return conversion_record(outcome.job.source, outcome.job.output, outcome.status, facts)
