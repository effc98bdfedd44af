"""Make docs/images/extension_*: the extension in a real Blender's window, before, during and after a conversion.

    apt-get install debootstrap && make blender-program
    BLENDER_ROOT=$PWD/build/debian-blender python tools/extension_images.py        needs root; some minutes

It builds the extension, installs it in Blender, and has extension_images_window.py photograph the window. Run it
where the extra ``evaluation`` is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from blender_program import ROOT, NoProgramError, blender_command, window_command

PHOTOGRAPH = ROOT / "examples" / "interior.jpg"
IMAGES = ROOT / "docs" / "images"
WINDOW_SIZE = (1040, 560)
#: Between images side by side, and below the panel, pixels.
_GAP = 12


def build(folder: Path) -> Path:
    """Return the zip for Linux, built into a folder."""
    tool = ROOT / "tools" / "build_extension.py"
    subprocess.run([sys.executable, tool, "--platform", "linux-x64", "--output", folder], check=True)
    return next(folder.glob("*.zip"))


def photograph(folder: Path) -> tuple[dict[str, np.ndarray], tuple[int, int, int, int]]:
    """Run extension_images_window.py in an empty folder.

    Returns:
        The window before, during and after, and with the dial, each (H, W, 3) uint8 sRGB; and where the panel is in
        it: from the left, from the top, width and height, in pixels.

    Raises:
        NoProgramError, RuntimeError: see :func:`use_installed`.
    """
    facts = use_installed(folder, ROOT / "tools" / "extension_images_window.py", PHOTOGRAPH)
    return {path.stem: read_xwd(path) for path in (folder / "shots").iterdir()}, tuple(facts["panel"])


def use_installed(folder: Path, script: Path, photograph: Path) -> dict[str, Any]:
    """Install the extension and run a script in a Blender with a window; return what it found.

    Args:
        folder: empty; what Blender sees besides this repository.
        script: of :class:`window_artist.Artist`.
        photograph: copied to the folder.

    Raises:
        NoProgramError: there is no Blender.
        RuntimeError: the script stuck; the message contains the reason.
    """
    (folder / "settings").mkdir()
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(folder / "settings"), "LIBGL_ALWAYS_SOFTWARE": "1"}
    package = build(folder)
    install = ["--command", "extension", "install-file", "-r", "user_default", "-e", str(package)]
    subprocess.run([*blender_command(folder), *install], env=environment, check=True)
    shutil.copy2(photograph, folder)
    subprocess.run(window_command(folder, script, size=WINDOW_SIZE), env=environment, check=True)
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    if "problem" in facts:
        raise RuntimeError(facts["problem"])
    return facts


def read_xwd(path: Path) -> np.ndarray:
    """Return an image of Xvfb's screen, (H, W, 3) uint8.

    An XWD file is a header of big-endian 32-bit numbers, a table of colours and the rows, here of four bytes a pixel,
    blue first.
    """
    data = path.read_bytes()
    header = struct.unpack(">25I", data[:100])
    header_bytes, width, height, row_bytes, colours = (header[index] for index in (0, 4, 5, 12, 19))
    start = header_bytes + 12 * colours
    rows = np.frombuffer(data, np.uint8, height * row_bytes, start).reshape(height, row_bytes // 4, 4)
    return rows[:, :width, 2::-1]


def panels_in_a_row(windows: list[np.ndarray], place: tuple[int, int, int, int]) -> np.ndarray:
    """Return the panels of several windows from left to right, as far down as the longest reaches."""
    left, top, width, height = place
    panels = np.stack([window[top : top + height, left : left + width] for window in windows])
    inside = panels[:, : -2 * _GAP, _GAP : -width // 8]  # the editor's frame, and the tabs at the right
    used = np.flatnonzero((inside != inside[0, -1, 0]).any(axis=(0, 2, 3)))
    panels = panels[:, : used[-1] + 1 + _GAP]
    gap = np.full((panels.shape[1], _GAP, 3), 255, np.uint8)
    return np.hstack([part for panel in panels for part in (panel, gap)][:-1])


def write(path: Path, image: np.ndarray) -> None:
    """Write an image, (H, W, 3) uint8 sRGB, in the format of its suffix."""
    height, width, channels = image.shape
    specification = OpenImageIO.ImageSpec(width, height, channels, "uint8")
    specification["Compression"] = "jpeg:88" if path.suffix == ".jpg" else "zip:9"
    output = OpenImageIO.ImageOutput.create(str(path))
    if not (output.open(str(path), specification) and output.write_image(np.ascontiguousarray(image))):
        raise RuntimeError(f"{path}: {output.geterror()}")
    output.close()
    print(f"{path}: {width}x{height}, {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Make the image."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=IMAGES, help="folder of the images")
    output = parser.parse_args().output
    try:
        with tempfile.TemporaryDirectory(prefix="extension-images-") as folder:
            windows, panel = photograph(Path(folder))
    except (NoProgramError, RuntimeError) as error:
        sys.exit(f"error: {error}")
    write(
        output / "extension_panel.png",
        panels_in_a_row([windows[name] for name in ("before", "during", "after")], panel),
    )
    gap = np.full((_GAP, WINDOW_SIZE[0], 3), 255, np.uint8)
    write(output / "extension_window.jpg", np.vstack([windows["before"], gap, windows["after"]]))
    write(output / "light_dial.jpg", windows["dial"][:, : panel[0]])


if __name__ == "__main__":
    main()
