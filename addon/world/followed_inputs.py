"""The inputs of a world that lamps, the ground and the backplate follow: those of the nodes that light it now.

A node may be renamed or replaced, or moved into a group.
"""

from __future__ import annotations

from collections.abc import Sequence

from bpy.types import FCurve, Node, NodeSocket, Scene, ShaderNodeMapping

from .drivers import driven_socket
from .environment_texture import EnvironmentTexture
from .graph import find_environment_texture, remembered_pair, textures_showing
from .ground_group import STRENGTH
from .light_group import HIGHLIGHTS, SATURATION, WARMTH
from .light_inputs import LightInputs
from .rendered_world import rendered_world


class FollowedInputs:
    """What the drivers of a converted scene follow, as its nodes are linked now.

    The lists contain the node or the socket of every texture that shows the result, that of the lighting one first.

    Args:
        scene: any; the lists are empty for one that was not converted.

    Attributes:
        is_lit: whether a texture shows the result or its photograph; if not, nothing is followed anew.
        mappings: Mapping nodes that turn the textures.
        strengths: sockets with the strength of the textures.
        lights: 'LANet Light' nodes; a muted one changes nothing.
    """

    def __init__(self, scene: Scene) -> None:
        found = [LightInputs.of(each.node) for each in _textures(scene)]
        self.is_lit = bool(found)
        self.mappings = [each.mapping for each in found if each.mapping is not None]
        self.strengths = [each.strength for each in found if each.strength is not None]
        self.lights = [each.light for each in found if each.light is not None and not each.light.mute]

    @property
    def mapping(self) -> ShaderNodeMapping | None:
        """The node that turns what lights the scene, None if there is none."""
        return self.mappings[0] if self.mappings else None

    @property
    def key(self) -> tuple[object, ...]:
        """What differs when drivers have to change."""
        followed = [*self.mappings, *self.strengths, *self.lights]
        places = [(each.id_data.session_uid, each.path_from_id()) for each in followed]
        return (self.is_lit, *places, *(each.vector_type for each in self.mappings))

    def of_empty(self, curve: FCurve, variable: str) -> Sequence[Node | NodeSocket] | None:
        """Return what a driver of the lamps' empty can follow; None for the driver of another."""
        return self._if_lit(self.mappings if curve.data_path in ("rotation_euler", "scale") else None)

    def of_lamp(self, curve: FCurve, variable: str) -> Sequence[Node | NodeSocket] | None:
        """Return what a variable in a driver of a lamp's data can follow; None for the driver of another."""
        if curve.data_path not in ("exposure", "energy"):
            return None
        return self._if_lit({"strength": self.strengths, "highlights": self.lights}.get(variable))

    def of_ground(self, curve: FCurve, variable: str) -> Sequence[Node | NodeSocket] | None:
        """Return what a variable in a driver of the ground's material can follow; None for the driver of another."""
        socket = driven_socket(curve)
        if socket is None:
            return None
        if socket.node.type == "MAPPING":
            return self._if_lit(self.mappings)
        if socket.node.type == "VALUE":
            return self._if_lit(self.lights if variable in ("limit", "ev") else None)
        if socket.name == STRENGTH:
            return self._if_lit(self.strengths)
        return self._if_lit(self.lights if socket.name in (HIGHLIGHTS, WARMTH, SATURATION) else None)

    def _if_lit(self, found: Sequence[Node | NodeSocket] | None) -> Sequence[Node | NodeSocket] | None:
        return found if self.is_lit else None


def _textures(scene: Scene) -> list[EnvironmentTexture]:
    pair = remembered_pair(rendered_world(scene))
    if pair is None:
        return []
    lighting = find_environment_texture(scene)
    return sorted(textures_showing(scene, *pair.images), key=lambda each: each != lighting)
