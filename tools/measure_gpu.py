"""Measure what a GPU gains: the network by batch size, fp16, parity with the CPU, large conversions, training.

    python tools/measure_gpu.py --output measured/                     # on CUDA, in under six minutes
    python tools/measure_gpu.py --provider cpu --output measured/      # the same on the CPU, for the second column

It needs ``onnxruntime-gpu`` with CUDA and cuDNN, and for training a torch with CUDA. It prints a Markdown table and
writes ``measured/speed.json``. A part that cannot run, or for which no time is left, is in the table with the reason;
the others continue. docs/speed.md holds the tables of several machines.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measure_gpu_training import measure_training

from lanet_core.errors import LanetError
from lanet_core.files import write_png
from lanet_core.inference.providers import PROVIDERS, start_session
from lanet_core.pipeline.panorama_converter import find_model, load_converter

#: Shapes of a model's inputs by name, without the number of images.
Shapes = dict[str, tuple[int, ...]]

PAPERS_CONFIGURATION = "table4_panolanet"
PAPERS_STEPS = 35_000
#: Largest difference between providers that counts as the same output, relative to 1 and the output.
PARITY = 1e-3


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, its value for people, and as a number; NaN if there is none."""

    what: str
    shown: str
    value: float = float("nan")


@dataclass(frozen=True)
class Plan:
    """What is measured, and how much of it.

    Attributes:
        model: the model for panoramas.
        provider: ``cuda``, ``directml``, ``coreml`` or ``cpu``.
        batches: batch sizes of the network.
        heights: rows of the panoramas that are converted.
        steps: training steps; 0 leaves training out.
        settings: further overrides of the training's configuration.
        runs: repetitions of a network run.
        deadline: when to stop, on the monotonic clock.
    """

    model: Path
    provider: str
    batches: tuple[int, ...]
    heights: tuple[int, ...]
    steps: int
    settings: tuple[str, ...]
    runs: int
    deadline: float

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()


def main(argv: Sequence[str]) -> int:
    """Measure, print the table, write the file and return the exit status."""
    arguments = _parser().parse_args(argv)
    plan = Plan(
        model=find_model(arguments.model),
        provider=arguments.provider,
        batches=tuple(arguments.batches),
        heights=tuple(arguments.heights),
        steps=arguments.steps,
        settings=tuple(arguments.settings),
        runs=arguments.runs,
        deadline=time.monotonic() + arguments.limit,
    )
    arguments.output.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    rows = list(measure(plan))
    device = device_name(plan.provider)
    record = {
        "device": device,
        "provider": plan.provider,
        "command": " ".join(["python tools/measure_gpu.py", *argv]),
        "seconds": time.monotonic() - started,
        "rows": [{"what": row.what, "shown": row.shown, "value": _number(row.value)} for row in rows],
    }
    (arguments.output / "speed.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{device}; {record['command']}; {record['seconds']:.0f} s in all.\n")
    print(f"| what | {device} |\n|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.shown} |")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="measure_gpu", description="Measures what a GPU gains.")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where speed.json goes")
    parser.add_argument("--provider", choices=tuple(PROVIDERS), default="cuda", help="(default: cuda)")
    parser.add_argument("--model", type=Path, metavar="FILE", help="model (default: the one supplied)")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2, 4, 8, 16], metavar="N", help="batch sizes")
    parser.add_argument("--heights", type=int, nargs="+", default=[4096, 8192], metavar="ROWS", help="of conversions")
    parser.add_argument("--steps", type=int, default=200, metavar="N", help="training steps; 0: none (default: 200)")
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="PATH=VALUE", help="override of the training"
    )
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="runs of the network (default: 20)")
    parser.add_argument("--limit", type=float, default=340.0, metavar="S", help="seconds for everything (default: 340)")
    return parser


def measure(plan: Plan) -> Iterator[Row]:
    """Yield the rows of all parts; a part that fails or has no time left is a row with the reason."""
    parts: list[tuple[str, Callable[[Plan], Iterator[Row]]]] = [
        ("network", network_rows),
        ("the paper's full network", paper_rows),
        ("fp16", half_rows),
        ("conversions", conversion_rows),
        ("training", training_rows),
    ]
    for name, part in parts:
        if plan.remaining_s <= 0.0:
            yield Row(name, "not measured: no time left")
            continue
        try:
            yield from part(plan)
        except (LanetError, RuntimeError, ImportError, subprocess.SubprocessError, OSError, ValueError) as error:
            yield Row(name, f"not measured: {' '.join(str(error).split())[:200]}")


def network_rows(plan: Plan) -> Iterator[Row]:
    """Yield the shipped network's time per panorama by batch size, and its difference from the CPU."""
    yield from _rows_of_network(plan, plan.model, "network")


def paper_rows(plan: Plan) -> Iterator[Row]:
    """Yield the same of the paper's full network with untrained weights, which takes as long as a trained one."""
    from lanet_core.networks.panolanet import build_network
    from lanet_core.training.checkpoints import Checkpoint
    from lanet_core.training.configuration import load_configuration
    from lanet_core.training.export import export_checkpoint
    from lanet_core.training.overrides import override

    configuration = override(load_configuration(PAPERS_CONFIGURATION), plan.settings)
    weights = build_network(configuration.network).state_dict()
    with tempfile.TemporaryDirectory() as name:
        model = Path(name, "paper.onnx")
        checkpoint = Checkpoint(configuration, 0, 0, weights, weights, {})
        export_checkpoint(checkpoint, model, version="0", training_data="none: untrained")
        yield from _rows_of_network(plan, model, "the paper's full network")


def _rows_of_network(plan: Plan, model: Path, what: str) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        free = Path(name, "free_batch.onnx")
        shapes = free_batch(model, free)
        session = start_session(free, plan.provider).session
        for batch in plan.batches:
            yield from _timed_batch(plan, session, batch, shapes, what)
        if plan.provider != "cpu":
            reference = start_session(free, "cpu").session
            yield _difference(f"{what}, largest difference from the CPU", session, reference, shapes)


def half_rows(plan: Plan) -> Iterator[Row]:
    """Yield the same with weights and sums of 16 bits."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with tempfile.TemporaryDirectory() as name:
        free, half = Path(name, "free_batch.onnx"), Path(name, "half.onnx")
        shapes = free_batch(plan.model, free)
        onnx.save(convert_float_to_float16(onnx.load(str(free)), keep_io_types=True), str(half))
        session = start_session(half, plan.provider).session
        yield from _timed_batch(plan, session, 1, shapes, "network, fp16")
        reference = start_session(free, "cpu").session
        yield _difference("network, largest difference of fp16 from the CPU in fp32", session, reference, shapes)


def free_batch(model: Path, path: Path) -> Shapes:
    """Write a model that takes any number of images at once; return the shapes of its inputs by name."""
    import onnx

    whole = onnx.load(str(model))
    shapes = {}
    for port in whole.graph.input:
        dimensions = port.type.tensor_type.shape.dim
        shapes[port.name] = tuple(each.dim_value for each in dimensions[1:])
        dimensions[0].dim_param = "images"
    for output in whole.graph.output:
        output.type.tensor_type.ClearField("shape")
    del whole.graph.value_info[:]
    _free_grids(whole.graph)
    onnx.save(whole, str(path))
    return shapes


def _free_grids(graph: Any) -> None:
    """Repeat the grids of a graph's GridSample nodes, which are exported for one image, for every image."""
    from onnx import helper, numpy_helper

    ones = "ones_of_a_grid"
    graph.initializer.append(numpy_helper.from_array(np.ones(3, np.int64), ones))
    nodes = []
    for number, node in enumerate(graph.node):
        if node.op_type == "GridSample":
            images, shape, grid = (f"{name}_{number}" for name in ("images", "grid_shape", "grid"))
            nodes.append(helper.make_node("Shape", [node.input[0]], [images], start=0, end=1))
            nodes.append(helper.make_node("Concat", [images, ones], [shape], axis=0))
            nodes.append(helper.make_node("Expand", [node.input[1], shape], [grid]))
            node.input[1] = grid
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def _timed_batch(plan: Plan, session: Any, batch: int, shapes: Shapes, what: str) -> Iterator[Row]:
    _, rows, columns = next(iter(shapes.values()))
    name = f"{what}, {columns}×{rows}, batch {batch}, per panorama"
    inputs = _inputs(batch, shapes)
    try:
        session.run(None, inputs)  # warm
        times = []
        for _ in range(plan.runs):
            if plan.remaining_s <= 0.0 and times:
                break
            start = time.perf_counter()
            session.run(None, inputs)
            times.append((time.perf_counter() - start) / batch)
    except Exception as error:  # ONNX Runtime's errors have no base class; a batch too large for the card is one
        reason = "the model takes one image at a time" if "Reshape" in str(error) else " ".join(str(error).split())
        yield Row(name, f"not measured: {reason[:120]}")
        return
    yield Row(name, f"{1000.0 * median(times):.1f} ms", median(times))


def _inputs(batch: int, shapes: Shapes) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.random((batch, *shape), dtype=np.float32) for name, shape in shapes.items()}


def _difference(what: str, session: Any, reference: Any, shapes: Shapes) -> Row:
    """Return the largest difference between two sessions over all outputs, relative to 1 and the output."""
    inputs = _inputs(1, shapes)
    largest = 0.0
    for own, wanted in zip(session.run(None, inputs), reference.run(None, inputs), strict=True):
        difference = np.abs(own.astype(np.float64) - wanted) / (1.0 + np.abs(wanted))
        largest = max(largest, float(difference.max()))
    verdict = "within" if largest <= PARITY else "beyond"
    return Row(what, f"{largest:.1e}, {verdict} {PARITY:g}", largest)


def conversion_rows(plan: Plan) -> Iterator[Row]:
    """Yield the time from a file to a written EXR, for large panoramas."""
    converter = load_converter(plan.model, plan.provider)
    with tempfile.TemporaryDirectory() as name:
        for height in plan.heights:
            what = f"convert_file, {2 * height}×{height} PNG to EXR"
            if plan.remaining_s <= 0.0:
                yield Row(what, "not measured: no time left")
                continue
            source, output = Path(name, f"{height}.png"), Path(name, f"{height}.exr")
            write_png(source, _panorama8(height))
            start = time.perf_counter()
            converter.convert_file(source, output)
            seconds = time.perf_counter() - start
            source.unlink()
            output.unlink()
            yield Row(what, f"{seconds:.1f} s", seconds)


def _panorama8(height: int) -> np.ndarray:
    """Return an even panorama with a clipped sun, (height, 2·height, 3) uint8."""
    rows = np.linspace(200, 60, height, dtype=np.float32)[:, None, None]
    image = np.broadcast_to(rows, (height, 2 * height, 3)).astype(np.uint8)
    image[height // 5 : height // 4, height // 2 : height // 2 + height // 20] = 255
    return image


def training_rows(plan: Plan) -> Iterator[Row]:
    """Yield the time of a step of the paper's full configuration, what all its steps would take, and the memory."""
    if not plan.steps:
        return
    device = "cuda" if plan.provider == "cuda" else "cpu"
    result = measure_training(PAPERS_CONFIGURATION, device, plan.steps, plan.settings, max(plan.remaining_s, 1.0))
    seconds = result["seconds_per_step"]
    what = f"training step, {PAPERS_CONFIGURATION}, {result['parameters'] / 1e6:.0f} M parameters"
    shape = f"batch {result['batch']} of {2 * result['height']}×{result['height']}"
    yield Row(f"{what}, {shape}", f"{seconds:.3f} s", seconds)
    hours = PAPERS_STEPS * seconds / 3600.0
    yield Row(f"its {PAPERS_STEPS:,} steps would take", f"{hours:.1f} h", hours)
    yield Row("peak memory of training", f"{result['peak_bytes'] / 2**30:.1f} GiB", result["peak_bytes"])


def device_name(provider: str) -> str:
    """Return the name of the card, or of the processor where the CPU runs."""
    if provider == "cuda":
        try:
            query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
            return subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
        except (OSError, subprocess.CalledProcessError, IndexError):
            return "CUDA, card unknown"
    cpu_info = Path("/proc/cpuinfo")
    lines = cpu_info.read_text(encoding="utf-8").splitlines() if cpu_info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'CPU'}, {os.cpu_count()} cores"


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
