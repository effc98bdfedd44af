"""What can be judged of a training run before it begins: device, output folder, batch, sizes and splits of the data.

Without these checks, each of them fails after the data are loaded, some hours into the run, or in words of torch.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lanet_core.cli.destinations import make_folder
from lanet_core.errors import DataError, ProviderError

if TYPE_CHECKING:
    from lanet_core.data.scenes import Scene

_DEVICE = re.compile(r"auto|cpu|cuda(?::(\d+))?")
#: Files that a message names.
_NAMED = 3


def check_run(configuration, arguments: argparse.Namespace, cuda_devices: int) -> None:
    """Check a run of ``lanet train``, and make its output folder.

    Args:
        configuration: a training configuration.
        arguments: of the command line.
        cuda_devices: how many there are.

    Raises:
        ProviderError: the device is unknown or not there.
        OutputNotWritableError: the output is a file, or cannot be made.
        DataError: the batch does not divide, a stage has a size that the network does not take, a folder has no
            panoramas of a split, or a panorama is not 2:1 or too small.
    """
    check_device(arguments.device, cuda_devices)
    _check_batches(configuration)
    _check_heights(configuration)
    for folder, splits in _folders(arguments):
        _check_panoramas(configuration, folder, splits)
    make_folder(arguments.output)


def check_device(device: str, cuda_devices: int) -> None:
    """Refuse a device that is not there.

    Raises:
        ProviderError: with the devices that are.
    """
    match = _DEVICE.fullmatch(device)
    if match is None:
        raise ProviderError(f"The device {device!r} is unknown.", remedy="Use --device auto, cpu, cuda or cuda:N.")
    if not device.startswith("cuda"):
        return
    number = int(match[1] or os.environ.get("LOCAL_RANK", "0"))
    if cuda_devices == 0:
        raise ProviderError(
            "There is no CUDA device.",
            remedy="Use --device cpu, or install an NVIDIA driver and a CUDA build of torch.",
        )
    if number >= cuda_devices:
        raise ProviderError(
            f"There is no CUDA device {number}: there are {cuda_devices}.",
            remedy=f"Use cuda:0 to cuda:{cuda_devices - 1}.",
        )


def _check_batches(configuration) -> None:
    from lanet_core.training.distributed import check_batch

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    parts = [*getattr(configuration, "stages", ()), *filter(None, [getattr(configuration, "schedule", None)])]
    for batch_size in sorted({part.batch_size for part in parts}):
        check_batch(batch_size, processes)


def _check_heights(configuration) -> None:
    from lanet_core.networks.lanet import SIZE_MULTIPLE

    for stage in getattr(configuration, "stages", ()):
        if stage.height < 1 or stage.height % SIZE_MULTIPLE:
            raise DataError(
                f"A stage has images of {stage.height} rows, but the network halves them seven times.",
                remedy=f"Use a height that is a multiple of {SIZE_MULTIPLE}.",
            )


def _folders(arguments: argparse.Namespace) -> list[tuple[Path, tuple[str, ...]]]:
    """Return the folders of panoramas, and the splits that each has to have."""
    folders = [(arguments.data, ("train",) if arguments.fold else ("train", "val"))]
    if arguments.supplement is not None:
        folders.append((arguments.supplement, ("train",)))
    return folders


def _check_panoramas(configuration, folder: Path, splits: Sequence[str]) -> None:
    from lanet_core.data.scenes import SCENE_LIST, find_scenes

    scenes = find_scenes(folder)
    for split in splits:
        if all(scene.split != split for scene in scenes):
            raise DataError(
                f"None of the folder's {len(scenes)} panoramas belongs to the {split} split.",
                path=folder,
                remedy=f"Add panoramas; or choose the splits in a {SCENE_LIST} with the columns slug, file and split; "
                "or hold out a part of the train split with --fold 1/4.",
            )
    _check_sizes(configuration, [scene for scene in scenes if scene.split in splits], folder)


def _check_sizes(configuration, scenes: Sequence[Scene], folder: Path) -> None:
    from lanet_core.files import read_size

    heights = [stage.height for stage in getattr(configuration, "stages", ())]
    least = max(heights) if heights else 128
    bad = []
    for scene in scenes:
        width, height = read_size(scene.path)
        # The trainers repeat the pixels of panoramas that have half or a quarter of the rows.
        if width != 2 * height or (height < least and height not in (least // 2, least // 4)):
            bad.append(f"{scene.path.name} ({width}x{height})")
    if bad:
        named = ", ".join(bad[:_NAMED]) + (f" and {len(bad) - _NAMED} others" if len(bad) > _NAMED else "")
        raise DataError(
            f"Panoramas are not 2:1 or have fewer than {least} rows: {named}.",
            path=folder,
            remedy="Remove them, or replace them by full panoramas of that size.",
        )
