"""The images of the extension: the X server's file, and the panels side by side."""

from __future__ import annotations

import struct

import numpy as np
from builder_scripts import extension_images

SIDEBAR = (48, 48, 48)


def test_the_screen_is_read_as_its_format_specifies(tmp_path):
    # X11/XWDFile.h: 25 numbers; of these the header's size, width, height, bytes a row and colours count here.
    header = [0] * 25
    header[0], header[1], header[4], header[5], header[12], header[19] = 100 + 8, 7, 3, 2, 16, 1
    pixels = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)  # blue, green, red, nothing; a pixel to pad a row
    path = tmp_path / "screen.xwd"
    path.write_bytes(struct.pack(">25I", *header) + bytes(8) + bytes(12) + pixels.tobytes())
    read = extension_images.read_xwd(path)
    assert read.shape == (2, 3, 3)
    assert read[0, 0].tolist() == [2, 1, 0] and read[1, 2].tolist() == [26, 25, 24]


def test_panels_reach_as_far_down_as_the_longest():
    windows = [np.full((300, 400, 3), SIDEBAR, np.uint8) for _ in range(2)]
    for window, (last, colour) in zip(windows, ((80, 90), (140, 120)), strict=True):
        window[30:last, 215:300] = colour
        window[:, :200] = window[:, 390:] = 255  # the view, and the editor's frame
    both = extension_images.panels_in_a_row(windows, (200, 20, 190, 260))
    gap = extension_images._GAP
    assert both.shape == (140 - 20 + gap, 2 * 190 + gap, 3)
    assert both[140 - 20 - 1, 190 + gap + 50].tolist() == [120] * 3 and both[-1, 20].tolist() == list(SIDEBAR)
    assert (both[:, 190 : 190 + gap] == 255).all()
