"""Which layer of an OpenEXR file is the image: files of renderers hold many, in one part or in several.

In this order: R, G and B without a layer's name, in any part; Blender's and other renderers' main layer, whose name
contains ``Combined``, ``beauty`` or ``rgba``; the only layer that has R, G and B; a single channel Y. Luminance and
chroma (Y, RY, BY) are decoded as R, G and B.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import OpenImageIO

from lanet_core.errors import UnsupportedFormatError
from lanet_core.files.decoder import is_luminance_chroma, unusual_chroma
from lanet_core.files.limits import check_spec

_MAIN_LAYERS = {"combined", "beauty", "rgba"}
_FLAT_TYPES = {"half", "float"}
#: Names of channels that some programs write, in small letters.
_OTHER_NAMES = {"r": "R", "g": "G", "b": "B", "a": "A", "red": "R", "green": "G", "blue": "B", "alpha": "A"}


@dataclass(frozen=True)
class ExrLayer:
    """A layer of an OpenEXR file.

    Attributes:
        part: the number of its part.
        name: its name with that of its view; empty where the channels are R, G and B alone, or Y.
        colour: the numbers of its channels R, G and B in the part; three times Y's of a grey image.
        alpha: the number of its channel A, None without one.
        others: how many further images without a layer's name the file has.
    """

    part: int
    name: str
    colour: tuple[int, int, int]
    alpha: int | None
    others: int = 0


def select_layer(image: OpenImageIO.ImageInput, path: Path) -> ExrLayer:
    """Return the layer that is the image, and turn an open file to its part.

    Raises:
        UnsupportedFormatError: there is none, or none that stands out.
        ImageTooLargeError: its part declares too many pixels.
    """
    names: list[str] = []
    layers: list[ExrLayer] = []
    part = 0
    while image.seek_subimage(part, 0):
        spec = image.spec()
        names += spec.channelnames
        layers += _layers(spec, part)
        part += 1
    image.geterror()  # that there is no further part
    plain = [layer for layer in layers if not layer.name]
    main = [layer for layer in layers if _MAIN_LAYERS & set(layer.name.lower().split("."))]
    if not layers or not (plain or main or len(layers) == 1):
        _check_types(image, path)
        raise UnsupportedFormatError(
            f"The EXR's channels are {', '.join(sorted(names))}, not flat R, G and B.",
            path=path,
            remedy="Export its RGB layer alone.",
        )
    layer = replace((plain or main or layers)[0], others=max(0, len(plain) - 1))
    image.seek_subimage(layer.part, 0)
    check_spec(image.spec(), path)
    _check_chroma(image.spec(), path)
    return layer


def _check_types(image: OpenImageIO.ImageInput, path: Path) -> None:
    """Refuse integers by their name."""
    image.seek_subimage(0, 0)
    if str(image.spec().format) not in _FLAT_TYPES:
        raise UnsupportedFormatError(
            f"The EXR's samples are integers ({image.spec().format}).", path=path, remedy="Export it with half floats."
        )


def _check_chroma(spec: OpenImageIO.ImageSpec, path: Path) -> None:
    if not is_luminance_chroma(spec):
        return
    if spec.tile_width:
        raise unusual_chroma(path, "tiles")
    if (spec.x, spec.y, spec.width, spec.height) != (0, 0, spec.full_width, spec.full_height):
        raise unusual_chroma(path, "a data window of its own")


def _usual_name(channel: str) -> str:
    """Return a channel's name with R, G, B, A or Y last, also where it ends in ``r`` or ``Red``."""
    layer, dot, name = channel.rpartition(".")
    return f"{layer}{dot}{_OTHER_NAMES.get(name.lower(), name)}"


def _layers(spec: OpenImageIO.ImageSpec, part: int) -> Iterator[ExrLayer]:
    """Yield the layers of a part that have R, G and B, or the grey image that it is."""
    if spec.deep:
        return
    numbers = {name: number for number, name in enumerate(spec.channelnames)}
    for number, name in enumerate(spec.channelnames):
        numbers.setdefault(_usual_name(name), number)
    if (
        {_usual_name(name) for name in spec.channelnames} <= {"Y", "A"}
        and "Y" in numbers
        and str(spec.channelformat(numbers["Y"])) in _FLAT_TYPES
    ):
        grey = numbers["Y"]
        yield ExrLayer(part, "", (grey, grey, grey), numbers.get("A"))
    for name in list(numbers):
        layer, _, channel = name.rpartition(".")
        if channel != "R":
            continue
        prefix = f"{layer}." if layer else ""
        colour = [numbers.get(prefix + letter) for letter in "RGB"]
        red, green, blue = colour
        if red is None or green is None or blue is None:
            continue
        if {str(spec.channelformat(number)) for number in (red, green, blue)} <= _FLAT_TYPES:
            yield ExrLayer(part, layer, (red, green, blue), numbers.get(f"{prefix}A"))
