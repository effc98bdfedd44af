"""The buttons next to the lights found."""

from __future__ import annotations

from typing import ClassVar

from bpy.props import EnumProperty, IntProperty
from bpy.types import Operator, Scene

from ..conversion.lamp_placing import LampPlacing
from ..conversion.running_work import Ending
from ..messages import about
from ..session import ExtensionSession
from ..settings import conversion_settings
from ..translation import tr
from ..world.graph import lighting_node
from ..world.light_notes import not_shared
from ..world.strength import strength_after
from .hdr_work_operator import HdrWorkOperator


class AddSunLamp(HdrWorkOperator, Operator):
    """Add a sun or an area lamp for a light of the environment, and take that light out of the map.

    So nothing is counted twice.

    From Python, ``bpy.ops.lanet.add_sun_lamp(index=0)`` returns when it is done, and raises ``RuntimeError`` if it
    fails.
    """

    bl_idname = "lanet.add_sun_lamp"
    bl_label = "Add Sun Lamp"
    bl_description = (
        "Add a lamp with this light's direction, colour, size and strength, in place of the light in the map"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    index: IntProperty(
        name="Light", description="The light's number, from 0 for the strongest", min=0, options={"HIDDEN", "SKIP_SAVE"}
    )

    kind: EnumProperty(
        name="Lamp",
        items=(
            ("SUN", "Sun", "Parallel light, the same everywhere in the scene"),
            ("AREA", "Area", "A disc 5 m from the origin, for windows and lamps nearby"),
        ),
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def start(self, current: ExtensionSession, scene: Scene) -> LampPlacing:
        """Begin the placing."""
        return LampPlacing(current.worker, scene, conversion_settings(), (self.index,), self.kind)

    @staticmethod
    def success(scene: Scene, work: LampPlacing) -> Ending:
        """Return the message of added lamps."""
        names = ", ".join(lamp.name for lamp in work.lamps)
        texts = [tr("{names}: The light was taken out of the map.", names=names)]
        if strength_after(lighting_node(scene)) is None:
            texts.append(tr("The world's strength is linked. Set the strength of the lamps by hand."))
        texts += not_shared(scene)
        return Ending(about(scene, *texts), "INFO", has_changed=True)
