"""The light of a scene as an EXR for other programs: rotation, strength and sliders baked into the map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bpy.types import Scene
from mathutils import Euler

from ..converter_settings import ConversionSettings
from ..errors import AddonError
from ..files.result_files import SUFFIX
from ..source.sources import file_of
from ..worker.shared import SharedWorker
from ..world.graph import find_environment_texture, remembered_pair
from ..world.light_group import HIGHLIGHTS, PEAK_LIMIT, has_curve, is_animated, sliders_of
from ..world.light_inputs import LightInputs
from ..world.light_notes import altered
from ..world.light_tint import tint_values, warmth_gains
from ..world.obstacles import check_no_obstacle
from ..world.rendered_world import rendered_world
from .hdr_work import HdrWork
from .stepped_work import State
from .unsaved_results import is_unsaved


class LightBake(HdrWork):
    """The baking of a scene's light, at the current frame. Nothing of the .blend changes.

    The whole HDR is baked, with the lights that lamps stand for.

    Args:
        worker: the session's.
        scene: one that a conversion has lit.
        settings: from the preferences.
        filepath: the OpenEXR file to write; next to the HDR by default. A file that is not of the same light is kept,
            and the new one is numbered.

    Attributes:
        output: the written file, once FINISHED.
        notes: remarks for the user on it.

    Raises:
        AddonError: the scene was not converted, or the HDR's file is missing or temporary.
    """

    def __init__(
        self, worker: SharedWorker, scene: Scene, settings: ConversionSettings, filepath: str | Path = ""
    ) -> None:
        check_no_obstacle(scene)
        pair = remembered_pair(rendered_world(scene))
        texture = find_environment_texture(scene)
        if pair is None or texture is None:
            raise AddonError("This world has no converted environment. Convert one first.")
        if not filepath and is_unsaved(pair.hdr):
            raise AddonError("The baked file is written next to the HDR. Save the .blend file first.")
        super().__init__(worker, pair.hdr, "Baking the light")
        file = file_of(pair.hdr)
        place = filepath or file.with_name(f"{file.name.removesuffix(SUFFIX).removesuffix('.exr')}_baked{SUFFIX}")
        self.output = Path(place)
        inputs = LightInputs.of(texture.node)
        self.notes = [*altered(scene), *_not_baked(scene, inputs)]
        change = _change(inputs)
        self.ask(settings.worker, lambda client, source: client.bake(source, self.output, change))

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Take note of the file's name, which may be numbered."""
        self.output = Path(facts["output"])
        self.state = State.FINISHED


def _change(inputs: LightInputs) -> dict[str, Any]:
    """Return what the nodes of a texture change of its map, as `LightChange` of the worker."""
    change: dict[str, Any] = {}
    if inputs.light is not None and not inputs.light.mute:
        warmth, saturation = tint_values(inputs.light)
        change = {
            "highlights_ev": inputs.light.inputs[HIGHLIGHTS].default_value,
            "peak_limit": inputs.light.inputs[PEAK_LIMIT].default_value,
            "gains": list(warmth_gains(warmth)),
            "saturation": saturation,
        }
    if inputs.strength is not None:
        change["strength"] = inputs.strength.default_value
    mapping = inputs.mapping
    if mapping is not None and not mapping.inputs["Rotation"].is_linked:
        matrix = Euler(mapping.inputs["Rotation"].default_value).to_matrix()
        if mapping.vector_type == "TEXTURE":
            matrix.transpose()
        change["rotation"] = [value for row in matrix for value in row]
    return change


def _not_baked(scene: Scene, inputs: LightInputs) -> list[str]:
    """Return what the nodes of a texture change and is not in :func:`_change`, one sentence each."""
    notes, mapping, light = [], inputs.mapping, inputs.light
    if inputs.strength is None:
        notes.append("The strength is not a value of its own. It was not baked.")
    if mapping is not None and mapping.inputs["Rotation"].is_linked:
        notes.append(f"The rotation of “{mapping.name}” is linked. It was not baked.")
    if mapping is not None and tuple(mapping.inputs["Scale"].default_value) != (1.0, 1.0, 1.0):
        notes.append(f"The scale of “{mapping.name}” was not baked.")
    sockets = [] if mapping is None else [mapping.inputs["Rotation"]]
    sockets += [] if inputs.strength is None else [inputs.strength]
    sliders = [] if light is None or light.mute else sliders_of(light)
    if any(map(has_curve, sockets)) or any(is_animated(light, name) for name in sliders):
        notes.append(f"The light is animated. Frame {scene.frame_current} was baked.")
    return notes
