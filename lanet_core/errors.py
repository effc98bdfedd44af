"""Errors with a file, a problem and a remedy.

Every failure that a user can cause is one class of its own, so that a script can distinguish them and
the command line, the Python interface and Blender show the same words.
"""

from __future__ import annotations

from pathlib import Path


def printable(text: object) -> str:
    """Return text as one line: what cannot be printed, such as a line break in a file's name, as its escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(text)
    )


class LanetError(Exception):
    """Base of every error that this package raises on purpose.

    Args:
        problem: what was wrong, one sentence without the file's name.
        path: the file concerned, if there is one.
        remedy: what the user can do about it, one sentence.
    """

    def __init__(self, problem: str, *, path: str | Path | None = None, remedy: str = "") -> None:
        self.problem = problem
        self.path = Path(path) if path is not None else None
        self.remedy = remedy
        super().__init__(problem, path, remedy)

    def __str__(self) -> str:
        """Return the whole message as one line: file, problem, remedy."""
        where = f"{self.path}: " if self.path is not None else ""
        what_to_do = f" {self.remedy}" if self.remedy else ""
        return printable(f"{where}{self.problem}{what_to_do}")

    def __reduce__(self):
        """Keep the keyword arguments when the error crosses a process boundary."""
        return _rebuild, (type(self), self.problem, self.path, self.remedy)


def _rebuild(kind: type[LanetError], problem: str, path: Path | None, remedy: str) -> LanetError:
    return kind(problem, path=path, remedy=remedy)


class InputError(LanetError):
    """Something is wrong with the image that was given."""


class InputNotFoundError(InputError):
    """There is no file at the given path."""


class InputIsDirectoryError(InputError):
    """The path names a folder where an image was expected."""


class EmptyFileError(InputError):
    """The file holds no bytes at all."""


class UnsupportedFormatError(InputError):
    """The file's contents are not an image of a kind that can be read."""


class DamagedImageError(InputError):
    """The file is an image, but truncated or corrupt."""


class UnsupportedColourModelError(InputError):
    """The image is CMYK or another colour model that has no RGB to light a scene with."""


class ImageTooSmallError(InputError):
    """The image has too few pixels to be a panorama."""


class ImageTooLargeError(InputError):
    """The image declares dimensions beyond what is sensible (a decompression bomb)."""


class NotEquirectangularError(InputError):
    """The image is not 2:1 and does not specify the part of the sphere that it covers."""


class InvalidPixelsError(InputError):
    """The image contains NaN, infinite or negative values."""


class AlreadyHdrError(InputError):
    """The image is HDR already, so there is nothing to convert."""


class CalibrationError(LanetError):
    """HDR calibration (Eq. 1) has no solution for the given pair."""


class OutputError(LanetError):
    """The result cannot be written."""


class OutputNotWritableError(OutputError):
    """The output's folder is missing or may not be written to, or the path is a folder."""


class HalfRangeError(OutputError):
    """Half floats were requested, and the brightest value is beyond their range."""


class DiskFullError(OutputError):
    """The disk filled up while the result was being written."""


class ModelError(LanetError):
    """Something is wrong with the model file."""


class ModelNotFoundError(ModelError):
    """There is no model file at the given path."""


class DamagedModelError(ModelError):
    """The model file cannot be loaded: truncated, corrupt or not ONNX."""


class WrongModelError(ModelError):
    """The file is a good ONNX model, but not one of ours."""


class ProviderError(LanetError):
    """An execution provider was demanded that cannot run here."""


class ConversionCancelled(LanetError):  # noqa: N818 - not a failure: the caller requested it
    """The caller's cancel callable returned True."""


class DataError(LanetError):
    """A training or evaluation data folder, split file or configuration is not usable."""


class CheckpointError(LanetError):
    """A training checkpoint is missing, damaged or of another configuration."""


class UnexpectedError(LanetError):
    """A failure that this package does not foresee, with the file that it was working on."""


def unexpected(error: Exception, path: str | Path | None = None) -> LanetError:
    """Return any exception as an error for the person at the screen; a :class:`LanetError` is returned as it is.

    Args:
        error: what was raised.
        path: the file that was worked on.
    """
    if isinstance(error, LanetError):
        return error
    if isinstance(error, MemoryError):
        return UnexpectedError(
            "The memory is not sufficient.", path=path, remedy="Close other programs, or use a smaller image."
        )
    reason = str(error).strip().partition("\n")[0]
    return UnexpectedError(
        f"Unexpected failure, {type(error).__name__}{f': {reason}' if reason else ''}.",
        path=path,
        remedy="Run `lanet` with --debug and report what it prints.",
    )
