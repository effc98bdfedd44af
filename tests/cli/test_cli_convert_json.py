"""``lanet convert --json``: one object per file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bad_images import make_bad_image
from commands import ROOT, pixels

pytestmark = pytest.mark.usefixtures("tiny_model")


def test_one_json_object_per_file(lanet, library, tmp_path):
    make_bad_image("empty.jpg", library)
    (tmp_path / "hdr").mkdir()
    (tmp_path / "hdr" / "lake.exr").touch()
    sources = [library / name for name in ("empty.jpg", "lake.png", "street.png")]
    status, output, _ = lanet("convert", *sources, "-o", tmp_path / "hdr", "--json", "--preview", tmp_path / "shown")
    failed, skipped, converted = map(json.loads, output.splitlines())
    assert status == 1
    assert [each["status"] for each in (failed, skipped, converted)] == ["failed", "skipped", "converted"]
    assert failed["error"]["kind"] == "EmptyFileError"
    assert str(sources[0]) in failed["error"]["message"]
    assert (converted["input"], converted["output"]) == (str(sources[2]), str(tmp_path / "hdr" / "street.exr"))
    assert (converted["width"], converted["height"]) == (128, 64)
    assert Path(converted["preview"]).is_file()
    assert converted["model_name"] == "tiny 1.0"
    assert len(converted["model_sha256"]) == 64
    assert 0.0 < converted["clipped_fraction"] < 0.2
    assert converted["peak_ev"] == pytest.approx(
        np.log2((pixels(converted["output"]) @ [0.2126, 0.7152, 0.0722]).max())
    )
    assert 0.0 < converted["network_seconds"] < converted["seconds"]
    documented = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    names = [name.partition(".")[0] for name in re.findall(r"`([\w.]+)`", documented)]
    assert set(converted) | set(failed) <= set(names)


def test_json_is_valid_for_any_file_name(lanet, library, tmp_path):
    names = ["new\nline.png", 'quo"te\\.png', "snow ☃.png", os.fsdecode(b"not \xff utf-8.png"), "tab\t.png"]
    for name in names:
        (library / name).write_bytes((library / "lake.png").read_bytes())
    sources = [library / name for name in (*names, os.fsdecode(b"missing \xfe.png"))]
    status, output, _ = lanet("convert", *sources, "-o", tmp_path / "hdr", "--json")
    assert status == 1
    records = [json.loads(line) for line in output.splitlines()]
    assert [Path(record["input"]).name for record in records[:-1]] == names
    assert [record["status"] for record in records] == ["converted"] * len(names) + ["failed"]
    assert output.isascii()


def test_json_is_printed_file_by_file(library, tmp_path):
    command = [sys.executable, "-m", "lanet_core.cli.main", "convert", str(library / "lake.png")]
    command += [str(library / "street.png"), "-o", f"{tmp_path}/hdr/", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        first = json.loads(process.stdout.readline())
        second = json.loads(process.stdout.readline())
    assert (Path(first["input"]).name, Path(second["input"]).name) == ("lake.png", "street.png")
