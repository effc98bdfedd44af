"""Writing a file whole or not at all: a temporary next to it, renamed into place.

A process that is killed leaves its temporary behind. The next one that writes into the folder removes it: a temporary
is locked for as long as its process lives, and a lock ends with its process, however that ends. Some network drives
keep locks to the host that takes them, so a temporary's name contains its host, and those of other hosts are left for a
day.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import platform
import re
import secrets
import stat
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lanet_core.errors import DiskFullError, LanetError, OutputError, OutputNotWritableError

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed
    fcntl = None

_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_PROBE_BYTES = 1 << 20
#: An empty temporary of this age may be just about to be locked.
_YOUNG_SECONDS = 60.0
#: A temporary of another host, whose locks may not be seen here, is unfinished up to this age.
_FOREIGN_SECONDS = 86400.0
#: With a host; without, of a version before 1.0.
_TEMPORARY_NAME = re.compile(r"\.lanet-(?:(?P<host>[0-9a-f]{8})-[0-9a-f]{16}(?:\.\w+)?|[0-9a-f]{16}\.\w+)")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file to write; on leaving without an error, it takes the path's place in one step.

    Any failure removes the temporary and leaves what was at the path before. Image libraries report a failed write
    as a bare message or not at all, so the system itself is the source of the reason.

    Args:
        path: the file to write or replace. A symbolic link is followed, and stays. A file that is replaced passes on
            its mode, and its owner where the system permits.

    Yields:
        An empty file in the same folder with the same suffix, to be overwritten.

    Raises:
        OutputNotWritableError: the folder is missing or may not be written to, or the path is no regular file, or a
            link to nothing.
        DiskFullError: the disk filled up.
        OutputError: the write failed for another reason.
    """
    target = _followed(path)
    temporary = target.with_name(f".lanet-{_host()}-{secrets.token_hex(8)}{path.suffix}")
    lock = None
    try:
        before = _check_replaceable(target, path)
        remove_leftovers(target.parent)
        lock = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        _lock(lock)
        yield temporary
        _flush_to_disk(temporary)
        if before is not None:
            _take_over(temporary, before)
        if fcntl is None:  # Windows renames no file that is open
            os.close(lock)
            lock = None
        temporary.replace(target)
    except LanetError:
        raise
    except OSError as error:
        raise _output_error(error, path) from error
    except RuntimeError as error:
        raise _output_error(_reason(temporary) or OSError(0, str(error)), path) from error
    finally:
        if lock is not None:
            os.close(lock)
        with suppress(OSError):  # it is gone after a success, and may never have been
            temporary.unlink()


def remove_leftovers(folder: Path) -> None:
    """Remove the temporaries that killed processes have left in a folder; those of living ones stay.

    Args:
        folder: where results go. If it does not exist or cannot be listed, nothing happens.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if name := _TEMPORARY_NAME.fullmatch(path.name):
                with suppress(OSError):  # it is in use, or another process was faster
                    _remove_if_unused(path, is_own_host=name["host"] == _host())


@functools.cache
def _host() -> str:
    """Return eight hexadecimal digits of the running system: locks are those of one kernel, and end with it."""
    try:
        identity = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
    except OSError:
        identity = f"{platform.node()} {uuid.getnode()}"
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


def _remove_if_unused(path: Path, is_own_host: bool) -> None:
    if not is_own_host and time.time() - path.stat().st_mtime < _FOREIGN_SECONDS:
        return
    if fcntl is None:
        path.unlink()  # which fails while it is open
        return
    file = os.open(path, os.O_WRONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(file)
        if status.st_size > 0 or time.time() - status.st_mtime > _YOUNG_SECONDS:
            path.unlink()
    finally:
        os.close(file)


def _lock(file: int) -> None:
    """Mark a file as being written, until it is closed or the process ends.

    A process that looks for leftovers may lock the new file for a moment; that is waited for.
    """
    if fcntl is not None:
        with suppress(
            OSError
        ):  # some network disks have no locks; no other process takes the file for unused there either
            fcntl.flock(file, fcntl.LOCK_EX)


def _followed(path: Path) -> Path:
    """Return the file that a path leads to, the path itself where it is no symbolic link."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114 - Path raises of long names


def _check_replaceable(target: Path, path: Path) -> os.stat_result | None:
    """Return the status of the file that is to be replaced, None if there is none.

    Raises:
        OutputNotWritableError: it is no regular file, or the path is a link to nothing.
    """
    try:
        status = target.stat()
    except FileNotFoundError:
        if target is not path:
            raise OutputNotWritableError(
                "This is a symbolic link to a file that does not exist.",
                path=path,
                remedy="Remove it, or name another.",
            ) from None
        return None
    if not stat.S_ISREG(status.st_mode):
        # Renaming over a device such as /dev/null would replace it for the whole system.
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
        raise OutputNotWritableError(f"This is {what}.", path=path, remedy="Name a file.")
    return status


def _take_over(temporary: Path, before: os.stat_result) -> None:
    """Give a file the owner and mode of the one that it replaces."""
    if hasattr(os, "chown"):
        with suppress(OSError):  # the owner belongs to the superuser; a group may be another
            os.chown(temporary, before.st_uid, before.st_gid)
    with suppress(OSError):  # some network drives have no modes
        temporary.chmod(before.st_mode & 0o777)


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
