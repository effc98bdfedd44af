"""Make docs/images/first_use.jpg and extension_languages.png: the first use of the extension in a real Blender.

    BLENDER_ROOT=$PWD/build/debian-blender python tools/first_use.py        needs root; some minutes

It builds the extension and its repository, serves that on a local web server, and has first_use_window.py use it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import OpenImageIO
from blender_program import ROOT, NoProgramError, window_command
from build_extension import blender_tool
from build_repository import build_repository
from extension_images import build, panels_in_a_row, read_xwd, write

PHOTOGRAPH = ROOT / "examples" / "sunrise.jpg"
IMAGES = ROOT / "docs" / "images"
WINDOW_SIZE = (1280, 720)
#: Rows of shots and renders, from the top.
STEPS = (("installed", "dropped"), ("converted", "lamp turned"), ("cycles", "eevee"))
LANGUAGES = ("de_DE", "ja_JP")
_GAP = 8


class Quiet(SimpleHTTPRequestHandler):
    """A static web server without a log."""

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a repository on this machine, and yield the address of its index."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def use_for_the_first_time(folder: Path, package: Path, *, draft: bool = False) -> dict[str, object]:
    """Run first_use_window.py in an empty folder; return what it found.

    Args:
        folder: what Blender sees; it gets ``shots``, the renders, and the settings of Blender.
        package: the zip for Linux.
        draft: few samples and small renders, for tests.

    Raises:
        NoProgramError: there is no Blender.
        RuntimeError: it stuck; the message contains the reason.
    """
    (folder / "settings").mkdir()
    shutil.copy2(PHOTOGRAPH, folder)
    site = folder / "site"
    build_repository([package], site, blender_tool())
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(folder / "settings"), "LIBGL_ALWAYS_SOFTWARE": "1"}
    script = ROOT / "tools" / "first_use_window.py"
    with served(site) as address:
        job = {"address": address, "draft": draft}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        finished = subprocess.run(
            window_command(folder, script, size=WINDOW_SIZE),
            env=environment,
            capture_output=True,
            text=True,
            timeout=1500,
        )
    if not (folder / "facts.json").is_file():
        raise RuntimeError(finished.stdout[-2000:] + finished.stderr[-2000:])
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    if "problem" in facts:
        raise RuntimeError(facts["problem"])
    return facts


def read(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Return a shot or a render at a size: columns and rows; (H, W, 3) uint8 sRGB."""
    if path.suffix == ".xwd":
        pixels = read_xwd(path)
        image = OpenImageIO.ImageBuf(np.ascontiguousarray(pixels))
    else:
        image = OpenImageIO.ImageBuf(str(path))
    roi = OpenImageIO.ROI(0, size[0], 0, size[1], 0, 1, 0, 3)
    return OpenImageIO.ImageBufAlgo.resize(image, roi=roi).get_pixels(OpenImageIO.UINT8)


def steps_of(folder: Path) -> np.ndarray:
    """Return the steps as one image, two side by side."""
    size = (640, 360)
    rows = []
    for names in STEPS:
        paths = [folder / f"{name}.png" if (folder / f"{name}.png").is_file() else folder / "shots" / f"{name}.xwd"
                 for name in names]  # fmt: skip
        gap = np.full((size[1], _GAP, 3), 255, np.uint8)
        rows += [np.hstack([read(paths[0], size), gap, read(paths[1], size)])]
        rows += [np.full((_GAP, rows[-1].shape[1], 3), 255, np.uint8)]
    return np.vstack(rows[:-1])


def main() -> None:
    """Make both images."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=IMAGES, help="folder of the images")
    parser.add_argument("--keep", type=Path, help="an empty folder for everything that the session writes")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="first-use-") as temporary:
            folder = arguments.keep or Path(temporary)
            facts = use_for_the_first_time(folder, build(folder / "package"))
            print(json.dumps(facts, indent=1))
            write(arguments.output / "first_use.jpg", steps_of(folder))
            shots = [read_xwd(folder / "shots" / f"{language}.xwd") for language in LANGUAGES]
            write(arguments.output / "extension_languages.png", panels_in_a_row(shots, tuple(facts["panel"])))
    except (NoProgramError, RuntimeError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
