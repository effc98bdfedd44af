"""Texts in the language of Blender's interface.

Blender translates labels, names and tooltips by the catalogues that :func:`add_languages` registers. Texts that are put
together are translated by :func:`tr`. Paths, names and the converter's own messages stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from .message_catalogue import read_catalogue

_FOLDER = Path(__file__).with_name("languages")
#: Blender looks names of operators up in a context of their own.
_CONTEXTS = ("*", "Operator")


def tr(text: str, /, **values: object) -> str:
    """Return a text in the language of the interface.

    Args:
        text: in English, with the names of values in braces.
        values: what is put in their place.
    """
    translated = bpy.app.translations.pgettext_iface(text)
    return translated.format(**values) if values else translated


def add_languages() -> None:
    """Register the catalogues."""
    languages = {path.stem: read_catalogue(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.po"))}
    texts = {
        language: {(context, text): translation for context in _CONTEXTS for text, translation in catalogue.items()}
        for language, catalogue in languages.items()
    }
    bpy.app.translations.register(__package__, texts)


def remove_languages() -> None:
    """Unregister them."""
    bpy.app.translations.unregister(__package__)
