"""A small data folder and a small configuration to train on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_scenes import make_scene

from lanet_core.files import write_exr

SMALL_CONFIGURATION = """
name = "small"
description = "A panoLANet of a few steps."
seed = 3

[network]
width = 0.0625
bottom_channels = 512
attention_stream = false
luminance_attention = false
segmentation = false
ceiling_branch = true
decoder_normalisation = "batch"

[loss]
overexposed = 0.2
well_exposed = 0.01

[augmentation]
tone_mapped_share = 0.25
white_balance_spread = 0.1

[optimiser]
ema_decay = 0.9

[[stages]]
images = "crops"
height = 128
batch_size = 2
steps = 2
learning_rate = 1e-3

[[stages]]
images = "panoramas"
height = 128
batch_size = 2
steps = 4
learning_rate = 1e-3
schedule = "cosine"
warmup_steps = 1
"""


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory) -> Path:
    """A folder of four scenes: three to learn from, one to validate on."""
    folder = tmp_path_factory.mktemp("scenes")
    rows = ["slug,file,split,category"]
    for seed, split in enumerate(("train", "train", "train", "val")):
        write_exr(folder / f"{seed}.exr", make_scene(seed), model_name="none", model_sha256="")
        rows.append(f"scene_{seed},{seed}.exr,{split},outdoor-sun")
    (folder / "scenes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small_configuration(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("configuration") / "small.toml"
    path.write_text(SMALL_CONFIGURATION, encoding="utf-8")
    return path
