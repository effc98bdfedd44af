"""``lanet convert`` from end to end: results, formats, white level."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import OpenImageIO
import pytest
from commands import ROOT, names, pixels
from PIL import Image

from lanet_core.cli.main import main
from lanet_core.colour import srgb_to_linear
from lanet_core.files import read_hdr

pytestmark = pytest.mark.usefixtures("tiny_model")


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
