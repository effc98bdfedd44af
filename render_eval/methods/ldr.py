"""``ldr``: the photograph itself as light, which is what people do who have no HDR."""

from __future__ import annotations

import numpy as np

from render_eval.methods.method import Photograph
from render_eval.records import MethodRecord


class Ldr:
    """The LDR, linearised and lit straight back."""

    record = MethodRecord("ldr", "LDR as it is")

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, [0, 1]."""
        return photograph.ldr_linear
