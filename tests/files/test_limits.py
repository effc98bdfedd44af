"""Size is checked before anything of it is allocated: bombs in a process of their own, by the memory that they take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from bombs import BOMBS, jpeg, jpeg_of_scans
from PIL import Image

from lanet_core import errors
from lanet_core.files import check_file, read_ldr, read_size
from lanet_core.files.decoder import read_bands
from lanet_core.files.jpeg_frame import count_scans, read_frame
from lanet_core.files.limits import MAX_STORED_BYTES, openimageio_limits

ROOT = Path(__file__).resolve().parents[2]
#: What a refused file may cost.
REFUSED_MB = 600

READER = """
import sys
from lanet_core.errors import LanetError
from lanet_core.files import read_hdr, read_ldr
for read in (read_ldr, read_hdr):
    try:
        read(sys.argv[1])
        print("read", read.__name__)
    except LanetError as error:
        assert str(error).startswith(sys.argv[1]) and error.remedy, error
        print(type(error).__name__, read.__name__)
# Not getrusage, whose peak includes that of the process that forked this one.
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no such figures there")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(tmp_path, name):
    write, kind = BOMBS[name]
    path = tmp_path / name
    write(path)
    child = subprocess.run(
        [sys.executable, "-c", READER, str(path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert child.returncode == 0, child.stderr
    *outcomes, peak_mb = child.stdout.splitlines()
    assert int(peak_mb) < REFUSED_MB
    kinds = {outcome.split()[0] for outcome in outcomes}
    assert (kind.__name__ if kind else "read") in kinds
    if kind:
        assert "read" not in kinds


def test_scans_are_counted():
    sound = count_scans(jpeg_of_scans(64, 1))
    assert 2 <= sound <= 12
    assert count_scans(jpeg_of_scans(64, 100)) == sound + 99
    assert count_scans(jpeg(64, 32)) == 1


@pytest.mark.parametrize("progressive", [True, False])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("size", [(8, 8), (17, 33), (512, 256)])
def test_no_sound_jpeg_has_fewer_bytes_than_are_asked_of_it(tmp_path, progressive, subsampling, size):
    path = tmp_path / "flat.jpg"
    Image.new("RGB", size).save(path, quality=1, progressive=progressive, subsampling=subsampling, optimize=True)
    frame = read_frame(path.read_bytes())
    assert (frame.width, frame.height) == size
    assert 0 < frame.least_bytes <= path.stat().st_size or size == (8, 8)
    check_file(path)
    assert read_ldr(path).samples.shape[:2] == (size[1], size[0])


def test_a_frame_header_is_found_behind_other_segments():
    frame_like = b"\xff\xc0\0\x11\x08\0\1\0\1" + bytes(200)
    segment = b"\xff\xe1" + (2 + len(frame_like)).to_bytes(2, "big") + frame_like
    data = jpeg(4000, 2000)
    data = data[:2] + segment + b"\xff\xff" + data[2:]
    frame = read_frame(data)
    assert (frame.width, frame.height) == (4000, 2000)
    for cut in range(2, 40):
        assert read_frame(data[:cut]) is None


def write_tiff(path: Path, pixels: np.ndarray, **attributes) -> None:
    height, width, channels = pixels.shape
    spec = OpenImageIO.ImageSpec(width, height, channels, str(pixels.dtype))
    spec.channelnames = [*"RGB", *(f"c{number}" for number in range(3, channels))]
    spec.tile_width = spec.tile_height = attributes.pop("tile", 0)
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), value)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec) and output.write_image(pixels) and output.close(), output.geterror()


@pytest.mark.parametrize("channels", [3, 5, 12])
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"tile": 64},
        {"tiff__RowsPerStrip": 7},
        {"tiff__RowsPerStrip": 600},
        {"planarconfig": "separate"},
        {"compression": "none"},
    ],
    ids=str,
)
def test_what_is_read_in_bands_is_what_is_there(tmp_path, channels, layout):
    pixels = np.random.default_rng(0).integers(0, 256, (600, 130, channels), dtype=np.uint8)
    write_tiff(tmp_path / "image.tif", pixels, **({"compression": "zip"} | layout))
    np.testing.assert_array_equal(read_ldr(tmp_path / "image.tif").samples, pixels[..., :3])


def test_bands_are_few_rows(tmp_path):
    pixels = np.zeros((2000, 16, 3), np.uint8)
    write_tiff(tmp_path / "image.tif", pixels, tiff__RowsPerStrip=2000)
    image = OpenImageIO.ImageInput.open(str(tmp_path / "image.tif"))
    bands = [(first, len(band)) for first, band in read_bands(image, (0, 3), "uint8", tmp_path)]
    image.close()
    assert sum(rows for _, rows in bands) == 2000
    assert max(rows for _, rows in bands) <= 256
    assert [first for first, _ in bands] == list(np.cumsum([0, *(rows for _, rows in bands[:-1])]))


def test_openimageio_s_own_limit_is_set_while_a_file_is_opened_and_restored():
    before = OpenImageIO.get_int_attribute("limits:imagesize_MB")
    with openimageio_limits():
        assert OpenImageIO.get_int_attribute("limits:imagesize_MB") == MAX_STORED_BYTES >> 20
    assert OpenImageIO.get_int_attribute("limits:imagesize_MB") == before


def test_a_file_is_checked_without_decoding_it(tmp_path):
    path = tmp_path / "cut.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:10_000])  # only decoding shows it
    check_file(path)
    assert read_size(path) == (128, 64)
    with pytest.raises(errors.DamagedImageError):
        read_ldr(path)
