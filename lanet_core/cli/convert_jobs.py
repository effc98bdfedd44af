"""The files of ``lanet convert``: what each image becomes, and where it is written."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lanet_core.cli.convert_arguments import suffix_of
from lanet_core.cli.destinations import is_folder, plan
from lanet_core.errors import InputNotFoundError, LanetError

if TYPE_CHECKING:
    from lanet_core.pipeline.result import Conversion

#: Ends the name of a preview that the user has not named, so that it takes no image's place.
_LABEL = "-preview"
#: What the names of the maps end in.
_MAP_LABELS = ("-attention", "-segmentation")


@dataclass(frozen=True)
class Job:
    """One image's way.

    Attributes:
        source: the image.
        output: the OpenEXR or Radiance file.
        preview: the PNG file, if one is wanted.
        maps: the PNG files of the attention and of the luminance classes, if they are wanted.
        keep: whether an existing result is left alone.
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


def jobs_of(inputs: list[Path], arguments: argparse.Namespace) -> list[Job]:
    """Return the job of each input."""
    outputs = plan(inputs, arguments.output, suffix_of(arguments))
    into_folder = is_folder(arguments.output, inputs)
    previews = [None] * len(inputs)
    if arguments.preview is not None:
        target = _next_to_results(arguments, outputs, into_folder, _LABEL)
        previews = plan(inputs, arguments.preview or target, ".png", label=_LABEL)
    maps = [()] * len(inputs)
    if arguments.maps:
        targets = (_next_to_results(arguments, outputs, into_folder, label) for label in _MAP_LABELS)
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


def _next_to_results(arguments: argparse.Namespace, outputs: list[Path], into_folder: bool, label: str) -> str:
    """Return the target of further files: the results' folder, or a path next to the only result."""
    return arguments.output if into_folder else str(outputs[0].with_name(f"{outputs[0].stem}{label}.png"))


def check_source(source: Path) -> int:
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


def is_of_another_source(job: Job) -> bool:
    """Return whether the output is a result whose source had other bytes; False where it is not known."""
    from lanet_core.files import file_sha256, read_source_sha256

    recorded = read_source_sha256(job.output)
    return recorded is not None and recorded != file_sha256(job.source)
