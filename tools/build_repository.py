"""Build the self-hosted extensions repository: zips, index.json and a landing page, ready for any static web server.

    python tools/build_repository.py                        dist/*.zip -> dist/repository
    python tools/build_repository.py ZIP... --output DIR

Blender adds it at *Preferences > Get Extensions > Repositories* by the address of its ``index.json``, and then offers
updates. The index is written by Blender's own tool, ``server-generate``. Zips of the flavours for GPUs have the same
id as those for the CPU and are refused: serve them from a repository of their own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from build_extension import ROOT, BuildError, blender_tool

TEMPLATE = Path(__file__).with_name("repository.html")


def build_repository(zips: Iterable[Path], output: Path, tool: Path) -> Path:
    """Copy zips to a folder and write the index and the landing page there; return the index.

    Zips of the folder that are not among them are removed.

    Args:
        zips: built by tools/build_extension.py.
        output: made if it is missing.
        tool: see :func:`build_extension.blender_tool`.

    Raises:
        BuildError: there is no zip, two are for the same system, or Blender's tool fails.
    """
    zips = list(zips)
    if not zips:
        raise BuildError("There is no zip file. Run `make extension`.")
    output.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in zips}
    for former in output.glob("*.zip"):
        if former.name not in names:
            former.unlink()
    for path in zips:
        if path.resolve() != (output / path.name).resolve():
            shutil.copy2(path, output)
    command = [sys.executable, str(tool), "server-generate", "--repo-dir", str(output), "--html"]
    finished = subprocess.run(
        [*command, "--html-template", str(TEMPLATE)], capture_output=True, text=True, encoding="utf-8"
    )
    if finished.returncode:
        raise BuildError(f"Blender's tool does not generate the index:\n{finished.stdout}{finished.stderr}".strip())
    index = output / "index.json"
    _check_index(index)
    return index


def _check_index(index: Path) -> None:
    """Check that each system and version of Blender is offered one zip.

    Raises:
        BuildError: two are for the same system.
    """
    packages = json.loads(index.read_text(encoding="utf-8"))["data"]
    offered = [
        (package["id"], platform, package["blender_version_min"])
        for package in packages
        for platform in package.get("platforms", ("all",))
    ]
    for each in set(offered):
        if offered.count(each) > 1:
            raise BuildError(f"There are several zips of {each[0]} for {each[1]}. Keep one of them.")


def main() -> None:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("zips", nargs="*", type=Path, metavar="ZIP", help="default: the zips for the CPU in dist")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "repository", help="folder of the repository")
    parser.add_argument("--tool", type=Path, help="Blender's blender_ext.py; by default that of the module bpy")
    arguments = parser.parse_args()
    zips = arguments.zips or sorted((ROOT / "dist").glob("lanet_ibl-*.zip"))
    try:
        index = build_repository(zips, arguments.output, arguments.tool or blender_tool())
    except BuildError as error:
        sys.exit(f"error: {error}")
    print(f"{index}: {len(zips)} zip files, and the landing page {index.with_name('index.html').name}")


if __name__ == "__main__":
    main()
