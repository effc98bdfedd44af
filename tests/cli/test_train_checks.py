"""What cannot be trained is refused before anything is trained, with what to do about it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from lanet_core.cli.main import main
from lanet_core.cli.train_checks import check_device, check_run
from lanet_core.errors import DataError, OutputNotWritableError, ProviderError
from lanet_core.files import write_exr
from lanet_core.training.configuration import load_configuration

SMALL = """
name = "small"
description = "Two steps."

[network]
width = 0.0625
attention_stream = false
luminance_attention = false
segmentation = false

[[stages]]
images = "crops"
height = 128
batch_size = 6
steps = 2
learning_rate = 1e-3
"""


def write_panorama(path: Path, height: int = 128, width: int | None = None) -> None:
    path.parent.mkdir(exist_ok=True)
    pixels = np.ones((height, width or 2 * height, 3), np.float32)
    write_exr(path, pixels, model_name="none", model_sha256="")


@pytest.fixture
def data(tmp_path) -> Path:
    """Three panoramas, one of them to validate on."""
    folder = tmp_path / "data"
    for name in "abc":
        write_panorama(folder / f"{name}.exr")
    rows = ["slug,file,split", "a,a.exr,train", "b,b.exr,train", "c,c.exr,val"]
    (folder / "scenes.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def configuration(tmp_path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


def check(configuration: Path, data: Path, **changes) -> None:
    given = {"device": "cpu", "data": data, "supplement": None, "fold": None, "output": data.parent / "run"}
    check_run(load_configuration(configuration), Namespace(**(given | changes)), cuda_devices=0)


def refused(capsys, *arguments) -> str:
    """Return the message of a command line that is refused."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as exit_request:
        status = exit_request.code
    assert status == 2
    errors = capsys.readouterr().err
    assert "Traceback" not in errors
    return errors.splitlines()[-1]


def test_a_run_that_can_be_done_is_not_refused(configuration, data):
    check(configuration, data)
    assert (data.parent / "run").is_dir()
    check(configuration, data, device="auto", supplement=data, fold="1/2")


@pytest.mark.parametrize(
    "option",
    ["--seed=-1", "--seed=1.5", "--seed=1099511627776", "--workers=-1", "--threads=0", "--log-every=0"],
)
def test_numbers_out_of_bounds_are_refused_by_their_option(capsys, configuration, data, option):
    message = refused(capsys, "train", configuration, "--data", data, "-o", data.parent / "run", option)
    assert option.partition("=")[0] in message
    assert "must be a whole number" in message


@pytest.mark.parametrize("option", ["--validate-every=0", "--validate-every=often", "--stop-after=-1"])
def test_steps_out_of_bounds_are_refused_by_their_option(capsys, configuration, data, option):
    assert option.partition("=")[0] in refused(capsys, "train", configuration, "--data", data, "-o", "run", option)


@pytest.mark.parametrize("device", ["cude", "cuda:x", "gpu", ""])
def test_an_unknown_device(capsys, configuration, data, device):
    message = refused(capsys, "train", configuration, "--data", data, "-o", data.parent / "run", f"--device={device}")
    assert message.startswith(f"lanet: error: The device {device!r} is unknown. Use --device auto")


def test_cuda_that_is_not_there():
    with pytest.raises(ProviderError, match=r"no CUDA device\. Use --device cpu"):
        check_device("cuda", cuda_devices=0)
    with pytest.raises(ProviderError, match=r"no CUDA device 2: there are 2\. Use cuda:0 to cuda:1"):
        check_device("cuda:2", cuda_devices=2)
    check_device("cuda:1", cuda_devices=2)
    check_device("cuda", cuda_devices=1)


def test_an_output_that_is_a_file(capsys, configuration, data, tmp_path):
    (tmp_path / "run").write_text("a file")
    message = refused(capsys, "train", configuration, "--data", data, "-o", tmp_path / "run")
    assert str(tmp_path / "run") in message and "folder" in message
    with pytest.raises(OutputNotWritableError):
        check(configuration, data, output=tmp_path / "run" / "below")


@pytest.mark.parametrize(("processes", "fits"), [("1", True), ("3", True), ("4", False), ("12", False)])
def test_a_batch_that_does_not_divide(configuration, data, monkeypatch, processes, fits):
    monkeypatch.setenv("WORLD_SIZE", processes)
    if fits:
        check(configuration, data)
        return
    with pytest.raises(DataError, match=rf"batch of 6 images cannot be divided among {processes} .*batch_size"):
        check(configuration, data)


@pytest.mark.parametrize("height", [64, 100, 0])
def test_a_height_that_the_network_does_not_take(configuration, data, height):
    configuration.write_text(SMALL.replace("height = 128", f"height = {height}"))
    with pytest.raises(DataError, match=rf"{height} rows.* multiple of 128"):
        check(configuration, data)


@pytest.mark.parametrize("size", [(128, 128), (64, 200), (16, 32), (100, 200), (128, 192)])
def test_panoramas_not_2_to_1_or_too_small_are_named(configuration, data, size):
    write_panorama(data / "b.exr", *size)
    with pytest.raises(DataError, match=rf"b\.exr \({size[1]}x{size[0]}\)") as caught:
        check(configuration, data)
    assert "a.exr" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("height", [32, 64, 128, 200, 512])
def test_sizes_that_can_be_trained_on(configuration, data, height):
    write_panorama(data / "b.exr", height)
    check(configuration, data)


def test_many_bad_panoramas_are_counted(configuration, tmp_path):
    for number in range(30):
        write_panorama(tmp_path / "data" / f"{number}.exr", 8, 8)
    with pytest.raises(DataError, match=r"and 2\d others"):
        check(configuration, tmp_path / "data")


def test_scenes_that_are_too_few_to_validate_on(configuration, tmp_path):
    for name in ("park", "street", "room", "studio", "beach"):  # all of the train split by their names
        write_panorama(tmp_path / "data" / f"{name}.exr")
    with pytest.raises(DataError, match=r"None of the folder's 5 panoramas belongs to the \w+ split.*--fold"):
        check(configuration, tmp_path / "data")
    check(configuration, tmp_path / "data", fold="1/2")


def test_an_evaluation_that_could_not_be_written_is_refused_before_it_is_done(capsys, data, tmp_path, make_model):
    common = ("evaluate", data, "--model", make_model())
    assert "folder does not exist" in refused(capsys, *common, "-o", tmp_path / "missing" / "errors.csv")
    assert "This is a folder" in refused(capsys, *common, "-o", tmp_path)
    assert "--draws" in refused(capsys, *common, "--draws", "0")
