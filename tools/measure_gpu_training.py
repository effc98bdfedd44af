"""Training for measure_gpu.py, in a process of its own: what a step takes, and the memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from lanet_core.files import write_exr


def measure_training(
    configuration: str, device: str, steps: int, settings: Sequence[str], timeout_s: float
) -> dict[str, float]:
    """Train on made-up panoramas and return what it took.

    Args:
        configuration: the name of a training configuration of two stages, the first of crops.
        device: ``cuda`` or ``cpu``.
        steps: of the second stage, which is measured.
        settings: overrides of the configuration.
        timeout_s: seconds after which the training is stopped.

    Returns:
        ``seconds_per_step``, ``parameters``, ``batch``, ``height`` and ``peak_bytes``.

    Raises:
        RuntimeError: the training failed; with the last line that it printed.
        subprocess.TimeoutExpired: it took longer than the timeout.
    """
    with tempfile.TemporaryDirectory() as name:
        data, run = Path(name, "data"), Path(name, "run")
        _write_scenes(data)
        # The first stage only leads to the second, which is measured.
        settings = ["stages.0.steps=1", "stages.0.batch_size=1", f"stages.1.steps={steps}", *settings]
        command = [sys.executable, str(Path(__file__).resolve()), configuration, device, str(data), str(run)]
        finished = subprocess.run([*command, *settings], capture_output=True, text=True, timeout=timeout_s)
    if finished.returncode:
        raise RuntimeError((finished.stderr.strip().splitlines() or ["training failed"])[-1])
    return json.loads(finished.stdout.strip().splitlines()[-1])


def _write_scenes(folder: Path) -> None:
    """Write made-up panoramas, enough for both splits."""
    folder.mkdir()
    rows = ["slug,file,split,category"]
    for number in range(6):
        rng = np.random.default_rng(number)
        hdr = rng.random((512, 1024, 3), dtype=np.float32)
        hdr[100:120, 200:230] *= 1000.0
        write_exr(folder / f"made_{number}.exr", hdr, model_name="none", model_sha256="0")
        rows.append(f"made_{number},made_{number}.exr,{'val' if number == 5 else 'train'},outdoor-sun")
    (folder / "scenes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def train_in_child(configuration: str, device: str, data: str, run: str, settings: Sequence[str]) -> int:
    """Train in a process of its own, so that its memory is its own, and print what it took as JSON."""
    import csv
    import resource

    import torch

    from lanet_core.cli.main import main as lanet
    from lanet_core.training.checkpoints import load_checkpoint

    overrides = [word for setting in settings for word in ("--set", setting)]
    workers = str(min(8, max(1, (os.cpu_count() or 1) - 1)))
    command = ["train", configuration, "--data", data, "-o", run, "--device", device, "--workers", workers]
    sys.stdout, printed = sys.stderr, sys.stdout
    status = lanet([*command, "--log-every", "1", "--validate-every", "1000000", *overrides])
    sys.stdout = printed
    if status:
        return status
    with Path(run, "log.csv").open(newline="", encoding="utf-8") as file:
        times = [float(row["value"]) for row in csv.DictReader(file) if row["name"] == "seconds_per_step"]
    checkpoint = load_checkpoint(Path(run, "checkpoint.pt"))
    stage = checkpoint.configuration.stages[-1]
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else resident
    panoramas = times[1:]  # the first stage has one step, of crops
    result = {
        "seconds_per_step": median(panoramas[len(panoramas) // 4 :]),
        "parameters": sum(value.numel() for value in checkpoint.network.values() if value.is_floating_point()),
        "batch": stage.batch_size,
        "height": stage.height,
        "peak_bytes": peak,
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(train_in_child(*sys.argv[1:5], sys.argv[5:]))
