"""A torch network run on NumPy images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def to_tensor(image: np.ndarray) -> Tensor:
    """Return an image, (H, W, C), as (1, C, H, W) float32."""
    return torch.from_numpy(np.array(image.transpose(2, 0, 1)[None], dtype=np.float32))


def to_array(image: Tensor) -> np.ndarray:
    """Return an image, (1, C, H, W), as (H, W, C) float32."""
    return np.ascontiguousarray(image[0].numpy().transpose(1, 2, 0))


def run_on_array(network: Callable[..., Tensor], *images: np.ndarray) -> np.ndarray:
    """Return a network's output, (H, W, C) float32, for images of this form, without gradients."""
    with torch.inference_mode():
        return to_array(network(*(to_tensor(each) for each in images)))
