"""Training as a user starts it, and what came of it."""

from __future__ import annotations

from lanet_core.cli.main import main
from lanet_core.training.checkpoints import load_checkpoint


def train(configuration, data, folder, *options: str) -> int:
    arguments = ["train", str(configuration), "--data", str(data), "-o", str(folder), "--device", "cpu"]
    return main([*arguments, "--threads", "1", "--workers", "0", "--log-every", "1", *options])


def weights_of(folder):
    checkpoint = load_checkpoint(folder / "checkpoint.pt")
    return checkpoint.network | {f"average.{name}": value for name, value in checkpoint.average.items()}
