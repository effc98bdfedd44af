"""The button: convert the environment of a scene."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from .. import session
from ..conversion.running_work import Ending
from ..conversion.scene import WorldConversion
from ..conversion.stepped_work import State
from ..errors import AddonError
from ..files.result_files import PATTERN
from ..messages import about
from ..settings import conversion_settings, worker_settings
from ..translation import tr
from ..world.asset import mark_as_asset
from ..world.graph import environment_image
from ..world.rendered_world import rendered_world
from .background_work import BackgroundWork


class ConvertEnvironment(BackgroundWork, Operator):
    """Reconstruct the light that is clipped in this scene's environment image, and light the scene by it.

    From Python, ``bpy.ops.lanet.convert_environment()`` returns when it is done, and raises ``RuntimeError`` if it
    fails. By ``"INVOKE_DEFAULT"`` it returns at once and continues in the background, as by the button.
    """

    bl_idname = "lanet.convert_environment"
    bl_label = "Convert LDR Environment to HDR"
    bl_description = "Reconstruct the light that is clipped in the environment image, and light the scene by it"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    # Hidden, for a change in the panel of the last operation would convert again.
    filepath: StringProperty(
        name="File",
        description="An image file to convert in place of the world's image",
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    pack: BoolProperty(
        name="Pack",
        description="Pack the result into the .blend file; by default as the preferences specify",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    folder: StringProperty(
        name="Output Folder",
        description="Folder of the EXR file, instead of that of the preferences",
        subtype="DIR_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    name_pattern: StringProperty(
        name="Name",
        description="Name of the EXR file without its extension; {stem} stands for that of the image",
        default=PATTERN,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    asset: BoolProperty(
        name="Mark as Asset",
        description="Mark the world as an asset, with a preview that shows its HDR image",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def execute(self, context: Context) -> set[str]:
        """Convert and return when it is done."""
        conversion = self._begin(context)
        if conversion is None:
            return {"CANCELLED"}
        result = self.do(conversion, self._ending(context))
        if self.asset:
            session.current().worker.wait()  # for the preview
        return result

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Convert while Blender continues."""
        if bpy.app.background:
            return self.execute(context)
        conversion = self._begin(context)
        return self.go_on(context, conversion, self._ending(context)) if conversion else {"CANCELLED"}

    def _begin(self, context: Context) -> WorldConversion | None:
        scene, current = context.scene, session.current()
        settings = conversion_settings(pack=self.pack if self.properties.is_property_set("pack") else None)
        settings = replace(settings, folder=self.folder or settings.folder, pattern=self.name_pattern)
        image = scene.lanet.image if environment_image(scene) is None else None
        current.show_text()
        try:
            return WorldConversion(current.worker, scene, settings, filepath=self.filepath, image=image)
        except AddonError as error:
            current.show_text(str(error), is_error=True, scene=scene)
            self.report({"ERROR"}, str(error))
            return None

    def _ending(self, context: Context):
        # The operator does not outlive its call: nothing of it may be used later.
        return partial(ending, scene_uid=context.scene.session_uid, asset=self.asset)


def ending(work: WorldConversion, *, scene_uid: int, asset: bool) -> Ending:
    """Return how a conversion ended; mark the world as an asset if that is requested."""
    scene = next((each for each in bpy.data.scenes if each.session_uid == scene_uid), None)
    if work.details:
        print(f"LANet IBL: {work.details}")
    if work.state is State.FINISHED:
        texts = (describe(work), *work.notes, *(_mark(scene) if asset else ()))
        return Ending(about(scene, *texts), "INFO", has_changed=True)
    text = work.message if work.state is State.FAILED else "Cancelled. Nothing was changed."
    is_error = work.state is State.FAILED
    return Ending(
        about(scene or bpy.context.scene, text, is_error=is_error), "ERROR" if is_error else "INFO", has_changed=False
    )


def describe(conversion: WorldConversion) -> str:
    """Return what a finished conversion has brought, in a sentence."""
    clipped, peak_ev = conversion.facts["clipped_fraction"], conversion.facts["peak_ev"]
    share = f"{100.0 * clipped:.2g}"
    if peak_ev is None:
        return tr("{name}: {share} % was clipped.", name=conversion.name, share=share)
    return tr(
        "{name}: {share} % was clipped; the brightest light is now {peak} EV above white.",
        name=conversion.name,
        share=share,
        peak=f"{peak_ev:.1f}",
    )


def _mark(scene: bpy.types.Scene) -> list[str]:
    """Mark the scene's world as an asset; return why that was not possible, if so."""
    current = session.current()
    try:
        mark_as_asset(rendered_world(scene), current.worker, worker_settings())
    except AddonError as error:
        return [str(error)]
    current.look_after()
    return []
