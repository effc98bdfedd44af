"""Where a panorama is over-exposed, in torch."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.networks.padding import pad


def overexposure_ramp(ldr_linear: Tensor, threshold: float = OVEREXPOSURE_THRESHOLD) -> Tensor:
    """Return m of Eq. 8, (N, 1, H, W) in [0, 1], as :func:`lanet_core.calibration.overexposure_ramp`."""
    return ((ldr_linear.mean(dim=1, keepdim=True) - threshold) / (1.0 - threshold)).clamp(0.0, 1.0)


def close_mask(mask: Tensor) -> Tensor:
    """Return the 3×3 morphological closing (dilation, then erosion) of a mask on the sphere, (N, 1, H, W)."""
    dilated = F.max_pool2d(pad(mask, 1, "sphere"), 3, stride=1)
    return -F.max_pool2d(pad(-dilated, 1, "sphere"), 3, stride=1)
