"""Sentences in a panel, broken into lines: Blender's labels are cut off at the panel's edge."""

from __future__ import annotations

import textwrap

from bpy.types import Context, UILayout

#: A letter's mean width and a panel's margins and icon, in pixels of an unscaled interface.
_LETTER_PX = 6.2
_MARGIN_PX = 60.0
_FEWEST_LETTERS = 16
_WIDE_LETTERS = 30


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
    for line in textwrap.wrap(text, letters_a_line(context), break_long_words=True):
        column.label(text=line, icon=icon, translate=False)
        icon = "BLANK1" if icon != "NONE" else "NONE"


def letters_a_line(context: Context) -> int:
    """Return how many letters fit beside an icon in the region that is drawn, about."""
    width = context.region.width / context.preferences.system.ui_scale if context.region else 300.0
    return max(_FEWEST_LETTERS, int((width - _MARGIN_PX) / _LETTER_PX))


def is_wide(context: Context) -> bool:
    """Return whether long names fit, such as that of the panel's button."""
    return letters_a_line(context) >= _WIDE_LETTERS
