"""The buttons *Documentation* and *Report a Bug*; they open the web browser."""

from __future__ import annotations

import bpy
from bpy.types import Context, Operator

from ..support_links import documentation_url, report_url


class OpenDocumentation(Operator):
    """Open the documentation of this version."""

    bl_idname = "lanet.open_documentation"
    bl_label = "Documentation"
    bl_description = "Open the documentation in the web browser"

    def execute(self, context: Context) -> set[str]:
        """Open it."""
        bpy.ops.wm.url_open(url=documentation_url())
        return {"FINISHED"}


class ReportBug(Operator):
    """Open the form for bug reports, with the versions filled in. Nothing else is sent."""

    bl_idname = "lanet.report_bug"
    bl_label = "Report a Bug"
    bl_description = "Open a form in the web browser with the versions filled in. No image is sent"

    def execute(self, context: Context) -> set[str]:
        """Open it."""
        bpy.ops.wm.url_open(url=report_url())
        return {"FINISHED"}
