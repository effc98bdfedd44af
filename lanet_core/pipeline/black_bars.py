"""Black bars at the edges of an image: margins that no camera captured.

A bar consists of whole rows or columns of one code near black, from an edge of the image to a sharp step. In a JPEG the
codes of a bar below 16 pixels vary a little. Unlike a bar, the black sky of a night ends in a skyline, or covers half
of the image.
"""

from __future__ import annotations

import numpy as np

from lanet_core.files.ldr_image import LdrImage

#: The brightest code of a bar, and of what a JPEG makes of its last block, of 255.
_BLACK, _NEAR_BLACK = 2, 8
#: Rows of a block of a JPEG whose colour has half the size.
_BLOCK = 16
#: Shares of the image that a bar takes at least and at most.
_LEAST, _MOST = 0.01, 0.4
#: Share of the pixels behind the step that are brighter than black.
_SHARP = 0.8
#: A bar that ends within the first block of a JPEG is not of one code: its fewest lines, the mean of the channels that
#: ringing leaves of 255, the share of each line below it, and the least mean behind the step.
_FEWEST_LINES, _RINGING, _DARK_SHARE, _BEHIND = 3, 16, 0.97, 32


def black_bars(image: LdrImage) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return which pixels of an image are black bars.

    Args:
        image: any image; its samples are compared as they are stored.

    Returns:
        (H, W) bool, None without bars, and a warning that names them.
    """
    samples = image.samples
    across = samples.swapaxes(0, 1)
    unit = np.iinfo(samples.dtype).max / 255.0 if samples.dtype.kind == "u" else 0.0
    top, bottom, left, right = (_dark_lines(each, unit) for each in (samples, samples[::-1], across, across[::-1]))
    height, width = samples.shape[:2]
    rows, columns = slice(top, height - bottom), slice(left, width - right)
    top, bottom = (
        _with_step(each, size, unit) for each, size in ((samples[:, columns], top), (samples[::-1, columns], bottom))
    )
    left, right = (
        _with_step(each, size, unit) for each, size in ((across[:, rows], left), (across[::-1, rows], right))
    )
    sizes = {"top": top, "bottom": bottom, "left": left, "right": right}
    if not any(sizes.values()):
        return None, ()
    mask = np.ones((height, width), dtype=bool)
    mask[top : height - bottom, left : width - right] = False
    if image.transparent is not None and image.transparent[mask].all():
        return None, ()  # transparent, which has a warning of its own
    names = ", ".join(f"{name} {size} pixels" for name, size in sizes.items() if size)
    return mask, (f"Black bars count as not captured: {names}.",)


def _dark_lines(lines: np.ndarray, unit: float) -> int:
    """Return how many lines from the first on are a bar; arguments as of :func:`_even_lines`."""
    return _even_lines(lines, unit) or _lines_in_block(lines, unit)


def _lines_in_block(lines: np.ndarray, unit: float) -> int:
    """Return how many lines are a bar that ends within the first block of a JPEG; arguments as above."""
    first = lines[: _BLOCK + 1].mean(axis=-1)
    is_dark = (first <= _RINGING * unit).mean(axis=1) >= _DARK_SHARE
    size = int(is_dark.argmin())
    if size < max(_FEWEST_LINES, _LEAST / 2 * len(lines)):
        return 0
    return size if (first[size] > _BEHIND * unit).mean() >= _SHARP else 0


def _even_lines(lines: np.ndarray, unit: float) -> int:
    """Return how many lines of (N, M, C) samples from the first on have one code near black; 0 if that is no bar.

    Args:
        lines: rows or columns from an edge.
        unit: samples of a code of 255; 0 for floats, of which a bar is exactly black.
    """
    code, most = lines[0, 0, 0], int(_MOST * len(lines))
    if code > _BLACK * unit:
        return 0
    size = next((number for number, line in enumerate(lines[: most + 1]) if (line != code).any()), most + 1)
    return size if _LEAST * len(lines) <= size <= most else 0


def _with_step(lines: np.ndarray, size: int, unit: float) -> int:
    """Return the lines of a bar of ``size`` lines with those that a JPEG has blurred; 0 if no sharp step follows."""
    end = size
    while 0 < end < size + _BLOCK and np.median(lines[end].max(axis=-1)) <= _NEAR_BLACK * unit:
        end += 1
    end += end > size  # the last line of a block is a mixture
    return end if end and (lines[end].max(axis=-1) > _BLACK * unit).mean() >= _SHARP else 0
