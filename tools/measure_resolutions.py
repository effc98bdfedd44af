"""Measure what a conversion costs from 1K to 16K, compared with what OpenImageIO alone takes for the same file.

Run ``python tools/measure_resolutions.py`` where nothing else runs. It prints a Markdown table and writes the same to
``docs/resolutions.md``; the ratios hold elsewhere, the seconds on the machine that the table names. With ``--heights``
only these sizes are measured, and the report keeps its values of the others.

OpenImageIO alone decodes the JPEG, makes it linear and writes an EXR with the same channels, sample type and
compression, with all its threads: once by its own colour conversion (``ImageBuf``), once by a table in numpy. A ratio
is to the faster of the two. All three are whole processes, measured in turn in one run.

``--extension`` measures instead what the Blender extension's client and its worker take, compared with the command.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from lanet_core.geometry import sphere

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs" / "resolutions.md"
HEIGHTS = (512, 1024, 2048, 4096, 8192)
#: What the project demands of the two largest sizes: times OpenImageIO's time, and peak memory in GB.
DEMANDS = {4096: (1.6, 1.5), 8192: (1.6, 3.0)}
_BAND_ROWS = 64
_WAYS = ("colour conversion", "table", "lanet")
_EXTENSION_WAYS = ("lanet", "extension")
#: Marks the rows of the extension's table.
_IN_BLENDER = " in Blender"

_BY_COLOUR_CONVERSION = """
import sys
import OpenImageIO as oiio
image = oiio.ImageBuf(sys.argv[1])
image.read(0, 0, True, oiio.FLOAT)
linear = oiio.ImageBufAlgo.colorconvert(image, "sRGB", "lin_rec709")
linear.specmod().attribute("compression", "zip")
assert not linear.has_error and linear.write(sys.argv[2], oiio.FLOAT), linear.geterror()
"""
_BY_TABLE = """
import sys
import numpy as np
import OpenImageIO as oiio
image = oiio.ImageInput.open(sys.argv[1])
codes = image.read_image(0, 0, 0, 3, oiio.UINT8)
height, width = codes.shape[:2]
encoded = np.arange(256) / 255.0
table = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)
spec = oiio.ImageSpec(width, height, 3, oiio.FLOAT)
spec.attribute("compression", "zip")
output = oiio.ImageOutput.create(sys.argv[2])
assert output.open(sys.argv[2], spec) and output.write_image(np.take(table, codes, mode="clip")) and output.close()
"""
_BY_EXTENSION = """
import sys
import time
from addon.worker.client import WorkerClient
from addon.worker.events import RequestFailed, RequestFinished
client = WorkerClient()
client.convert(sys.argv[1], sys.argv[2])
events = []
while not any(isinstance(event, (RequestFinished, RequestFailed)) for event in events):
    time.sleep(0.02)
    events += client.poll()
client.stop()
assert isinstance(events[-1], RequestFinished), events[-1]
"""


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds by the clock, seconds of all cores together, peak memory in GB."""

    wall_s: float
    cpu_s: float
    peak_gb: float


def write_panorama(path: Path, height: int) -> None:
    """Write a panorama as a JPEG of quality 92: a sky with a sun and its halo, grain everywhere, textured ground."""
    width = 2 * height
    rng = np.random.default_rng(height)
    theta, phi = sphere.zenith_angles_rad(height), sphere.azimuths_rad(width)
    spec = OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.UINT8)
    spec.attribute("compression", "jpeg:92")
    output = OpenImageIO.ImageOutput.create(str(path))
    if not output.open(str(path), spec):
        raise OSError(output.geterror())
    waves = [(rng.integers(1, width // 8), rng.integers(1, height // 4), rng.uniform(0.0, 6.3)) for _ in range(6)]
    for first in range(0, height, _BAND_ROWS):
        rows = theta[first : first + _BAND_ROWS, None].astype(np.float32)
        columns = phi[None].astype(np.float32)
        distance = np.hypot((columns - 0.6) * np.sin(rows), rows - 0.7)[..., None]
        sky = np.float32([110, 140, 200]) + np.float32(40.0) * rows[..., None]
        texture = sum(np.sin(across * columns + down * rows + phase) for across, down, phase in waves)[..., None]
        ground = np.float32([90, 80, 60]) * (1.0 + 0.12 * texture)
        image = np.where(rows[..., None] < 1.7, sky, ground) + 150.0 * np.exp(-distance / 0.15)
        image = np.where(distance < 0.03, np.float32(255.0), image)
        image += rng.normal(0.0, 1.5, image.shape[:2]).astype(np.float32)[..., None]
        codes = np.clip(image, 0.0, 255.0).astype(np.uint8)
        output.write_scanlines(first, first + len(codes), 0, np.ascontiguousarray(codes))
    if not output.close():
        raise OSError(output.geterror())


def cost_of(command: list[str]) -> Cost:
    """Run a command to its end and return what it took.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if status != 0:
        raise subprocess.CalledProcessError(process.returncode, command[:4])
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * bytes_per_unit / 1e9)


def measure(image: Path, folder: Path, runs: int, ways: Sequence[str]) -> dict[str, list[Cost]]:
    """Return the costs of each way of each run, by the way's name; the ways take turns."""
    result = str(folder / "result.exr")
    commands = {
        "colour conversion": [sys.executable, "-c", _BY_COLOUR_CONVERSION, str(image), result],
        "table": [sys.executable, "-c", _BY_TABLE, str(image), result],
        "lanet": [sys.executable, "-m", "lanet_core.cli.main", "convert", str(image), "-o", result],
        "extension": [sys.executable, "-c", _BY_EXTENSION, str(image), result],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(runs):
        for name in ways:
            costs[name].append(cost_of(commands[name]))
            Path(result).unlink()
    return costs


def row_of(height: int, costs: dict[str, list[Cost]]) -> str:
    """Return a size's row of the table, which begins with the size."""
    wall = {name: statistics.median(cost.wall_s for cost in each) for name, each in costs.items()}
    cpu = {name: statistics.median(cost.cpu_s for cost in each) for name, each in costs.items()}
    peak_gb = max(cost.peak_gb for cost in costs["lanet"])
    reference = min(("colour conversion", "table"), key=wall.get)
    ratio = wall["lanet"] / wall[reference]
    verdict = ""
    if height in DEMANDS:
        most, most_gb = DEMANDS[height]
        verdict = (
            f"{'yes' if ratio <= most else 'no'} ({most:g}), {'yes' if peak_gb <= most_gb else 'no'} ({most_gb:g} GB)"
        )
    megapixels = 2 * height * height / 1e6
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{_row_start(height)}{len(costs['lanet'])} | {load:.1f} "
        f"| {wall['colour conversion']:.2f} | {wall['table']:.2f} | {wall['lanet']:.2f} "
        f"| {ratio:.2f} | {cpu['lanet'] / cpu[reference]:.2f} | {1e3 * wall['lanet'] / megapixels:.0f} "
        f"| {peak_gb:.2f} | {verdict} |"
    )


def extension_row(height: int, costs: dict[str, list[Cost]]) -> str:
    """Return a size's row of the extension's table."""
    cpu_s = {name: statistics.median(cost.cpu_s for cost in each) for name, each in costs.items()}
    peak_gb = {name: max(cost.peak_gb for cost in each) for name, each in costs.items()}
    return (
        f"{_row_start(height, extension=True)}{len(costs['lanet'])} | {cpu_s['lanet']:.2f} | {cpu_s['extension']:.2f} "
        f"| {cpu_s['extension'] / cpu_s['lanet']:.2f} | {peak_gb['lanet']:.2f} | {peak_gb['extension']:.2f} |"
    )


def _row_start(height: int, extension: bool = False) -> str:
    return f"| {2 * height}×{height}{_IN_BLENDER if extension else ''} | "


_ROW_STARTS = [_row_start(height, extension) for extension in (False, True) for height in HEIGHTS]


def processor_name() -> str:
    """Return the processor's name as the system gives it."""
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.is_file():
        for line in cpu_info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def report(rows: Sequence[str], extension_rows: Sequence[str]) -> str:
    """Return the whole report as Markdown."""
    return "\n".join(
        [
            "# What a conversion costs, by the image's size",
            "",
            f"`python tools/measure_resolutions.py`: JPEG to 32-bit ZIP-compressed EXR on {processor_name()}, "
            f"{os.cpu_count()} cores, OpenImageIO {OpenImageIO.VERSION_STRING}; medians, the ways in turn. "
            "Cold starts of whole processes, the model's loading among them. *Load* is that of the machine in the last "
            "minute, the measured processes among it; the ratio of processor time does not depend on it.",
            "",
            "| size | runs | load | OpenImageIO, colour conversion (s) | OpenImageIO, table (s) | `lanet convert` (s) "
            "| ratio to the faster | ratio of processor time | ms per megapixel | peak memory (GB) | as demanded |",
            "|---" * 11 + "|",
            *rows,
            "",
            "The Blender extension runs the same code in a process beside Blender, of lower priority. "
            "`python tools/measure_resolutions.py --extension`, its client and that process beside the command:",
            "",
            "| size | runs | processor time: command (s) | extension (s) | ratio | peak memory: command (GB) "
            "| extension (GB) |",
            "|---" * 7 + "|",
            *extension_rows,
            "",
        ]
    )


def main() -> int:
    """Measure, print and write the report, and return the exit status: 1 if a demand is not met."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--heights", type=int, nargs="+", default=HEIGHTS, metavar="ROWS", help="only these sizes")
    parser.add_argument("--runs", type=int, default=3, help="of each way at each size")
    parser.add_argument("--extension", action="store_true", help="measure the Blender extension beside the command")
    parser.add_argument("--images", type=Path, metavar="DIR", help="a folder that keeps the panoramas for next time")
    parser.add_argument("--report", type=Path, default=REPORT, metavar="FILE", help="the Markdown file to write")
    arguments = parser.parse_args()
    before = arguments.report.read_text(encoding="utf-8").splitlines() if arguments.report.is_file() else []
    rows = {start: row for start in _ROW_STARTS for row in before if row.startswith(start)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for height in arguments.heights:
            image = (arguments.images or folder) / f"panorama_{height}.jpg"
            if not image.is_file():
                write_panorama(image, height)
            costs = measure(image, folder, arguments.runs, _EXTENSION_WAYS if arguments.extension else _WAYS)
            row = (extension_row if arguments.extension else row_of)(height, costs)
            rows[_row_start(height, arguments.extension)] = row
            print(row, flush=True)
    ordered = [rows[start] for start in _ROW_STARTS if start in rows]
    text = report([row for row in ordered if _IN_BLENDER not in row], [row for row in ordered if _IN_BLENDER in row])
    arguments.report.write_text(text, encoding="utf-8")
    print(f"\n{text}")
    return int(any("no (" in row for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
