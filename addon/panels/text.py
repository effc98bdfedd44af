"""Sentences in a panel, broken into lines: Blender's labels are cut off at the panel's edge."""

from __future__ import annotations

import re
import unicodedata

from bpy.types import Context, UILayout

from ..translation import tr

#: A letter's mean width and a panel's margins and icon, in pixels of an unscaled interface.
_LETTER_PX = 6.2
_MARGIN_PX = 60.0
_FEWEST_LETTERS = 16
_WIDE_LETTERS = 30
#: Words with the space behind them, and single wide characters with the punctuation behind them.
_PARTS = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef][、。，．：；）」]*\s*|[^\s\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]+\s*|\s+"
)


def draw_text(layout: UILayout, context: Context, text: str, *, icon: str = "NONE", alert: bool = False) -> None:
    """Draw a text in as many lines as the panel's width needs.

    Args:
        layout: where.
        context: of the region that is drawn.
        text: one or more sentences.
        icon: before the first line.
        alert: draw it in the colour of errors.
    """
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    for line in wrapped(tr(text), letters_a_line(context)):
        column.label(text=line, icon=icon, translate=False)
        icon = "BLANK1" if icon != "NONE" else "NONE"


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines; Chinese and Japanese may be broken at every character, which is two letters wide.

    Args:
        text: one or more sentences.
        width: of a line, in Latin letters.
    """
    lines = [""]
    for part in _PARTS.findall(text):
        for piece in [part] if _width(part) <= width else part:  # a word that is longer than a line
            if _width(lines[-1] + piece.rstrip()) > width and lines[-1]:
                lines[-1] = lines[-1].rstrip()
                lines.append("")
            lines[-1] += piece if lines[-1] or not piece.isspace() else ""
    lines[-1] = lines[-1].rstrip()
    return [line for line in lines if line]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def letters_a_line(context: Context) -> int:
    """Return how many letters fit next to an icon in the region that is drawn, about."""
    width = context.region.width / context.preferences.system.ui_scale if context.region else 300.0
    return max(_FEWEST_LETTERS, int((width - _MARGIN_PX) / _LETTER_PX))


def is_wide(context: Context) -> bool:
    """Return whether long names fit, such as that of the panel's button."""
    return letters_a_line(context) >= _WIDE_LETTERS
