"""The networks as values of a NetworkConfiguration."""

from __future__ import annotations

LANET = {}
UNET = {"attention_stream": False, "luminance_attention": False, "segmentation": False}
PANOLANET = {**UNET, "ceiling_branch": True, "bottom_channels": 512}
LIGHT = {**UNET, "light_channels": 8, "bottom_dropout": 0.2}
