"""What a network is made of, as data: every ablation of the paper is one set of these values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Padding = Literal["sphere", "symmetric"]
Normalisation = Literal["instance", "batch"]


@dataclass(frozen=True)
class NetworkConfiguration:
    """The architecture of one network.

    The defaults are the paper's LANet. Its panoLANet has ``ceiling_branch`` instead of ``attention_stream``
    and half of the ``bottom_channels``.

    Attributes:
        width: factor on every channel count; 1 is the paper's.
        encoder_blocks: bottlenecks in each of the four stages (ResNet-50: 3, 4, 6, 3).
        encoder_channels: inner channels of the four stages' bottlenecks; four times as many come out.
        bottom_channels: channels of the two stride-2 convolutions below the encoder.
        decoder_channels: channels on the way up, from 1/32 to 1/2 of the resolution.
        decoder_normalisation: what follows a convolution of the decoder. The paper normalises each instance,
            which also removes any level that is the same all over the image; ``batch`` keeps it.
        attention_stream: build the luminance attention stream.
        luminance_attention: let the attention stream weigh the HDR stream (LAM).
        segmentation: give the attention stream its luminance segmentation head.
        ceiling_branch: build the ceiling branch, which makes a panoLANet.
        ceiling_channels: channels of the ceiling branch's decoder, from 1/16 to 1/2 of the resolution.
        ceiling_attention: share the panorama branch's last skip with the ceiling branch and gate it.
        ceiling_feather: width of the band at the ceiling view's edge, in half-widths of its image plane, over which the
            panorama branch takes over. With the paper's hard edge (0), a window at the horizon shows a step.
        bottom_dropout: share of the deepest features that each training step leaves out.
        padding: ``sphere`` wraps in azimuth and crosses the poles; ``symmetric`` is the paper's.
    """

    width: float = 1.0
    encoder_blocks: tuple[int, int, int, int] = (3, 4, 6, 3)
    encoder_channels: tuple[int, int, int, int] = (64, 128, 256, 512)
    bottom_channels: int = 1024
    decoder_channels: tuple[int, int, int, int, int] = (512, 256, 128, 64, 64)
    decoder_normalisation: Normalisation = "instance"
    attention_stream: bool = True
    luminance_attention: bool = True
    segmentation: bool = True
    ceiling_branch: bool = False
    ceiling_channels: tuple[int, int, int, int] = (256, 128, 64, 64)
    ceiling_attention: bool = True
    ceiling_feather: float = 0.0
    bottom_dropout: float = 0.0
    padding: Padding = "sphere"

    def __post_init__(self) -> None:
        """Refuse combinations that name no network."""
        if self.width <= 0:
            raise ValueError(f"width is {self.width}, but must be positive")
        if self.luminance_attention and not self.attention_stream:
            raise ValueError("luminance_attention needs attention_stream")
        if self.segmentation and not self.attention_stream:
            raise ValueError("segmentation needs attention_stream")
        if self.ceiling_branch and self.attention_stream:
            raise ValueError("panoLANet (ceiling_branch) has no attention_stream")
        for name, allowed in (
            ("padding", ("sphere", "symmetric")),
            ("decoder_normalisation", ("instance", "batch")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}, but must be one of {allowed}")

    def channels(self, count: int) -> int:
        """Return the paper's channel count scaled by ``width``, a multiple of 4."""
        return max(4, round(count * self.width / 4) * 4)

    @property
    def architecture(self) -> str:
        """The network's name: ``panolanet``, ``lanet`` or ``unet``."""
        if self.ceiling_branch:
            return "panolanet"
        return "lanet" if self.attention_stream else "unet"
