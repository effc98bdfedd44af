"""``name=checkpoint.pt``: a network of this project straight from training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.errors import CheckpointError
from lanet_core.model_metadata import LITE, ModelMetadata
from render_eval.methods.method import Photograph, PredictionError, file_sha256, needed_packages
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from torch import nn

    from lanet_core.session import Prediction


class CheckpointNetwork:
    """A checkpoint's averaged network in the product's pipeline, with torch in place of ONNX Runtime.

    The network sees panoramas at the height at which it was trained.

    Args:
        name: the method's name.
        path: a checkpoint that ``lanet train`` wrote.

    Raises:
        MethodError: torch, or another package that training needs, is missing.
        CheckpointError: the checkpoint is missing, damaged or not one of ours.
    """

    def __init__(self, name: str, path: Path) -> None:
        path = Path(path)
        with needed_packages(name, extra="training"):
            from lanet_core.converter import Converter
            from lanet_core.training.checkpoints import LiteCheckpoint, load_checkpoint
            from lanet_core.training.export import inference_network
            from lanet_core.training.lite_export import lite_network
        checkpoint = load_checkpoint(path)
        configuration = checkpoint.configuration
        is_lite = isinstance(checkpoint, LiteCheckpoint)
        try:
            network = lite_network(checkpoint) if is_lite else inference_network(checkpoint)
        except RuntimeError as error:  # a state that does not fit the network
            raise CheckpointError("The checkpoint does not fit its own configuration.", path=path) from error
        height = configuration.schedule.height if is_lite else configuration.stages[-1].height
        architecture = LITE if is_lite else configuration.network.architecture
        metadata = ModelMetadata(
            name=configuration.name,
            version="checkpoint",
            architecture=architecture,
            licence="",
            training_data="",
            input_height=height,
            input_width=2 * height,
            overexposure_threshold=OVEREXPOSURE_THRESHOLD,
            created="",
            configuration_sha256=configuration.sha256,
        )
        self._converter = Converter(_TorchSession(path, network, metadata))
        stage = "" if is_lite else f"stage {checkpoint.stage + 1}, "
        self.record = MethodRecord(
            name,
            f"{configuration.name}, {stage}step {checkpoint.step}",
            f"{path.name}, SHA-256 {self._converter.session.sha256}",
        )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the white of the LDR.

        Raises:
            InputError: the photograph is no panorama.
            PredictionError: the network's output is not finite.
        """
        return self._converter.convert(photograph.rgb_srgb8).hdr


class _TorchSession:
    """The part of :class:`lanet_core.session.Session` that :class:`lanet_core.converter.Converter` uses."""

    provider = "torch"
    warnings = ()

    def __init__(self, path: Path, network: nn.Module, metadata: ModelMetadata) -> None:
        self._network = network
        self.path = path
        self.sha256 = file_sha256(path)
        self.metadata = metadata

    def run(self, **inputs: np.ndarray) -> Prediction:
        """Return the outputs for the inputs of the architecture, (h, w, C) float32 each."""
        import torch

        from lanet_core.session import Prediction

        planes = [np.ascontiguousarray(each.transpose(2, 0, 1)[None]) for each in inputs.values()]
        with torch.inference_mode():
            output = self._network(*map(torch.from_numpy, planes))
        outputs = {name: getattr(output, name)[0].numpy().transpose(1, 2, 0) for name in self._output_names}
        if not all(np.isfinite(each).all() for each in outputs.values()):
            raise PredictionError("The network's output contains NaN or infinite values.", path=self.path)
        return Prediction(**{name: np.ascontiguousarray(each) for name, each in outputs.items()})

    @property
    def _output_names(self) -> tuple[str, ...]:
        return tuple(self.metadata.output_shapes)
