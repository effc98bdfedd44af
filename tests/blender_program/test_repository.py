"""The extensions repository on a local web server, in a real Blender: install, update from 0.9 to this version, remove.

The 0.9 is the stand-in of ``older_extension/``, which leaves in a .blend file what that version left. The world that it
has converted is used after the update, and is still lit when the extension is removed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from builder_scripts import build_repository

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("repository_steps.py")
VERSION = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"]
OLDER = "0.9.0"
#: Of a world that the older version has converted, and of the same world converted again.
SLIDERS = {"Highlights": 0.5, "Peak Limit": 40.0}
NEW_SLIDERS = SLIDERS | {"Warmth": 0.0, "Saturation": 1.0}


class Quiet(SimpleHTTPRequestHandler):
    """A static web server without a log."""

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def site(tmp_path) -> Iterator[tuple[Path, str]]:
    """A folder and the address of a web server that serves it."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/index.json"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def older_zip(blender_tool, tmp_path) -> Path:
    """The zip of the older version."""
    source = Path(__file__).with_name("older_extension")
    command = [sys.executable, blender_tool, "build", "--source-dir", source, "--output-dir", tmp_path]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return next(tmp_path.glob("*.zip"))


@pytest.mark.skipif(sys.platform != "linux", reason="The zip that is built is that for Linux.")
def test_it_is_installed_updated_and_removed(blender_program, blender_tool, linux_zip, older_zip, site, tmp_path):
    served, address = site
    work = tmp_path / "work"
    (work / "settings").mkdir(parents=True)
    shutil.copy2(ROOT / "examples" / "city.jpg", work)

    def run(*arguments: str | Path) -> str:
        finished = blender_program(work, *arguments, BLENDER_USER_RESOURCES=str(work / "settings"))
        assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
        return finished.stdout

    def extension(*arguments: str) -> str:
        return run("--online-mode", "--command", "extension", *arguments)

    def step(name: str, *blend: Path) -> dict:
        run("-b", *blend, "--python-exit-code", "3", "-P", SCRIPT, "--", name, work)
        return json.loads((work / f"{name}.json").read_text(encoding="utf-8"))

    build_repository.build_repository([older_zip], served, blender_tool)
    extension("repo-add", "--name", "LANet IBL", "--url", address, "lanet")
    extension("install", "--sync", "--enable", "lanet.lanet_ibl")
    scene = work / "scene.blend"
    before = step("convert")
    assert (before["version"], before["precision"]) == (OLDER, "HALF")
    assert before["lit"]["image"].endswith("city_lanet.exr") and before["lit"]["sliders"] == SLIDERS

    build_repository.build_repository([linux_zip], served, blender_tool)
    assert OLDER in extension("list", "--sync")
    extension("update")
    after = step("use", scene)
    assert (after["version"], after["precision"]) == (VERSION, "HALF")  # preferences survive
    assert after["opened"] == before["lit"]
    assert after["shown"] == "HDR" and set(SLIDERS) <= set(after["drawn"])
    assert after["photograph"]["image"].endswith("city.jpg")
    assert after["back"] == before["lit"]
    assert after["low_ev"] == -1.0 < SLIDERS["Highlights"]
    assert after["again"]["links"] == before["lit"]["links"]  # the same nodes, not twice
    assert after["again"]["image"].endswith(".exr") and after["again"]["sliders"] == NEW_SLIDERS
    assert f"lanet_ibl {VERSION}" in after["report"].replace("LANet IBL", "lanet_ibl")
    assert "city" not in after["report"] and str(work) not in after["report"]

    extension("remove", "lanet.lanet_ibl")
    gone = step("look", scene)
    assert gone["version"] is None
    assert gone["opened"] == after["again"]
    assert not list((work / "settings" / "extensions").rglob("lanet_core"))
