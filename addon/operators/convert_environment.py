"""The button: convert the environment of a scene."""

from __future__ import annotations

from typing import ClassVar

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from .. import session
from ..conversion import Conversion
from ..errors import AddonError
from ..picture_conversion import State
from ..progress_display import ProgressDisplay
from ..settings import conversion_settings
from ..world_graph import environment_image


class ConvertEnvironment(Operator):
    """Reconstruct the light that is clipped in this scene's environment image, and light the scene by it.

    From Python, ``bpy.ops.lanet.convert_environment()`` returns when it is done, and raises ``RuntimeError`` if it
    fails. By ``"INVOKE_DEFAULT"`` it goes on in the background, as by the button.
    """

    bl_idname = "lanet.convert_environment"
    bl_label = "Convert LDR Environment to HDR"
    bl_description = "Reconstruct the light that is clipped in the environment image, and light the scene by it"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    # Hidden, for a change in the panel of the last operation would convert again.
    filepath: StringProperty(
        name="File",
        description="A picture file to convert in the place of the world's image",
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    pack: BoolProperty(
        name="Pack",
        description="Pack the result into the .blend file; as the preferences say if it is not given",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether a conversion can begin."""
        if session.current().conversion is not None:
            cls.poll_message_set("A conversion is running")
            return False
        return context.scene is not None

    def execute(self, context: Context) -> set[str]:
        """Convert and return when it is done."""
        if not self._begin(context):
            return {"CANCELLED"}
        try:
            self._conversion.wait()
        finally:
            result = self._end()
        return result

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Convert while Blender goes on."""
        if bpy.app.background:
            return self.execute(context)
        if not self._begin(context):
            return {"CANCELLED"}
        session.current().display = ProgressDisplay(context)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Go on with the conversion; other events are for others."""
        if event.type == "ESC" and event.value == "PRESS":
            self._conversion.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if self._conversion.step() is not State.RUNNING:
            return self._end()
        session.current().display.show(self._conversion)
        return {"PASS_THROUGH"}

    def cancel(self, context: Context) -> None:
        """Blender ends it: the window is closed, or another file loaded."""
        session.current().abandon()

    def _begin(self, context: Context) -> bool:
        scene = context.scene
        settings = conversion_settings(pack=self.pack if self.properties.is_property_set("pack") else None)
        image = scene.lanet.image if environment_image(scene) is None else None
        current = session.current()
        current.say()
        try:
            self._conversion = Conversion(current.worker, scene, settings, filepath=self.filepath, image=image)
        except AddonError as error:
            current.say(str(error), is_error=True)
            self.report({"ERROR"}, str(error))
            return False
        current.conversion = self._conversion
        return True

    def _end(self) -> set[str]:
        """Say how it ended, in the panel and in the status bar."""
        conversion, current = self._conversion, session.current()
        current.finish()
        if conversion.state is State.FINISHED:
            current.say(describe(conversion), *conversion.notes)
            self.report({"INFO"}, " ".join((describe(conversion), *conversion.notes)))
            return {"FINISHED"}
        if conversion.state is State.FAILED:
            if conversion.details:
                print(f"LANet IBL: {conversion.details}")
            current.say(conversion.message, is_error=True)
            self.report({"ERROR"}, conversion.message)
        else:
            current.say("Cancelled. Nothing was changed.")
            self.report({"INFO"}, "The conversion was cancelled. Nothing was changed.")
        return {"CANCELLED"}


def describe(conversion: Conversion) -> str:
    """Return what a finished conversion has brought, in a sentence."""
    clipped, peak_ev = conversion.facts["clipped_fraction"], conversion.facts["peak_ev"]
    text = f"{conversion.name}: {100.0 * clipped:.2g} % was clipped"
    return f"{text}." if peak_ev is None else f"{text}; the brightest light is now {peak_ev:.1f} EV above white."
