"""The modules of tools/ that build and start the extension, for tests; they are scripts and belong to no package."""

from __future__ import annotations

import blender_program
import build_extension
import build_repository
import core_files
import extension_images
import fetch_wheels
import first_use

__all__ = [
    "blender_program",
    "build_extension",
    "build_repository",
    "core_files",
    "extension_images",
    "fetch_wheels",
    "first_use",
]
