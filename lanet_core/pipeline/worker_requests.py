"""The fields of a request to :mod:`lanet_core.pipeline.worker`, checked."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from lanet_core.pipeline.light_baking import LightChange
from lanet_core.pipeline.reading_options import EYES, ReadingOptions
from lanet_core.pipeline.worker_protocol import RequestError
from lanet_core.reconstruction.surface_calibration import Surface


def light_change(request: Mapping[str, Any]) -> LightChange:
    """Return the changes of a request that bakes light."""
    sizes = {"highlights_ev": 0, "gains": 3, "saturation": 0, "peak_limit": 0, "strength": 0, "rotation": 9}
    values: dict[str, Any] = {}
    for name, size in sizes.items():
        if name not in request:
            continue
        value = request[name]
        numbers = value if size and isinstance(value, list) else [value]
        if len(numbers) != (size or 1) or not all(_is_number(each) and isfinite(each) for each in numbers):
            raise RequestError(f"The request has no valid {name}.", remedy=f"Use {size or 'one'} finite number(s).")
        values[name] = tuple(map(float, numbers)) if size else float(numbers[0])
    return LightChange(**values)


def surface_of(request: Mapping[str, Any]) -> Surface | None:
    """Return the surface of a request that calibrates the light, None if it has none."""
    albedo, at = request.get("albedo"), request.get("at")
    if albedo is None:
        return None
    is_place = at is None or (isinstance(at, list) and len(at) == 2 and all(_is_number(each) for each in at))
    if not _is_number(albedo) or not is_place:
        raise RequestError("The request has no valid surface.", remedy="Use an albedo, and two numbers or null for at.")
    return Surface(float(albedo), (float(at[0]), float(at[1])) if at else None, request.get("facing", "auto"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def reading_options(request: Mapping[str, Any]) -> ReadingOptions:
    """Return how a request's image is to be understood."""
    eye = request.get("eye")
    if eye is not None and eye not in EYES:
        raise RequestError("The request has no valid eye.", remedy=f"Use {', '.join(EYES)}.")
    return ReadingOptions(
        eye=eye,
        stretch=bool(request.get("stretch", False)),
        pad=bool(request.get("pad", False)),
        force=bool(request.get("force", False)),
        ignore_pose=bool(request.get("ignore_pose", False)),
        ignore_alpha=bool(request.get("ignore_alpha", False)),
    )


def text_of(request: Mapping[str, Any], name: str) -> str:
    """Return a field that is a text, such as a path."""
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise RequestError(f"The request has no {name}.", remedy="Add a path.")
    return value
