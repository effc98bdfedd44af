"""What a stage of training takes and what its validation returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lanet_core.data.scenes import Scene


class RunScenes(NamedTuple):
    """The panoramas of a run: captured ones, rendered ones, and those that are validated on."""

    training: list[Scene]
    synthetic: list[Scene]
    held_out: list[Scene]


class Validation(NamedTuple):
    """Result of a validation.

    Attributes:
        figures: means over all photographs by name.
        score: the figure that chooses the best weights; smaller is better. None if none is chosen.
        images: of each photograph the LDR, the result and the truth, linear Rec.709, (H, W, 3) float32 each.
    """

    figures: dict[str, float]
    score: float | None = None
    images: Sequence[Sequence[np.ndarray]] = ()
