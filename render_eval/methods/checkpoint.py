"""``name=checkpoint.pt``: a network of ours straight from training, U-Net, LANet or panoLANet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.errors import CheckpointError
from lanet_core.model_metadata import ModelMetadata
from render_eval.methods.method import Photograph, PredictionError, file_sha256, needed_packages
from render_eval.records import MethodRecord

if TYPE_CHECKING:
    from torch import nn

    from lanet_core.session import Answer
    from lanet_core.training.configuration import TrainingConfiguration


class CheckpointNetwork:
    """A checkpoint's averaged network on the road of the product, with torch in ONNX Runtime's place.

    The network sees panoramas at the height of its last stage of training.

    Args:
        name: the method's name.
        path: a checkpoint that ``lanet train`` wrote.

    Raises:
        MethodError: torch, or something else that training needs, is missing.
        CheckpointError: the checkpoint is missing, damaged or not one of ours.
    """

    def __init__(self, name: str, path: Path) -> None:
        path = Path(path)
        with needed_packages(name, extra="training"):
            from lanet_core.converter import Converter
            from lanet_core.training.checkpoints import load_checkpoint
            from lanet_core.training.export import inference_network
        checkpoint = load_checkpoint(path)
        try:
            network = inference_network(checkpoint)
        except RuntimeError as error:  # a state that does not fit the network
            raise CheckpointError("The checkpoint does not fit its own configuration.", path=path) from error
        self._converter = Converter(_TorchSession(path, network, checkpoint.configuration))
        configuration = checkpoint.configuration
        self.record = MethodRecord(
            name,
            f"{configuration.name}, stage {checkpoint.stage + 1}, step {checkpoint.step}",
            f"{path.name}, SHA-256 {self._converter.session.sha256}",
        )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the LDR's white.

        Raises:
            InputError: the photograph is no panorama.
            PredictionError: the network's output is not finite.
        """
        return self._converter.convert(photograph.rgb_srgb8).hdr


class _TorchSession:
    """What :class:`lanet_core.converter.Converter` asks of a :class:`lanet_core.session.Session`."""

    provider = "torch"
    warnings = ()

    def __init__(self, path: Path, network: nn.Module, configuration: TrainingConfiguration) -> None:
        self._network = network
        self.path = path
        self.sha256 = file_sha256(path)
        height = configuration.stages[-1].height
        self.metadata = ModelMetadata(
            name=configuration.name,
            version="checkpoint",
            architecture=configuration.network.architecture,
            licence="",
            training_data="",
            input_height=height,
            input_width=2 * height,
            overexposure_threshold=OVEREXPOSURE_THRESHOLD,
            created="",
            configuration_sha256=configuration.sha256,
        )

    def run(self, ldr_linear: np.ndarray) -> Answer:
        """Return natural log of linear radiance for a picture, (h, w, 3) float32 both."""
        import torch

        from lanet_core.session import Answer

        planes = np.ascontiguousarray(ldr_linear.transpose(2, 0, 1)[None])
        with torch.inference_mode():
            log_hdr = self._network(torch.from_numpy(planes)).log_hdr[0].numpy()
        if not np.isfinite(log_hdr).all():
            raise PredictionError("The network's output holds NaN or infinite values.", path=self.path)
        return Answer(np.ascontiguousarray(log_hdr.transpose(1, 2, 0)))
