"""The likely strength of the added light: a range predicted by the model, kept with the HDR image."""

from __future__ import annotations

from collections.abc import Sequence

from bpy.types import Image

from ..translation import tr

#: On an HDR image: the low and the high end, stops.
RANGE_PROPERTY = "lanet_strength_range_ev"


def remember_range(hdr: Image, range_ev: Sequence[float] | None) -> None:
    """Keep the predicted range with an HDR image; None removes a former one.

    Args:
        hdr: the result's image.
        range_ev: the tenth and the ninetieth percentile of the factor that the added light lacks, stops.
    """
    if range_ev is None:
        hdr.pop(RANGE_PROPERTY, None)
    else:
        hdr[RANGE_PROPERTY] = [float(each) for each in range_ev]


def range_of(hdr: Image) -> tuple[float, float] | None:
    """Return the predicted range of an HDR image, stops; None if the model predicted none."""
    values = hdr.get(RANGE_PROPERTY)
    return (values[0], values[1]) if values is not None and len(values) == 2 else None


def describe(range_ev: tuple[float, float]) -> str:
    """Return a range in words: ``Likely −0.4 … +0.9 EV``."""
    low, high = (f"{each:+.1f}".replace("-", "−") for each in range_ev)
    return tr("Likely {low} … {high} EV", low=low, high=high)
