"""``panolanet``, ``lanet`` and ``name=model.onnx``: this project's models, run as ``lanet convert`` runs them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from render_eval.methods.method import Photograph, needed_packages
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from lanet_core.pipeline.banded_converter import BandedConverter


class OnnxModel:
    """An ONNX model in its converter.

    Args:
        name: the method's name.
        converter: a :class:`.panorama_converter.Converter` or an :class:`.image_converter.ImageConverter`.
    """

    def __init__(self, name: str, converter: BandedConverter) -> None:
        self._converter = converter
        session = converter.session
        label = f"{session.metadata.name} {session.metadata.version}"
        self.record = MethodRecord(name, label, f"{session.path.name}, SHA-256 {session.sha256}")

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the LDR's white.

        Raises:
            InputError: the photograph is no panorama, and the model is for panoramas.
            ModelError: the model fails.
        """
        hdr = self._converter.convert(photograph.rgb_srgb8).hdr
        assert hdr is not None, "an array is converted to an array"
        return hdr


def panorama_model(
    name: str, model: Path | None = None, *, provider: str = "cpu", threads: int | None = None
) -> OnnxModel:
    """Return a model for panoramas.

    Args:
        name: the method's name.
        model: the model's file; None for the supplied one.
        provider: ``auto``, ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        threads: CPU threads; all cores by default.

    Raises:
        MethodError: ONNX Runtime is missing.
        ModelError: there is no such model, it cannot be loaded, or it is for single images.
        ProviderError: the provider cannot run here.
    """
    with needed_packages(name, extra="cpu"):
        from lanet_core.pipeline.panorama_converter import load_converter
    return OnnxModel(name, load_converter(model, provider, threads))


def image_model(
    name: str, model: Path | None = None, *, provider: str = "cpu", threads: int | None = None
) -> OnnxModel:
    """Return a model for single images; it converts a panorama as an image with edges. See :func:`panorama_model`."""
    with needed_packages(name, extra="cpu"):
        from lanet_core.pipeline.image_converter import load_image_converter
    return OnnxModel(name, load_image_converter(model, provider, threads))
