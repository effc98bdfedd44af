"""HTML as a tree, so that nothing can be left unescaped or unclosed."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import Element, tostring

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def element(tag: str, *children: str | Element | None, **attributes: str | float | bool | None) -> Element:
    """Return an HTML or SVG element.

    Args:
        tag: its name.
        children: text and elements in their order; None is left out.
        attributes: by name, with ``_`` for ``-`` and a ``_`` behind a name that is a keyword of Python; None and False
            leave the attribute out, True gives it its own name.
    """
    result = Element(tag)
    for name, value in attributes.items():
        if value is not None and value is not False:
            name = name.rstrip("_").replace("_", "-")
            result.set(name, name if value is True else str(value))
    for child in children:
        append(result, child)
    return result


def append(parent: Element, child: str | Element | None) -> None:
    """Put text or an element behind the last child of another."""
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + child
    else:
        parent.text = (parent.text or "") + child


def block(tag: str, children: Iterable[Element | None], **attributes: str | float | bool | None) -> Element:
    """Return an element with a line break behind each child, for people who read the page's source."""
    result = element(tag, "\n", **attributes)
    for child in children:
        append(result, child)
        append(result, "\n")
    return result


def document(root: Element) -> str:
    """Return a page's text: the HTML standard's syntax (WHATWG, section 13.1)."""
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def address(relative_path: str) -> str:
    """Return a file's address relative to the page, percent-encoded (RFC 3986, 2.1)."""
    return quote(relative_path, safe="/", errors="surrogateescape")


def image(folder: Path, relative_path: str, alternative: str, **attributes: str | float | bool | None) -> Element:
    """Return an image that is loaded when it comes into view, or a word in its place if there is no such file.

    Args:
        folder: where the page will be.
        relative_path: the PNG's path from there; may be empty.
        alternative: what the image shows, for those who cannot see it.
        attributes: further attributes.
    """
    size = png_size(folder / relative_path) if relative_path else None
    if size is None:
        return element("span", "no image", class_="missing", role="img", aria_label=f"{alternative}: no image")
    # With its size known the page does not jump, and images far below really are loaded late.
    width, height = size
    source = address(relative_path)
    return element("img", src=source, alt=alternative, width=width, height=height, loading="lazy", **attributes)


def png_size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a PNG (ISO/IEC 15948, 11.2.2), None if the file is none or is missing."""
    try:
        with path.open("rb") as file:
            head = file.read(24)
    except (OSError, ValueError):
        return None
    if len(head) < 24 or head[:8] != _PNG_SIGNATURE:
        return None
    return struct.unpack(">II", head[16:24])
