"""Measure what a conversion costs: the network, the whole command, its memory; the same of the paper's full network.

Run ``python tools/measure_speed.py`` where the extra ``training`` is installed and nothing else runs. It prints a
Markdown table. Absolute times hold on the machine that the table names; the ratio holds elsewhere.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure_resolutions import processor_name

from lanet_core.inference.session import Session
from lanet_core.networks.panolanet import build_network
from lanet_core.pipeline.panorama_converter import find_model
from lanet_core.training.checkpoints import Checkpoint
from lanet_core.training.configuration import load_configuration
from lanet_core.training.export import export_checkpoint

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "city.jpg"
PAPERS_CONFIGURATION = "table4_panolanet"
RUNS = 5


def network_seconds(model: Path) -> float:
    """Return the median time of a warm network run, in seconds."""
    session = Session(model, provider="cpu")
    rng = np.random.default_rng(0)
    shapes = session.metadata.input_shapes
    inputs = {name: rng.random((*shape[2:], shape[1]), dtype=np.float32) for name, shape in shapes.items()}
    session.run(**inputs)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        session.run(**inputs)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def command_cost(folder: Path) -> tuple[float, float]:
    """Return the median wall time of ``lanet convert`` in seconds, and its peak memory in MiB."""
    command = [sys.executable, "-m", "lanet_core.cli.main", "convert", str(EXAMPLE), "-o", str(folder / "city.exr")]
    times, peaks = [], []
    for _ in range(RUNS):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        times.append(time.perf_counter() - start)
        peaks.append(usage.ru_maxrss / 1024)
        if status != 0:
            raise subprocess.CalledProcessError(status, command)
    return statistics.median(times), max(peaks)


def write_papers_network(path: Path) -> None:
    """Write the paper's full configuration with untrained weights: they take as long as trained ones."""
    configuration = load_configuration(PAPERS_CONFIGURATION)
    weights = build_network(configuration.network).state_dict()
    checkpoint = Checkpoint(configuration, 0, 0, weights, weights, {})
    export_checkpoint(checkpoint, path, version="0", training_data="none: untrained")


def main() -> int:
    """Measure, print the table and return the exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shipped = network_seconds(find_model())
        wall_seconds, peak_mib = command_cost(folder)
        write_papers_network(folder / "paper.onnx")
        paper = network_seconds(folder / "paper.onnx")
    print(f"Machine: {processor_name()}, {os.cpu_count()} cores; medians of {RUNS} runs.\n")
    print("| what | measured |\n|---|---|")
    print(f"| shipped network, warm | {shipped:.2f} s |")
    print(f"| the paper's full network, warm | {paper:.2f} s, {paper / shipped:.1f} times as long |")
    print(f"| `lanet convert` of a 1024×512 JPEG, cold start to written EXR | {wall_seconds:.2f} s |")
    print(f"| its peak memory | {peak_mib:.0f} MiB |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
