"""Which file each input becomes: decided and checked before any work begins.

``os.path`` and not ``Path`` checks whether a file exists: it returns False for a name that is too long or in a folder
that may not be entered, where ``Path`` raises an error that would end a batch.
"""
# ruff: noqa: PTH110, PTH112

from __future__ import annotations

import glob
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from lanet_core.errors import OutputError, OutputNotWritableError


def inputs_of(names: Sequence[str], shell_expands: bool = os.name != "nt") -> list[Path]:
    """Return the files that a command line names, each once.

    A shell has replaced every pattern already, so what is left is a literal name, of a file that may be missing. The
    command line of Windows replaces none: there ``*`` and ``?``, which no file name contains, are resolved here.
    Brackets are always literal; browsers write them into names (``pano[1].png``).

    Args:
        names: as given.
        shell_expands: whether the system's shell resolves patterns.
    """
    paths: list[Path] = []
    for name in names:
        matches = [] if shell_expands else sorted(glob.glob(name.replace("[", "[[]")))  # noqa: PTH207 - Path.glob takes no absolute pattern
        paths += [Path(match) for match in matches or [name]]
    return _without_repeats(paths)


def _without_repeats(paths: Sequence[Path]) -> list[Path]:
    """Return the paths without those that name an earlier file again by the same last name."""
    first: dict[object, Path] = {}
    for path in paths:
        key = (_identity(path), path.name) if os.path.exists(path) else os.path.abspath(path)  # noqa: PTH100
        first.setdefault(key, path)
    return list(first.values())


def is_folder(target: str, inputs: Sequence[Path]) -> bool:
    """Return whether a target means a folder: it is one, ends like one, or has to take several files."""
    return len(inputs) > 1 or os.path.isdir(target) or target.endswith(("/", os.sep))


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
                f"The result is a {suffix} file, but this name has another extension.",
                path=path,
                remedy=f"Name it {path.with_suffix(suffix).name}, or end the name with / for a folder.",
            )
        check_file_target(path)
        _check_no_input_is_lost(inputs, [path])
        return [path]
    if path.suffix.lower() == suffix and not os.path.isdir(path):
        raise OutputNotWritableError(
            "Several images cannot be written to one file.",
            path=path,
            remedy="End the name with / to write to a folder.",
        )
    outputs = [path / f"{source.stem}{label}{suffix}" for source in inputs]
    _check_distinct(inputs, outputs)
    _check_no_input_is_lost(inputs, outputs)
    return outputs


def check_file_target(path: Path) -> None:
    """Refuse a file to write that is a folder or in a folder that does not exist, before the work and not after it.

    Raises:
        OutputNotWritableError: it is.
    """
    if os.path.isdir(path):
        raise OutputNotWritableError("This is a folder.", path=path, remedy="Name a file.")
    if not os.path.isdir(path.parent):
        raise OutputNotWritableError("The folder does not exist.", path=path, remedy="Create it first.")


def make_folder(folder: Path) -> bool:
    """Make a folder and those above it; return whether it was missing.

    Raises:
        OutputNotWritableError: it cannot be made.
    """
    if os.path.isdir(folder):
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritableError(
            f"The folder cannot be created: {error.strerror}.", path=folder, remedy="Choose another."
        ) from error
    return True


def _check_no_input_is_lost(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    identities = {_identity(source) for source in inputs if os.path.exists(source)}
    for output in outputs:
        if os.path.exists(output) and _identity(output) in identities:
            raise OutputNotWritableError(
                "This is an input image, which is never overwritten.", path=output, remedy="Name another file."
            )


def _identity(path: Path) -> tuple[int, int]:
    """Return the identity of a file, regardless of its names and links."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _check_distinct(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    taken: dict[str, Path] = {}
    for source, output in zip(inputs, outputs, strict=True):
        # Windows and macOS ignore case, macOS also the composition of accents, and folders are copied between systems.
        key = unicodedata.normalize("NFC", os.fspath(output)).casefold()
        if key in taken:
            raise OutputError(
                f"Both {taken[key]} and {source} would be written to this file.",
                path=output,
                remedy="Rename one of them, or convert them into different folders.",
            )
        taken[key] = source
