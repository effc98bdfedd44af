"""``lanet convert``: panoramas in, OpenEXR environment maps out; with ``--image``, any image in, its HDR out."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from lanet_core.cli.convert_arguments import add_arguments, check_combination
from lanet_core.cli.convert_jobs import FileOutcome, Job, check_source, is_of_another_source, jobs_of
from lanet_core.cli.convert_report import record_of, report_problems, result_line, warn_of_provider
from lanet_core.cli.destinations import inputs_of, make_folder
from lanet_core.cli.overlap import PixelBudget, overlapped
from lanet_core.cli.reading_arguments import reading_options
from lanet_core.cli.streams import print_message, print_result
from lanet_core.cli.surface_arguments import surface_of
from lanet_core.errors import (
    InputError,
    LanetError,
    OutputError,
    ProviderError,
    WrongModelError,
    printable,
    unexpected,
)
from lanet_core.pipeline.json_record import line_of

if TYPE_CHECKING:
    from lanet_core.pipeline.banded_converter import BandedConverter
    from lanet_core.pipeline.reading_options import ReadingOptions
    from lanet_core.pipeline.result import Conversion
    from lanet_core.pipeline.sequence import FrameLight
    from lanet_core.reconstruction.point_lights import PlacedLight
    from lanet_core.reconstruction.white_level import WhiteLevel

NAME = "convert"
HELP = "convert LDR panoramas to HDR environment maps, or photographs to HDR images"

#: Frames of a sequence at which its white level is estimated.
_WHITE_LEVEL_FRAMES = 8

EXIT_SOME_FAILED = 1
EXIT_FAILURE = 2

__all__ = ["HELP", "NAME", "add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Convert all images and return the exit status."""
    check_combination(arguments)
    inputs = inputs_of(arguments.inputs)
    jobs = jobs_of(inputs, arguments)
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


def _load_converter(arguments: argparse.Namespace) -> BandedConverter:
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

    def __init__(self, load: Callable[[], BandedConverter]) -> None:
        self._load, self._lock = load, threading.Lock()
        self.converter: BandedConverter | None = None

    def __call__(self) -> BandedConverter:
        with self._lock:
            if self.converter is None:
                self.converter = self._load()
            return self.converter


def _convert_all(jobs: list[Job], load: _Loaded, arguments: argparse.Namespace) -> list[FileOutcome]:
    outcomes: list[FileOutcome] = []
    reported: set[str] = set()
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
                warn_of_provider(load.converter, reported)  # a GPU may also give up in the midst of the work
            report_problems(outcome, reported)
            if arguments.json:
                print_result(line_of(record_of(outcome)))
            elif outcome.status != "failed":
                print_result(result_line(outcome))
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
            check_source(job.source)
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
    load: Callable[[], BandedConverter],
    arguments: argparse.Namespace,
    frame: _Frame,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
    budget: PixelBudget,
) -> FileOutcome:
    try:
        pixels = check_source(job.source)
        is_another = is_of_another_source(job)
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
    converter: BandedConverter,
    arguments: argparse.Namespace,
    frame: _Frame,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> Conversion:
    """Convert one file and write all that was requested."""
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


def _write_maps(conversion: Conversion, attention: Path, segmentation: Path) -> None:
    from lanet_core.files import write_png
    from lanet_core.reconstruction.luminance_maps import attention_image, segmentation_image

    size = (conversion.height, conversion.width)
    assert conversion.attention is not None and conversion.segmentation is not None, "the model has no maps"
    write_png(attention, attention_image(conversion.attention, size))
    write_png(segmentation, segmentation_image(conversion.segmentation, size))
