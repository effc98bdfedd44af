"""Settings of a world for its render engines, fitted to the lights of its map.

EEVEE casts shadows of the part of a world above a threshold, as of a sun. Cycles samples a world by an importance map,
whose cells should be smaller than the smallest strong light. Settings that an artist has changed are left alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bpy.types import World

from ..worker.light_facts import LightFacts

#: The main light casts EEVEE's shadow if it has at least this share of all concentrated light.
_MAIN_SHARE = 0.7
_SUN_ANGLE_RAD = math.radians(0.53)
#: Blender's own values.
_DEFAULT_THRESHOLD, _DEFAULT_ANGLE_RAD = 10.0, 0.009180432
#: On a world: the values that were set here, which may be set again.
_MARK = "lanet_engines"
_RESOLUTIONS = (512, 1024, 2048, 4096)


def fit_engines(world: World, lights: Sequence[LightFacts]) -> None:
    """Fit a world's settings to the lights of its map.

    Args:
        world: local.
        lights: of :meth:`lanet_core.reconstruction.light_list.ConcentratedLight.facts`, that of most energy first.
    """
    if not lights:
        return
    ours = world.get(_MARK, {})
    done: dict[str, float] = {}
    cycles = getattr(world, "cycles", None)
    if cycles is not None and (
        cycles.sampling_method == "AUTOMATIC" or cycles.sample_map_resolution == ours.get("resolution")
    ):
        done["resolution"] = map_resolution(min(light["radius_rad"] for light in lights))
        cycles.sampling_method, cycles.sample_map_resolution = "MANUAL", done["resolution"]
    main = lights[0]
    casts_the_shadow = main["share"] >= _MAIN_SHARE * sum(light["share"] for light in lights)
    if hasattr(world, "sun_threshold") and casts_the_shadow:
        if _is_free(world.sun_threshold, _DEFAULT_THRESHOLD, ours.get("threshold")):
            world.sun_threshold = max(1.0, 2.0 * max(main["surroundings"]))
            done["threshold"] = world.sun_threshold
        if _is_free(world.sun_angle, _DEFAULT_ANGLE_RAD, ours.get("angle")):
            world.sun_angle = max(_SUN_ANGLE_RAD, 2.0 * main["radius_rad"])
            done["angle"] = world.sun_angle
    world[_MARK] = done


def map_resolution(radius_rad: float) -> int:
    """Return the columns of an importance map whose cells are no wider than half a light's diameter."""
    needed = 2.0 * math.pi / radius_rad
    return next((each for each in _RESOLUTIONS if each >= needed), _RESOLUTIONS[-1])


def _is_free(value: float, default: float, ours: float | None) -> bool:
    """Return whether a setting is Blender's own or was set here."""
    return any(each is not None and math.isclose(value, each, rel_tol=1e-4) for each in (default, ours))
