"""``lanet convert`` with bad images, places and models: what is reported, and what is left on the disk."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bad_images import BAD_IMAGES, make_bad_image
from commands import ROOT, names, pixels, run_apart
from PIL import Image

pytestmark = pytest.mark.usefixtures("tiny_model")


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_a_bad_image_is_reported_in_one_line_and_leaves_nothing(lanet, tmp_path, name):
    source = make_bad_image(name, tmp_path)
    (tmp_path / "out").mkdir()
    status, output, errors = lanet("convert", source, "-o", tmp_path / "out" / "result.exr", "--json")
    assert status == 2
    assert errors.startswith(f"lanet: error: {source}: ")
    assert errors.count("\n") == 1
    image = json.loads(output)
    assert (image["status"], image["error"]["kind"]) == ("failed", BAD_IMAGES[name][1].__name__)
    assert names(tmp_path / "out") == []


def test_bad_images_among_good_ones_are_skipped(lanet, library, tmp_path):
    bad = [make_bad_image(name, library) for name in BAD_IMAGES]
    good = [library / name for name in ("lake.png", "street.png", "tower.png")]
    # The folder already holds hdr.exr and hdr.tif, of one name.
    bad.remove(library / "hdr.tif")
    status, output, errors = lanet("convert", *bad[:5], *good, *bad[5:], "-o", tmp_path / "hdr")
    assert status == 1
    assert errors.count("lanet: error: ") == len(bad)
    assert output.endswith(f"3 converted, {len(bad)} failed\n")
    assert names(tmp_path / "hdr") == ["lake.exr", "street.exr", "tower.exr"]


def test_a_bad_image_leaves_no_new_folder(lanet, tmp_path):
    assert lanet("convert", tmp_path / "missing.jpg", "-o", f"{tmp_path}/new/")[0] == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("target", ["missing/lake.exr", "lake.jpg", "file/lake.exr", "file/"])
def test_outputs_that_cannot_be_written_are_reported_in_one_line(lanet, library, tmp_path, target):
    (tmp_path / "file").write_text("not a folder")
    status, _, errors = lanet("convert", library / "lake.png", "-o", f"{tmp_path}/{target}")
    assert status == 2
    assert errors.startswith("lanet: error: ")
    assert errors.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(lanet, library, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    status, _, errors = lanet("convert", library / "lake.png", "-o", tmp_path / "closed" / "lake.exr")
    assert (status, errors.count("\n")) == (2, 1)
    assert names(tmp_path / "closed") == []


def test_a_file_that_may_not_grow_leaves_nothing(library, tmp_path):
    (tmp_path / "out").mkdir()
    finished = run_apart(
        "convert",
        library / "lake.png",
        "-o",
        tmp_path / "out" / "lake.exr",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
    )
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"lanet: error: {tmp_path}/out/lake.exr: ")
    assert "Traceback" not in finished.stderr
    assert names(tmp_path / "out") == []


@pytest.fixture
def small_disk(tmp_path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_nothing(lanet, library, small_disk):
    status, output, errors = lanet("convert", library / "lake.png", "-o", small_disk / "lake.exr", "--json")
    assert (status, errors.count("\n")) == (2, 1)
    assert json.loads(output)["error"]["kind"] == "DiskFullError"
    assert names(small_disk) == []


def test_models_that_cannot_run_are_reported_in_one_line(lanet, library, tmp_path, make_model, monkeypatch):
    (tmp_path / "damaged.onnx").write_bytes(make_model().read_bytes()[:100])
    make_model("foreign.onnx", text=None)
    for name, words in [
        ("damaged.onnx", "the file is damaged"),
        ("foreign.onnx", "was not exported by this program"),
        ("missing.onnx", "no model file"),
    ]:
        status, output, errors = lanet(
            "convert", library / "lake.png", "-o", f"{tmp_path}/out/", "--model", tmp_path / name
        )
        assert (status, output, errors.count("\n")) == (2, "", 1)
        assert errors.startswith(f"lanet: error: {tmp_path / name}: ")
        assert words in errors
        assert not (tmp_path / "out").exists()


def test_a_provider_that_does_not_exist(lanet, library, tmp_path):
    status, _, errors = lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr", "--provider", "vulkan")
    assert status == 2
    assert "auto, cuda, directml, coreml, cpu" in errors


@pytest.fixture
def photograph(tmp_path) -> Path:
    """A photograph of 2:1: its sides do not meet, and its first and last row are no points."""
    y, x = np.mgrid[0:64, 0:128]
    rgb = np.stack([2 * x, x + y, 60 + x], axis=-1)
    path = tmp_path / "photograph.png"
    Image.fromarray(rgb.astype(np.uint8)).save(path)
    return path


def test_what_is_no_panorama_is_named_and_forced(lanet, photograph, tmp_path):
    status, _, errors = lanet("convert", photograph, "-o", tmp_path / "a.exr")
    assert status == 2
    assert "--image" in errors
    assert "--force" in errors
    status, _, errors = lanet("convert", photograph, "-o", tmp_path / "a.exr", "--force", "--preview")
    assert status == 0
    assert "do not meet" in errors
    assert (tmp_path / "a-preview.png").exists()


def test_interrupting_leaves_whole_files_only(library, tmp_path):
    Image.fromarray(np.zeros((256, 512, 3), np.uint8)).save(library / "lake.png")
    sources = []
    for number in range(300):
        sources.append(library / f"copy{number}.png")
        sources[-1].symlink_to(library / "lake.png")
    command = [sys.executable, "-m", "lanet_core.cli.main", "convert", *sources, "-o", f"{tmp_path}/hdr/"]
    with subprocess.Popen(
        list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith(f"{tmp_path}/hdr/copy0.exr: ")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "lanet: interrupted"
    assert "Traceback" not in errors
    written = names(tmp_path / "hdr")
    assert 1 <= len(written) < 300
    assert all(name.endswith(".exr") and not name.startswith(".") for name in written)
    for name in written:
        assert pixels(tmp_path / "hdr" / name).shape == (256, 512, 3)
