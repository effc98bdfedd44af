"""The strength of lamps follows that of the environment: Strength of the world and Highlights, by a driver."""

from __future__ import annotations

from bpy.types import Light, Scene, World

from .drivers import DriverSource, drive
from .graph import lighting_node
from .light_group import HIGHLIGHTS, NEUTRAL
from .light_inputs import LightInputs

#: On a lamp's data, before Blender 4.5: the strength that an artist can change.
OWN_PROPERTY = "lanet_strength"
_TERMS = {"strength": "strength", "highlights": "pow(2, highlights)"}
#: A smaller strength is none.
_LEAST = 1e-6


class EnvironmentStrength:
    """The factor by which a converted scene's environment multiplies the light of its map above white.

    Args:
        scene: one that a conversion has lit.

    Attributes:
        factor: of the current frame; 1 if there is no light now.
    """

    def __init__(self, scene: Scene) -> None:
        inputs = LightInputs.of(lighting_node(scene))
        self._sources: dict[str, DriverSource] = {}
        factor = 1.0
        if inputs.strength is not None:
            self._sources["strength"] = DriverSource(inputs.strength, inputs.strength.default_value)
            factor *= inputs.strength.default_value
        if inputs.light is not None:
            highlights = inputs.light.inputs[HIGHLIGHTS]
            self._sources["highlights"] = DriverSource(highlights, NEUTRAL[HIGHLIGHTS])
            factor *= 2.0 ** (NEUTRAL[HIGHLIGHTS] if inputs.light.mute else highlights.default_value)
        self.factor = factor if factor > _LEAST else 1.0

    def drive(self, light: Light, world: World) -> None:
        """Let a lamp whose energy is that of :attr:`factor` follow the environment.

        Its exposure follows, so that its energy remains the artist's; Blender before 4.5 has none, and there the energy
        follows, in proportion to a custom property.

        Args:
            light: a lamp's data, without drivers.
            world: that of the scene.
        """
        if not self._sources:
            return
        change = " * ".join([_TERMS[name] for name in self._sources]) + f" / {self.factor:.9g}"
        if hasattr(light, "exposure"):
            expression = f"log(max({change}, {_LEAST})) / log(2)"
            drive(light.driver_add("exposure"), expression, self._sources, world)
            return
        light[OWN_PROPERTY] = light.energy
        curve = light.driver_add("energy")
        drive(curve, f"own * {change}", self._sources, world)
        own = curve.driver.variables.new()
        own.name = "own"
        own.targets[0].id_type, own.targets[0].id = "LIGHT", light
        own.targets[0].data_path = strength_property(light)


def strength_property(light: Light) -> str:
    """Return the path of the property by which an artist sets the strength of a lamp."""
    return f'["{OWN_PROPERTY}"]' if OWN_PROPERTY in light else "energy"
