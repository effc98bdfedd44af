"""``panolanet`` and ``name=model.onnx``: models of ours as the product runs them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from render_eval.methods.method import Photograph, needed_packages
from render_eval.records import MethodRecord


class OnnxModel:
    """An ONNX model on the road of the product, :mod:`lanet_core.pipeline.panorama_converter`.

    Args:
        name: the method's name.
        model: the model's file; None for the shipped one.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.

    Raises:
        MethodError: ONNX Runtime is missing.
        ModelError: there is no such model, or it cannot be loaded.
        ProviderError: the provider cannot run here.
    """

    def __init__(
        self, name: str, model: Path | None = None, *, provider: str = "cpu", threads: int | None = None
    ) -> None:
        with needed_packages(name, extra="cpu"):
            from lanet_core.pipeline.panorama_converter import load_converter
        self._converter = load_converter(model, provider, threads)
        session = self._converter.session
        self.record = MethodRecord(
            name,
            f"{session.metadata.name} {session.metadata.version}",
            f"{session.path.name}, SHA-256 {session.sha256}",
        )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the LDR's white.

        Raises:
            InputError: the photograph is no panorama.
            ModelError: the model fails.
        """
        return self._converter.convert(photograph.rgb_srgb8).hdr
