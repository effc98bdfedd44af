"""Images framed for a network."""

from __future__ import annotations

import numpy as np
import pytest

from render_eval.methods.framing import run_framed


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize(("size", "multiple", "margin"), [((30, 60), 32, 8), ((32, 64), 32, 0), ((30, 70), 1, 3)])
def test_a_frame_continues_the_image_and_is_taken_off_again(wraps, size, multiple, margin):
    height, width = size
    image = np.random.default_rng(0).random((height, width, 3), np.float32)
    seen = []

    def run(framed: np.ndarray) -> np.ndarray:
        seen.append(framed)
        return framed * 2.0

    result = run_framed(run, image, multiple=multiple, margin=margin, wraps=wraps)
    np.testing.assert_array_equal(result, image * 2.0)
    (framed,) = seen
    assert framed.shape[0] % multiple == framed.shape[1] % multiple == 0
    top, left = (framed.shape[0] - height) // 2, (framed.shape[1] - width) // 2
    assert left >= margin
    assert framed.shape[1] - left - width >= margin
    middle = framed[top : top + height]
    for column in range(framed.shape[1]):
        place = column - left
        mirrored = -1 - place if place < 0 else min(place, 2 * width - 1 - place)
        source = place % width if wraps else mirrored
        np.testing.assert_array_equal(middle[:, column], image[:, source])
    for row in range(framed.shape[0]):
        place = row - top
        source = -1 - place if place < 0 else min(place, 2 * height - 1 - place)
        np.testing.assert_array_equal(framed[row, left : left + width], image[source])
