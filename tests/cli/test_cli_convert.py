"""``lanet convert`` from end to end: good images, every kind of bad one, and what is left on the disk."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from bad_images import BAD_IMAGES, make_bad_image
from PIL import Image

from lanet_core.cli.main import main
from lanet_core.colour import srgb_to_linear
from lanet_core.files import read_hdr

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def model(make_model, monkeypatch) -> Path:
    path = make_model()
    monkeypatch.setenv("LANET_MODEL", str(path))
    return path


@pytest.fixture
def library(tmp_path, street) -> Path:
    """A folder of three good panoramas."""
    folder = tmp_path / "library"
    folder.mkdir()
    for shift, name in enumerate(("lake.png", "street.png", "tower.png")):
        Image.fromarray(np.roll(street, 10 * shift, axis=1)).save(folder / name)
    return folder


@pytest.fixture
def lanet(capsys) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the command in this process: (exit status, standard output, standard error)."""

    def run(*arguments) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


def run_apart(*arguments, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "lanet_core.cli.main", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pixels(path: Path) -> np.ndarray:
    return OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.FLOAT)


def test_one_image_to_one_file(lanet, library, tmp_path, street):
    status, output, errors = lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr")
    assert (status, errors) == (0, "")
    assert output.startswith(f"{tmp_path}/lake.exr: 128x64, ")
    ldr_linear = srgb_to_linear(street / 255.0).astype(np.float32)
    exposed = ldr_linear.mean(axis=-1) <= np.float32(0.83)
    hdr = pixels(tmp_path / "lake.exr")
    np.testing.assert_array_equal(hdr[exposed], ldr_linear[exposed])
    assert hdr.max() > 10.0


def test_a_library_to_a_folder_that_is_made(lanet, library, tmp_path):
    status, output, errors = lanet("convert", *library.iterdir(), "-o", tmp_path / "hdr")
    assert (status, errors) == (0, "")
    assert names(tmp_path / "hdr") == ["lake.exr", "street.exr", "tower.exr"]
    assert output.endswith("3 converted\n")


def test_half_floats(lanet, library, tmp_path):
    lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr", "--half")
    assert str(OpenImageIO.ImageBuf(str(tmp_path / "lake.exr")).spec().format) == "half"


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


@pytest.mark.parametrize(("code", "warning"), [(255, "Every pixel is over-exposed"), (0, "The image is black")])
def test_white_and_black_images_convert_with_a_warning(lanet, tmp_path, code, warning):
    Image.new("RGB", (128, 64), (code,) * 3).save(tmp_path / "flat.png")
    status, output, errors = lanet("convert", tmp_path / "flat.png", "-o", tmp_path / "flat.exr", "--json")
    assert status == 0
    assert errors.startswith("lanet: warning: ")
    assert warning in errors
    image = json.loads(output)
    assert image["clipped_fraction"] == pytest.approx(code / 255)
    assert (image["peak_ev"] is None) == (code == 0)
    assert np.isfinite(pixels(tmp_path / "flat.exr")).all()


def test_two_images_of_one_name_are_refused_before_any_work(lanet, library, tmp_path):
    (library / "other").mkdir()
    Image.open(library / "lake.png").save(library / "other" / "lake.jpg")
    status, _, errors = lanet("convert", library / "lake.png", library / "other" / "lake.jpg", "-o", tmp_path / "hdr")
    assert status == 2
    assert "lake.png" in errors
    assert "lake.jpg would be written to this file" in errors
    assert not (tmp_path / "hdr").exists()


def test_in_a_folder_what_is_there_already_is_kept_unless_asked(lanet, library, tmp_path):
    (tmp_path / "hdr").mkdir()
    (tmp_path / "hdr" / "lake.exr").write_bytes(b"a true HDR panorama")
    status, output, _ = lanet("convert", *library.iterdir(), "-o", tmp_path / "hdr")
    assert status == 0
    assert output.endswith("2 converted, 1 skipped\n")
    assert (tmp_path / "hdr" / "lake.exr").read_bytes() == b"a true HDR panorama"
    assert lanet("convert", *library.iterdir(), "-o", tmp_path / "hdr", "--overwrite")[1].endswith("3 converted\n")
    assert pixels(tmp_path / "hdr" / "lake.exr").shape == (64, 128, 3)


@pytest.mark.parametrize("suffix", [".exr", ".hdr"])
def test_the_result_of_another_source_is_never_taken_for_this_ones(lanet, library, tmp_path, street, suffix):
    other = tmp_path / "other"
    other.mkdir()
    Image.fromarray(street[:, ::-1]).save(other / "lake.png")
    hdr, form = tmp_path / "hdr", ("--format", suffix[1:])
    assert lanet("convert", library / "lake.png", "-o", f"{hdr}/", *form)[0] == 0
    first = (hdr / f"lake{suffix}").read_bytes()
    status, output, errors = lanet("convert", other / "lake.png", "-o", f"{hdr}/", *form)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith(f"lanet: error: {hdr}/lake{suffix}: This file is the result of another image")
    assert "--overwrite" in errors
    assert (hdr / f"lake{suffix}").read_bytes() == first
    # Its own image is done already, and --overwrite is given.
    assert lanet("convert", library / "lake.png", "-o", f"{hdr}/", *form)[1].endswith(
        "exists, skipped; --overwrite replaces it\n"
    )
    assert "was replaced" not in lanet("convert", library / "lake.png", "-o", f"{hdr}/", "--overwrite", *form)[2]
    status, _, errors = lanet("convert", other / "lake.png", "-o", f"{hdr}/", "--overwrite", *form)
    assert (status, "was replaced" in errors) == (0, True)
    assert (hdr / f"lake{suffix}").read_bytes() != first


def test_a_file_that_is_named_is_replaced(lanet, library, tmp_path):
    (tmp_path / "lake.exr").write_bytes(b"from last time")
    assert lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr")[0] == 0
    assert pixels(tmp_path / "lake.exr").shape == (64, 128, 3)


def test_a_preview_never_takes_the_place_of_the_image(lanet, library, tmp_path):
    data = (library / "lake.png").read_bytes()
    for target in (library / "lake.png", library / "other" / ".." / "lake.png"):
        (library / "other").mkdir(exist_ok=True)
        status, _, errors = lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr", "--preview", target)
        assert (status, "never overwritten" in errors) == (2, True)
    assert lanet("convert", library / "lake.png", "-o", f"{library}/", "--preview")[0] == 0
    assert (library / "lake.png").read_bytes() == data
    assert names(library) == ["lake-preview.png", "lake.exr", "lake.png", "other", "street.png", "tower.png"]


def test_previews_next_to_the_results_or_where_they_are_wanted(lanet, library, tmp_path):
    lanet("convert", library / "lake.png", "-o", f"{tmp_path}/hdr/", "--preview")
    assert names(tmp_path / "hdr") == ["lake-preview.png", "lake.exr"]
    lanet("convert", library / "lake.png", "-o", tmp_path / "lake.exr", "--preview", tmp_path / "shown.png")
    with Image.open(tmp_path / "shown.png") as shown, Image.open(tmp_path / "hdr" / "lake-preview.png") as second:
        np.testing.assert_array_equal(np.asarray(shown), np.asarray(second))


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


def test_one_json_object_per_file(lanet, library, tmp_path, model):
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


def test_a_radiance_file_by_its_name_and_by_the_format(lanet, library, tmp_path):
    exr, hdr = tmp_path / "lake.exr", tmp_path / "lake.hdr"
    assert lanet("convert", library / "lake.png", "-o", exr)[0] == 0
    assert lanet("convert", library / "lake.png", "-o", hdr)[0] == 0
    assert (
        lanet("convert", library / "lake.png", library / "tower.png", "-o", tmp_path / "all", "--format", "hdr")[0] == 0
    )
    assert names(tmp_path / "all") == ["lake.hdr", "tower.hdr"]
    assert hdr.read_bytes() == (tmp_path / "all" / "lake.hdr").read_bytes()
    expected = pixels(exr)
    assert (np.abs(pixels(hdr) - expected) <= expected.max(axis=-1, keepdims=True) / 255).all()


@pytest.mark.parametrize("options", [["--half"], ["--confidence"], ["--compression", "piz"]])
def test_options_of_openexr_are_refused_for_radiance(lanet, library, tmp_path, options):
    status, _, errors = lanet("convert", library / "lake.png", "-o", tmp_path / "lake.hdr", *options)
    assert status == 2
    assert "Radiance files do not support" in errors
    assert not (tmp_path / "lake.hdr").exists()


@pytest.mark.parametrize("compression", ["zip", "piz", "dwab"])
def test_compressions(lanet, library, tmp_path, compression):
    plain, packed = tmp_path / "plain.exr", tmp_path / "packed.exr"
    lanet("convert", library / "lake.png", "-o", plain)
    assert lanet("convert", library / "lake.png", "-o", packed, "--compression", compression)[0] == 0
    spec = OpenImageIO.ImageBuf(str(packed)).spec()
    assert spec.get_string_attribute("compression").startswith(compression)
    assert str(spec.format) == ("half" if compression == "dwab" else "float")
    assert pixels(packed).mean() == pytest.approx(pixels(plain).mean(), rel=0.01)


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


def test_an_hdr_with_a_plateau_is_extended(lanet, street, tmp_path, make_model, monkeypatch):
    monkeypatch.setenv("LANET_MODEL", str(make_model(gain=5.0)))
    hdr = 4.0 * srgb_to_linear(street / np.float32(255.0)) ** 2
    hdr[8:14, 20:30] = 12.0
    source, output = tmp_path / "clipped.exr", tmp_path / "whole.exr"
    OpenImageIO.ImageBuf(hdr.astype(np.float32)).write(str(source))
    status, _, errors = lanet("convert", source, "-o", output)
    assert status == 2
    assert "--extend" in errors
    assert lanet("convert", source, "-o", output, "--extend")[0] == 0
    below = hdr.max(axis=-1) < 11.0
    np.testing.assert_array_equal(pixels(output)[below], hdr[below].astype(np.float32))
    assert pixels(output).max() > 13.0


def test_a_conversion_loads_neither_torch_nor_anything_else_of_training(library, tmp_path):
    program = (
        "import sys; from lanet_core.cli.main import main; status = main(sys.argv[1:]); "
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules}))); sys.exit(status)"
    )
    arguments = ["convert", str(library / "lake.png"), "-o", str(tmp_path / "lake.exr"), "--json"]
    finished = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(finished.stdout.splitlines()[-1].split())
    assert {"numpy", "onnxruntime", "OpenImageIO", "lanet_core"} <= loaded
    assert not loaded & {"torch", "onnx", "tensorboard", "PIL", "bpy"}


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


@pytest.mark.parametrize("white", ["2", "0.9,0.8", "a", "0.1", ""])
def test_a_white_level_that_is_none_is_refused(library, tmp_path, white, capsys):
    with pytest.raises(SystemExit):
        main(["convert", str(library / "lake.png"), "-o", str(tmp_path / "x.exr"), f"--white={white}"])
    assert "0.2 to 1" in capsys.readouterr().err


def test_the_white_level_can_be_given(make_model, tmp_path, capsys):
    grey = np.full((64, 128, 3), 200, dtype=np.uint8)
    rows, columns = np.mgrid[:64, :128]
    grey[(rows - 20) ** 2 + (columns - 40) ** 2 < 150] = 217  # a round light at 0.85 of 255
    Image.fromarray(grey).save(tmp_path / "grey.png")
    model = ["--model", str(make_model())]
    assert main(["convert", str(tmp_path / "grey.png"), "-o", str(tmp_path / "a.exr"), "--white", "1", *model]) == 0
    assert main(["convert", str(tmp_path / "grey.png"), "-o", str(tmp_path / "b.exr"), "--white", "0.851", *model]) == 0
    plain, lit = (read_hdr(tmp_path / f"{name}.exr") for name in "ab")
    assert plain.max() < 1.0 < lit[16:24, 36:44].min()
    assert "white 0.85 0.85 0.85" in capsys.readouterr().out
