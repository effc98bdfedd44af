"""The preferences as settings of the worker and of conversions."""

from __future__ import annotations

from pathlib import Path

import bpy

from .converter_settings import ConversionSettings, WorkerSettings

#: The package of the extension: its key in Blender's preferences.
EXTENSION = __package__


def preferences() -> bpy.types.AddonPreferences:
    """Return the preferences of the extension, which is enabled; see :class:`addon.preferences.Preferences`."""
    return bpy.context.preferences.addons[EXTENSION].preferences


def worker_settings() -> WorkerSettings:
    """Return the preferences for the worker."""
    chosen = preferences()
    return WorkerSettings(
        model=bpy.path.abspath(chosen.model.strip()) or None,
        provider=chosen.provider or "auto",  # empty if set on another system
        threads=chosen.threads or None,
        idle_s=60.0 * chosen.warm_minutes,
    )


def conversion_settings(*, pack: bool | None = None) -> ConversionSettings:
    """Return the preferences for a conversion.

    Args:
        pack: overrides the preference for packing.
    """
    chosen = preferences()
    return ConversionSettings(
        worker=worker_settings(),
        folder=chosen.folder,
        precision=chosen.precision,
        pack=chosen.pack if pack is None else pack,
    )


def is_valid_folder(folder: str) -> bool:
    """Return whether a folder is relative to the .blend, absolute, or left to the default."""
    folder = folder.strip()
    return not folder or folder.startswith("//") or Path(folder).is_absolute()
