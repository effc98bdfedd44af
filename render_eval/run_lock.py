"""One run at a time in an output folder: two would overwrite each other's work and reports."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lanet_core.cli.destinations import make_folder
from lanet_core.errors import OutputNotWritableError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open for writing elsewhere is locked by other means
    fcntl = None
    import msvcrt

_LOCK_FILE = "work/lock.txt"


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold an output folder for this process; the lock ends with the process, however that ends.

    Args:
        out: the output folder, made if it is missing.

    Raises:
        OutputNotWritableError: another run holds it, or it cannot be written to.
    """
    path = out / _LOCK_FILE
    make_folder(path.parent)
    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise OutputNotWritableError(
            f"The folder cannot be written to: {error.strerror}.", path=out, remedy="Choose another with --out."
        ) from error
    with file:
        if not _lock(file.fileno()):
            file.seek(0)
            raise OutputNotWritableError(
                f"Another run works in this folder ({file.read().strip() or 'unknown process'}).",
                path=out,
                remedy="Wait for it to end, or choose another folder with --out.",
            )
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}\n")
        file.flush()
        yield


def _lock(number: int) -> bool:
    """Lock an open file without waiting; return whether it was free."""
    try:
        if fcntl is None:
            os.lseek(number, 1 << 30, os.SEEK_SET)  # beyond the text, which others read
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:  # of msvcrt
        return False
    except OSError:  # some network drives have no locks
        with suppress(OSError):
            os.lseek(number, 0, os.SEEK_SET)
    return True
