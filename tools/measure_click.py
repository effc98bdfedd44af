"""Measure in a real Blender how long an artist waits: from the click to the light, blocked, and to cancel.

    BLENDER_ROOT=$PWD/build/debian-blender python tools/measure_click.py [--runs 5]       needs root

It builds and installs the extension; measure_click_window.py converts examples/city.jpg, enlarged to 2048x1024, several
times. The first conversion, which starts the worker, is listed apart.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

import OpenImageIO
from blender_program import ROOT, NoProgramError
from extension_images import use_installed

PHOTOGRAPH = ROOT / "examples" / "city.jpg"
SIZE = (2048, 1024)


def enlarged(folder: Path) -> Path:
    """Write the photograph at the size of the measurement, and return its path."""
    roi = OpenImageIO.ROI(0, SIZE[0], 0, SIZE[1], 0, 1, 0, 3)
    image = OpenImageIO.ImageBufAlgo.resize(OpenImageIO.ImageBuf(str(PHOTOGRAPH)), roi=roi)
    path = folder / "photograph.jpg"
    if not image.write(str(path)):
        raise RuntimeError(f"{path}: {image.geterror()}")
    return path


def summary(name: str, values: list[float], unit: str, limit: float) -> str:
    """Return a row of the table: median, least and largest value, and the limit of the largest."""
    return (
        f"| {name} | {statistics.median(values):.2f} {unit} | {min(values):.2f} … {max(values):.2f} {unit} "
        f"| {limit:g} {unit} |"
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="warm conversions, and as many cancelled ones")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="measure-click-") as temporary:
        folder = Path(temporary) / "blender"
        folder.mkdir()
        (folder / "runs").write_text(str(runs), encoding="utf-8")
        try:
            facts = use_installed(folder, ROOT / "tools" / "measure_click_window.py", enlarged(Path(temporary)))
        except (NoProgramError, RuntimeError) as error:
            sys.exit(f"error: {error}")
    load = facts["load"]
    print(f"Blender {facts['version']}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores,")
    print(f"load average {min(load):.1f} to {max(load):.1f}; the first conversion took {facts['first_s']:.1f} s\n")
    print("| what | median | range | limit |\n|---|---|---|---|")
    print(summary("from the click to the light, 2048 × 1024, warm", facts["light_s"], "s", 4.0))
    print(summary("longest hold of the main thread, by the clock", facts["hold_ms"], "ms", 50.0))
    print(summary("longest hold of the main thread, processor time", facts["hold_cpu_ms"], "ms", 50.0))
    print(summary("from the cancel to rest", facts["cancel_s"], "s", 0.5))


if __name__ == "__main__":
    main()
