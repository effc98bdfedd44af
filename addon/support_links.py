"""Web addresses of the documentation and of the form for bug reports."""

from __future__ import annotations

import platform
from urllib.parse import urlencode

import bpy

from .manifest import read_manifest


def documentation_url() -> str:
    """Return the address of the page about the extension."""
    return f"{read_manifest()['website']}/blob/main/docs/blender.md"


def report_url() -> str:
    """Return the address of the form for bug reports, with the versions filled in. It contains no image and no path."""
    query = urlencode({"template": "bug.yml", "info": versions()})
    return f"{read_manifest()['website']}/issues/new?{query}"


def versions() -> str:
    """Return the versions of the extension, Blender, Python and the operating system, one a line."""
    manifest = read_manifest()
    return "\n".join(
        (
            f"{manifest['name']} {manifest['version']}",
            f"Blender {bpy.app.version_string} ({bpy.app.build_hash.decode()})",
            f"Python {platform.python_version()}",
            f"{platform.system()} {platform.release()}, {platform.machine()}",
        )
    )
