"""The command's face: help, version, info, preview, and what it loads to show them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from bad_images import float_image
from PIL import Image
from tiny_models import tiny_metadata

from lanet_core.cli.main import COMMANDS, EXIT_BROKEN_PIPE, main

ROOT = Path(__file__).resolve().parents[2]


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as exit_request:
        main(["--help"])
    assert exit_request.value.code == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines if line and line[0] in COMMANDS] == list(COMMANDS)
    assert {"convert", "preview", "info"} <= set(COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["dream"], ["convert"], ["convert", "street.jpg"]])
def test_a_bad_command_line_is_reported_on_standard_error(capsys, arguments):
    with pytest.raises(SystemExit) as exit_request:
        main(arguments)
    assert exit_request.value.code == 2
    assert capsys.readouterr().err.startswith("usage: lanet")


@pytest.mark.parametrize("threads", ["0", "-1", "many"])
def test_threads_are_a_positive_number(capsys, threads):
    with pytest.raises(SystemExit):
        main(["convert", "street.jpg", "-o", "street.exr", "--threads", threads])
    assert "--threads" in capsys.readouterr().err


def test_the_version_is_the_installed_one(capsys):
    with pytest.raises(SystemExit) as exit_request:
        main(["--version"])
    assert exit_request.value.code == 0
    assert capsys.readouterr().out == f"lanet {version('lanet-ibl')}\n"


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_loads_nothing_heavy(arguments):
    program = (
        "import sys; from lanet_core.cli.main import main\ntry: main(sys.argv[1:])\nfinally: print('|', *sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    text, _, modules = finished.stdout.rpartition("|")
    assert text.startswith("usage: lanet")
    assert not set(modules.split()) & {"torch", "onnx", "onnxruntime", "OpenImageIO", "OpenEXR"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_prints_json(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert "--json" in capsys.readouterr().out


def test_info_shows_what_the_model_is_and_runs_on(make_model, capsys):
    path = make_model()
    assert main(["info", "--json", "--model", str(path)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["model"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert facts["model"]["size_bytes"] == path.stat().st_size
    assert facts["model"]["licence"] == tiny_metadata().licence
    assert facts["model"]["training_data"] == tiny_metadata().training_data
    assert facts["versions"]["numpy"] == np.__version__
    assert "cpu" in facts["providers"]["compiled"]
    assert facts["providers"]["running"] in facts["providers"]["compiled"]
    assert (facts["providers"]["why_no_gpu"] == []) == (facts["providers"]["running"] != "cpu")

    assert main(["info", "--model", str(path)]) == 0
    text = capsys.readouterr().out
    for fact in (facts["model"]["sha256"], "CC0-1.0", "64", np.__version__):
        assert fact in text


def test_info_without_a_model_still_shows_the_rest(tmp_path, capsys):
    assert main(["info", "--json", "--model", str(tmp_path / "absent.onnx")]) == 2
    output, errors = capsys.readouterr()
    assert set(json.loads(output)) == {"versions", "providers"}
    assert errors == (
        f"lanet: error: {tmp_path}/absent.onnx: There is no model file here. "
        "Check the path, or omit --model to use the supplied model.\n"
    )


def test_preview_of_an_image_and_its_hdr(tmp_path, street, capsys):
    Image.fromarray(street).save(tmp_path / "street.png")
    float_image(tmp_path / "street.exr", np.random.default_rng(0).random((64, 128, 3)) * 10.0)
    arguments = ["preview", str(tmp_path / "street.png"), str(tmp_path / "street.exr"), "-o"]
    assert main([*arguments, str(tmp_path / "shown.png"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["output"], record["status"]) == (str(tmp_path / "shown.png"), "written")
    with Image.open(tmp_path / "shown.png") as shown:
        assert (shown.format, shown.mode) == ("PNG", "RGB")
        assert shown.width > 3 * shown.height
    assert main([*arguments, str(tmp_path / "street.png")]) == 2
    assert "never overwritten" in capsys.readouterr().err


def test_preview_of_an_hdr_that_is_no_panorama(tmp_path, street, capsys):
    Image.fromarray(street).save(tmp_path / "street.png")
    float_image(tmp_path / "square.exr", np.ones((64, 64, 3)))
    status = main(
        ["preview", str(tmp_path / "street.png"), str(tmp_path / "square.exr"), "-o", str(tmp_path / "a.png")]
    )
    assert status == 2
    assert "64x64, not 2:1" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_a_package_that_is_not_installed_is_reported_with_its_extra(tmp_path, street):
    Image.fromarray(street).save(tmp_path / "street.png")
    # None in sys.modules makes an import raise, as it does where the package is not installed.
    program = "import sys; sys.modules['onnxruntime'] = None; from lanet_core.cli.main import main; sys.exit(main())"
    arguments = ["convert", str(tmp_path / "street.png"), "-o", str(tmp_path / "street.exr")]
    finished = subprocess.run([sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 2
    assert finished.stderr.startswith("lanet: error: lanet convert needs the package onnxruntime")
    assert "lanet-ibl[cpu]" in finished.stderr


def test_a_reader_that_has_gone_is_no_error():
    """As in ``lanet info | head``."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "lanet_core.cli.main", "info"]
    with os.fdopen(writing, "wb") as pipe:
        finished = subprocess.run(command, cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, text=True)
    assert (finished.returncode, finished.stderr) == (EXIT_BROKEN_PIPE, "")
