"""Finished work, found again: a note of what went into it and what came out, next to the files it made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lanet_core.cli.destinations import make_folder
from lanet_core.files.replacing import replacing

#: Where the notes are, below the output folder.
NOTES = "work"


class Store:
    """The notes of an output folder.

    A note is valid as long as its inputs are the same and every file it made is still there, unchanged. It is written
    last and in one step, so that work which was cut off leaves none.

    Args:
        folder: the output folder.
        force: find nothing, so that all is made again.

    Attributes:
        folder: as given.
        kept: how many notes were written.
    """

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        self.folder = Path(folder)
        self.kept = 0
        self._force = force

    def recall(self, place: str, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the values kept under ``place`` if they were made from the same inputs, None otherwise.

        Args:
            place: the note's name, such as ``renders/street/ldr``.
            inputs: all that the result depends on: plain dicts, lists, strings and numbers.
        """
        if self._force:
            return None
        try:
            note = json.loads(self._note(place).read_text(encoding="utf-8"))
            valid = note["inputs"] == _plain(inputs) and all(
                file_sha256(self.folder / name) == sha256 for name, sha256 in note["files"].items()
            )
            return note["values"] if valid else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or none that can be used
            return None

    def keep(self, place: str, inputs: Mapping[str, Any], values: Mapping[str, Any], files: Iterable[str] = ()) -> None:
        """Keep values, and the hashes of the files that belong to them.

        Args:
            place: as in :meth:`recall`, like ``inputs``.
            inputs: what the result depends on.
            values: plain dicts, lists, strings and numbers.
            files: finished files, relative to the output folder.

        Raises:
            OutputError: the note cannot be written.
        """
        note = {
            "inputs": inputs,
            "values": values,
            "files": {name: file_sha256(self.folder / name) for name in files},
        }
        path = self._note(place)
        make_folder(path.parent)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(note, indent=1, sort_keys=True), encoding="utf-8")
        self.kept += 1

    def file(self, name: str) -> Path:
        """Return the path of a file to make below the output folder, whose own folder exists.

        Raises:
            OutputError: the folder cannot be made.
        """
        path = self.folder / name
        make_folder(path.parent)
        return path

    def _note(self, place: str) -> Path:
        return self.folder / NOTES / f"{place}.json"


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256, hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(values: Mapping[str, Any]) -> Any:
    """Return the values as they come back from a file: tuples are lists there."""
    return json.loads(json.dumps(values))
