"""The button in the preferences."""

from __future__ import annotations

from bpy.types import Context, Operator

from .. import session


class CheckConverter(Operator):
    """Report the execution provider in use and why a GPU is unavailable."""

    bl_idname = "lanet.check_converter"
    bl_label = "Check What Runs"
    bl_description = "Report the execution provider in use and why a GPU is unavailable"

    def execute(self, context: Context) -> set[str]:
        """Send the request; the reply appears below the button."""
        session.current().provider.ask()
        return {"FINISHED"}
