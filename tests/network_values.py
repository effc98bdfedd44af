"""The three networks as values of a NetworkConfiguration."""

from __future__ import annotations

LANET = {}
UNET = {"attention_stream": False, "luminance_attention": False, "segmentation": False}
PANOLANET = {**UNET, "ceiling_branch": True, "bottom_channels": 512}
