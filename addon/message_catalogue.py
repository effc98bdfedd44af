"""Catalogues of translated texts, in the part of gettext's PO format that the extension uses."""

from __future__ import annotations

import ast


def read_catalogue(text: str) -> dict[str, str]:
    """Return the translations of a PO file by their English texts; the header and empty translations are left out.

    Args:
        text: entries of one ``msgid`` and one ``msgstr``, each of one or more quoted strings, and comments.
    """
    entries: list[list[str]] = []
    for line in text.splitlines():
        keyword, _, value = line.strip().partition(" ")
        if keyword == "msgid":
            entries.append([ast.literal_eval(value), ""])
        elif keyword == "msgstr":
            entries[-1][1] = ast.literal_eval(value)
            is_source = False
        elif keyword.startswith('"'):
            entries[-1][1 if not is_source else 0] += ast.literal_eval(line.strip())
        if keyword == "msgid":
            is_source = True
    return {source: translation for source, translation in entries if source and translation}
