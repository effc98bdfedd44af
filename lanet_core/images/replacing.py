"""Writing a file whole or not at all: a temporary beside it, renamed into place."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lanet_core.errors import DiskFullError, LanetError, OutputError, OutputNotWritableError

_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_PROBE_BYTES = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file to write; on leaving without an error, it takes the path's place in one step.

    Any failure removes the temporary and leaves what was at the path before. Image libraries report a failed write
    as a bare message or not at all, so the system itself is asked for the reason.

    Args:
        path: where the result shall be.

    Yields:
        An empty file in the same folder with the same suffix, to be overwritten.

    Raises:
        OutputNotWritableError: the folder is missing or may not be written to, or the path is no regular file.
        DiskFullError: the disk filled up.
        OutputError: the write failed for another reason.
    """
    temporary = path.with_name(f".lanet-{secrets.token_hex(8)}{path.suffix}")
    try:
        _check_replaceable(path)
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(path)
    except LanetError:
        raise
    except OSError as error:
        raise _output_error(error, path) from error
    except RuntimeError as error:
        raise _output_error(_reason(temporary) or OSError(0, str(error)), path) from error
    finally:
        with suppress(OSError):  # it is gone after a success, and may never have been
            temporary.unlink()


def _check_replaceable(path: Path) -> None:
    if path.exists() and not path.is_file():
        # Renaming over a device such as /dev/null would replace it for the whole system.
        what = "a folder" if path.is_dir() else "a device or pipe"
        raise OutputNotWritableError(f"This is {what}.", path=path, remedy="Name a file.")


def _flush_to_disk(path: Path) -> None:
    """Make the bytes lasting before the old file goes; a network disk reports that it is full only here."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _reason(temporary: Path) -> OSError | None:
    """Return why nothing more can be written to a file, None if something can."""
    try:
        with temporary.open("ab", buffering=0) as file:
            remaining = memoryview(bytes(_PROBE_BYTES))
            while remaining:
                remaining = remaining[file.write(remaining) :]
            os.fsync(file.fileno())
    except OSError as error:
        return error
    return None


def _output_error(error: OSError, path: Path) -> OutputError:
    if error.errno in _DISK_FULL:
        return DiskFullError("The disk is full.", path=path, remedy="Free some space, or write elsewhere.")
    if error.errno == errno.ENOENT:
        return OutputNotWritableError("The folder does not exist.", path=path, remedy="Create it first.")
    if error.errno in (
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENAMETOOLONG,
    ):
        return OutputNotWritableError(
            f"The file cannot be written: {error.strerror}.",
            path=path,
            remedy="Choose another folder or name.",
        )
    return OutputError(f"Writing failed: {error.strerror}.", path=path, remedy="Try another folder or disk.")
