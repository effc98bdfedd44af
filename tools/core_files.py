"""Which files of lanet_core a conversion in Blender needs: what the worker imports, and what that imports in its turn.

Read from the files themselves, so that new modules of inference enter the extension automatically, and what
only trains, evaluates or serves the command line stays out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = "lanet_core"
#: What Blender runs; all else follows from it.
ENTRY = f"{PACKAGE}.pipeline.worker"


def core_files(root: Path) -> list[Path]:
    """Return the files of the package that the worker needs, sorted, relative to ``root``.

    Args:
        root: the folder that holds ``lanet_core``.

    Raises:
        FileNotFoundError: there is no worker.
    """
    (root / PACKAGE / "pipeline" / "worker.py").stat()
    found: set[Path] = set()
    waiting = list(_files_of(ENTRY, root))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            for name in _imported_names(path, root):
                waiting.extend(_files_of(name, root))
    return sorted(path.relative_to(root) for path in found)


def _files_of(name: str, root: Path) -> Iterator[Path]:
    """Yield the files that importing a dotted name runs: its packages', and its own if it is a module."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return
    for length in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:length])
        for candidate in (place / "__init__.py", place.with_suffix(".py")):
            if candidate.is_file():
                yield candidate


def _imported_names(path: Path, root: Path) -> Iterable[str]:
    """Return every dotted name that a file imports, at its top or inside its functions."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)
