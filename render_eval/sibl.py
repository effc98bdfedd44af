"""sIBL sets: a folder with an ``.ibl`` text file that names a sharp HDR, a blurred HDR and an LDR background.

Source: HDR Labs, "sIBL format specifications", http://www.hdrlabs.com/sibl/formatspecs.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lanet_core.errors import DataError

SUFFIX = ".ibl"

#: The value of ``BGmap``, ``EVmap`` and ``REFmap`` that means equirectangular.
_SPHERICAL = 1.0


@dataclass(frozen=True)
class SiblSet:
    """The images of a set that show the same panorama, sharply.

    Attributes:
        hdr_file: ``REFfile``, which mirrors show; without one, ``EVfile``, which is blurred by intent.
        ldr_file: ``BGfile``, the background; None if the set has none.
    """

    hdr_file: Path
    ldr_file: Path | None


def read_sibl(path: Path) -> SiblSet:
    """Read an ``.ibl`` file.

    Args:
        path: the file; the files that it names are next to it.

    Raises:
        DataError: it cannot be read or names no HDR, an image it names is missing or not equirectangular, or the
            two are turned against each other.
    """
    values = _read_values(path)
    kind = "ref" if values.get("reffile") else "ev"
    hdr_file = _named_file(path, values.get(f"{kind}file", ""))
    if hdr_file is None:
        raise DataError("It names no HDR.", path=path, remedy="Add a REFfile or an EVfile.")
    ldr_file = _named_file(path, values.get("bgfile", ""))
    for each in (kind, "bg") if ldr_file is not None else (kind,):
        if _number(path, values, f"{each}map", _SPHERICAL) != _SPHERICAL:
            raise DataError(f"{each.upper()}map is not that of a panorama.", path=path, remedy="Remove the set.")
    if ldr_file is not None:
        _check_not_turned(path, values, kind)
    return SiblSet(hdr_file, ldr_file)


def _read_values(path: Path) -> dict[str, str]:
    """Return every ``key = value`` of the file; keys are unique over its sections, so those do not matter."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"The file cannot be read: {error.strerror}.", path=path) from error
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("--"))
    return {key.strip().lower(): value.strip().strip('"') for key, equals, value in pairs if equals}


def _named_file(path: Path, name: str) -> Path | None:
    if not name:
        return None
    # Sets are made on Windows, where capitals do not count.
    neighbours = {each.name.lower(): each for each in path.parent.iterdir() if each.is_file()}
    if name.lower() not in neighbours:
        raise DataError(f"It names {name}, which does not exist.", path=path, remedy="Download the set again.")
    return neighbours[name.lower()]


def _check_not_turned(path: Path, values: dict[str, str], kind: str) -> None:
    for axis in "uv":
        shift = _number(path, values, f"{kind}{axis}", 0.0) - _number(path, values, f"bg{axis}", 0.0)
        if abs(shift) > 1e-6:
            raise DataError(
                f"The HDR is shifted by {shift:g} in {axis} against the LDR.", path=path, remedy="Remove the set."
            )


def _number(path: Path, values: dict[str, str], key: str, default: float) -> float:
    try:
        return float(values.get(key, default))
    except ValueError as error:
        raise DataError(f"{key} is {values[key]!r}, not a number.", path=path) from error
