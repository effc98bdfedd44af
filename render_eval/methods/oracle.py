"""``oracle-N``: the truth, clipped N stops above the LDR's white. It shows how much range a method has to find."""

from __future__ import annotations

import numpy as np

from render_eval.methods.method import Photograph
from render_eval.records import MethodRecord


class Oracle:
    """The true HDR as a camera with N stops more headroom would have it: each channel clipped on its own.

    Args:
        name: the method's name.
        headroom_ev: N, stops above the LDR's white, ≥ 0.
    """

    def __init__(self, name: str, headroom_ev: float) -> None:
        self._limit = np.float32(2.0**headroom_ev)
        self.record = MethodRecord(name, f"truth, clipped {headroom_ev:g} EV above white", "ground truth")

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the LDR's white."""
        return np.minimum(photograph.truth, self._limit)
