"""``lanet``: the model for single pictures as the product runs it, :mod:`lanet_core.pipeline.image_converter`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from render_eval.methods.method import Photograph, needed_packages
from render_eval.records import MethodRecord


class ImageModel:
    """An ONNX model for single pictures; a panorama is converted as a picture with edges.

    Args:
        name: the method's name.
        model: the model's file; None for the shipped one.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.

    Raises:
        MethodError: ONNX Runtime is missing.
        ModelError: there is no such model, or it cannot be loaded, or it was made for panoramas.
        ProviderError: the provider cannot run here.
    """

    def __init__(
        self, name: str, model: Path | None = None, *, provider: str = "cpu", threads: int | None = None
    ) -> None:
        with needed_packages(name, extra="cpu"):
            from lanet_core.pipeline.image_converter import load_image_converter
        self._converter = load_image_converter(model, provider, threads)
        session = self._converter.session
        self.record = MethodRecord(
            name,
            f"{session.metadata.name} {session.metadata.version}",
            f"{session.path.name}, SHA-256 {session.sha256}",
        )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the LDR's white.

        Raises:
            ModelError: the model fails.
        """
        return self._converter.convert(photograph.rgb_srgb8).hdr
