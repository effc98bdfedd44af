"""Which file each input becomes: decided and checked before any work begins."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from lanet_core.errors import OutputError, OutputNotWritableError


def expand_patterns(inputs: Sequence[str]) -> list[Path]:
    """Return paths with the wildcards resolved that the shell has left (Windows leaves all of them)."""
    paths: list[Path] = []
    for text in inputs:
        matches = [] if Path(text).exists() or not glob.has_magic(text) else sorted(glob.glob(text))  # noqa: PTH207 - Path.glob takes no absolute pattern
        paths += [Path(match) for match in matches or [text]]
    return paths


def is_folder(target: str, inputs: Sequence[Path]) -> bool:
    """Return whether a target means a folder: it is one, ends like one, or has to take several files."""
    return len(inputs) > 1 or Path(target).is_dir() or target.endswith(("/", os.sep))


def plan(inputs: Sequence[Path], target: str, suffix: str, label: str = "") -> list[Path]:
    """Return each input's output, and make sure that they are as many as the inputs and none of them.

    Args:
        inputs: what is to be converted.
        target: a file with the suffix, or a folder (see :func:`is_folder`).
        suffix: of the outputs, with its dot.
        label: goes between the input's name and the suffix of an output in a folder.

    Raises:
        OutputError: the target's suffix is another, or two inputs would become the same file.
        OutputNotWritableError: several inputs and a target that is a file, a target in a folder that does not exist,
            or an output that is one of the inputs.
    """
    path = Path(target)
    if not is_folder(target, inputs):
        if path.suffix.lower() != suffix:
            raise OutputError(
                f"The result is a {suffix} file, and this name is not.",
                path=path,
                remedy=f"Name it {path.with_suffix(suffix).name}, or end the name with / for a folder.",
            )
        if not path.parent.is_dir():
            raise OutputNotWritableError("The folder does not exist.", path=path, remedy="Create it first.")
        _check_no_input_is_lost(inputs, [path])
        return [path]
    if path.suffix.lower() == suffix and not path.is_dir():
        raise OutputNotWritableError(
            "Several pictures cannot become one file.", path=path, remedy="Name a folder: end the name with /."
        )
    outputs = [path / f"{source.stem}{label}{suffix}" for source in inputs]
    _check_distinct(inputs, outputs)
    _check_no_input_is_lost(inputs, outputs)
    return outputs


def make_folder(folder: Path) -> bool:
    """Make a folder and those above it; return whether it was missing.

    Raises:
        OutputNotWritableError: it cannot be made.
    """
    if folder.is_dir():
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritableError(
            f"The folder cannot be made: {error.strerror}.", path=folder, remedy="Choose another."
        ) from error
    return True


def _check_no_input_is_lost(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    identities = {_identity(source) for source in inputs if source.exists()}
    for output in outputs:
        if output.exists() and _identity(output) in identities:
            raise OutputNotWritableError(
                "This is a picture to convert, which is never overwritten.", path=output, remedy="Name another file."
            )


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells files apart, whatever their names and links."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _check_distinct(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    taken: dict[str, Path] = {}
    for source, output in zip(inputs, outputs, strict=True):
        key = os.fspath(output).casefold()  # Windows and macOS tell no capitals apart, and folders travel
        if key in taken:
            raise OutputError(
                f"Both {taken[key]} and {source} would become this file.",
                path=output,
                remedy="Rename one of them, or convert them into different folders.",
            )
        taken[key] = source
