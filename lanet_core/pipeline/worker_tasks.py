"""Tasks of :mod:`lanet_core.pipeline.worker` that need no model: functions of a request's fields.

Each returns the fields of its result and raises a ``RequestError`` of a field that is missing or wrong.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lanet_core.pipeline.worker_protocol import RequestError
from lanet_core.pipeline.worker_requests import light_change, reading_options, surface_of, text_of

#: The largest thumbnail, in rows.
_MAX_THUMBNAIL_HEIGHT = 4096
#: The largest ball of a preview, in rows.
_MAX_BALL_SIZE = 512


def inspect(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the size, the clipped share and the warnings of an image."""
    from lanet_core.files import read_ldr
    from lanet_core.pipeline.exposure import clipped_fraction
    from lanet_core.pipeline.panorama import panorama_from_image

    options = reading_options(request)
    image = read_ldr(Path(text_of(request, "source")))
    panorama = panorama_from_image(image, options)
    return {
        "width": panorama.width,
        "height": panorama.height,
        "clipped_fraction": clipped_fraction(panorama, options.white),
        "warnings": [*image.warnings, *panorama.warnings],
    }


def thumbnail(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a small image of an HDR panorama."""
    from lanet_core.files import read_hdr
    from lanet_core.pipeline.scene_kind import scene_kind
    from lanet_core.pipeline.thumbnail import thumbnail

    height = request.get("height")
    if type(height) is not int or not 1 <= height <= _MAX_THUMBNAIL_HEIGHT:
        raise RequestError(
            "The request has no valid height.", remedy=f"Use a number of rows from 1 to {_MAX_THUMBNAIL_HEIGHT}."
        )
    hdr = read_hdr(Path(text_of(request, "source")))
    image = thumbnail(hdr, height)
    pixels = base64.b64encode(image.tobytes()).decode("ascii")
    kind = {"kind": scene_kind(hdr)} if request.get("kind", False) else {}
    return {"width": image.shape[1], "height": image.shape[0], "rgb_srgb8_base64": pixels, **kind}


def lights(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the concentrated lights of an HDR panorama; write it without some of them if requested."""
    from lanet_core.files import read_hdr
    from lanet_core.pipeline.light_list_files import write_rest
    from lanet_core.reconstruction.light_list import find_lights, without_lights

    source, take = Path(text_of(request, "source")), request.get("take", [])
    hdr = read_hdr(source)
    lights = find_lights(hdr)
    if not isinstance(take, list) or not all(type(each) is int and 0 <= each < len(lights) for each in take):
        if not lights:
            raise RequestError("No light of the map is small and bright enough.", remedy="Leave the map as it is.")
        raise RequestError(f"There are {len(lights)} lights.", remedy="Use a list of their indices, from 0.")
    result: dict[str, Any] = {"lights": [light.facts() for light in lights]}
    if request.get("output"):
        rest = without_lights(hdr, [lights[each] for each in take])
        result["output"] = text_of(request, "output")
        write_rest(Path(result["output"]), rest, source, take)
    return result


def calibrate(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the factor of the light by which a surface has its albedo."""
    from lanet_core.files import read_hdr
    from lanet_core.reconstruction.surface_calibration import above_white, solve_surface

    surface = surface_of(request)
    if surface is None:
        raise RequestError("The request has no albedo.", remedy="Add the albedo of a surface.")
    hdr = read_hdr(Path(text_of(request, "source")))
    added = above_white(hdr)
    return asdict(solve_surface(hdr - added, added, surface))


def bake(request: Mapping[str, Any]) -> dict[str, Any]:
    """Write an HDR panorama with changed light."""
    from lanet_core.files import read_hdr
    from lanet_core.pipeline.light_baking import bake
    from lanet_core.pipeline.light_list_files import write_derived

    source, output, change = Path(text_of(request, "source")), text_of(request, "output"), light_change(request)
    comments = "HDR environment light with baked changes"
    write_derived(Path(output), bake(read_hdr(source), change), source, change.description(), comments)
    return {"output": output}


def ground(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the light on the ground under an HDR panorama."""
    from lanet_core.files import read_hdr
    from lanet_core.pipeline.ground_light import ground_irradiance

    light = ground_irradiance(read_hdr(Path(text_of(request, "source"))))
    shares = {"base_shares": light.base_shares.tolist(), "added_shares": light.added_shares.tolist()}
    numbers = {"peak": light.peak, "softness": light.softness}
    return {"base": light.base.tolist(), "added": light.added.tolist(), **shares, **numbers}


def balls(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return balls lit by a photograph and by its HDR."""
    from lanet_core.files import read_hdr, read_ldr
    from lanet_core.pipeline.panorama import panorama_from_image
    from lanet_core.pipeline.preview import small_balls

    size = request.get("size")
    if type(size) is not int or not 1 <= size <= _MAX_BALL_SIZE:
        raise RequestError("The request has no valid size.", remedy=f"Use a number from 1 to {_MAX_BALL_SIZE}.")
    photograph = panorama_from_image(read_ldr(Path(text_of(request, "source"))), reading_options(request))
    pixels = small_balls(photograph.rgb_linear, read_hdr(Path(text_of(request, "hdr"))), size)
    encoded = base64.b64encode(pixels.tobytes()).decode("ascii")
    return {"width": pixels.shape[1], "height": pixels.shape[0], "rgba_srgb8_base64": encoded}
