"""The manifest of the installed extension."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

MANIFEST = Path(__file__).with_name("blender_manifest.toml")


def read_manifest() -> dict[str, Any]:
    """Return the manifest, see the Blender manual, *Extensions*; the built extension lists its ``wheels`` there."""
    return tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
