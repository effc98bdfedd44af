"""A conversion's output until it is finished: in a hidden folder next to its place, so that a kill leaves nothing."""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from ..errors import AddonError
from .result_files import move_into_place

_PREFIX, _SUFFIX = ".lanet-", ".unfinished"
_STALE_S = 24 * 3600.0


class UnfinishedOutput:
    """A place to write a file to, from which it goes to its own in one step or not at all.

    Args:
        place: where the file shall be in the end; its folder is made if it is missing.

    Attributes:
        path: where to write it.
        place: where it shall be; once finished, where it is.

    Raises:
        AddonError: the folder cannot be written to.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        folder = place.parent / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        self.path = folder / place.name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _sweep(place.parent)
            folder.mkdir()
        except OSError as error:
            raise _not_writable(place.parent, error) from error

    def finish(self) -> Path:
        """Move the written file to its place, or to a numbered name if that is another image's.

        Returns:
            Where it is, see :func:`addon.files.result_files.move_into_place`.

        Raises:
            AddonError: it cannot be moved; nothing is left of it.
        """
        try:
            self.place = move_into_place(self.path, self.place)
        except OSError as error:
            raise _not_writable(self.place, error) from error
        finally:
            self.discard()
        return self.place

    def discard(self) -> None:
        """Remove what was written."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a Blender that was killed a day ago or earlier has left here."""
    for stale in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            if time.time() - stale.stat().st_mtime > _STALE_S:
                shutil.rmtree(stale, ignore_errors=True)


def _not_writable(path: Path, error: OSError) -> AddonError:
    remedy = "Choose another folder in the extension's preferences."
    return AddonError(f"{path}: This cannot be written: {error.strerror}. {remedy}")
