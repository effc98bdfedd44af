"""File names for libraries that take UTF-8 only.

On Linux a file name is any bytes. Python keeps bytes that are not text as surrogates (PEP 383), which the bindings of
OpenImageIO cannot convert; and under a locale that is not UTF-8 they would open another name.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lanet_core.errors import InputError


@contextmanager
def utf8_name(path: Path) -> Iterator[str]:
    """Yield a name of an existing file that is valid UTF-8: its own, or that of a temporary symbolic link.

    Args:
        path: the file, to be read or written through the name.

    Raises:
        InputError: the name is not valid Unicode and the system permits no symbolic link.
    """
    if _is_utf8(path):
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="lanet-") as folder:
        link = Path(folder) / f"file{path.suffix if _is_utf8(path.suffix) else ''}"
        try:
            link.symlink_to(path.absolute())
        except OSError as error:
            raise InputError("The file's name is not valid Unicode.", path=path, remedy="Rename it.") from error
        yield str(link)


def _is_utf8(path: Path | str) -> bool:
    try:
        return os.fsencode(path) == os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
