"""HDR-VDP through Octave: a stand-in of Octave reads the images as the script describes, and prints a result."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from lanet_core.metrics.comparison import SizeMismatchError
from lanet_core.metrics.pu21 import WHITE_CD_M2
from render_eval.hdrvdp import HdrVdpError, HdrVdpProgram

#: Takes the command line of octave-cli, checks it, and prints the mean ratio of the two images as Q.
STAND_IN = """#!{python}
import struct, sys
quiet, norc, script, release, test, reference, rows, columns, pixels_per_degree = sys.argv[1:]
assert (quiet, norc) == ("--quiet", "--norc") and script.endswith("compare_by_hdrvdp.m"), sys.argv
assert open(script).read().startswith("%") and pixels_per_degree == "30"
count = int(rows) * int(columns) * 3
values = [struct.unpack("<%df" % count, open(path, "rb").read()) for path in (test, reference)]
place = 2 * int(rows) * int(columns) + 1 * int(rows) + 0  # blue, second column, first row
print("warning: something on the way")
print("Q = {answer}" % (values[0][place], values[1][place]))
sys.exit({status})
"""


@pytest.fixture
def release(tmp_path) -> Path:
    folder = tmp_path / "hdrvdp-3.0.7"
    folder.mkdir()
    (folder / "hdrvdp3.m").write_text("function res = hdrvdp3()\n")
    return folder


def stand_in(folder: Path, *, reply: str = "%.6f", status: int = 0, prefix: str = "") -> str:
    path = folder / "octave-stand-in"
    text = STAND_IN.replace("{python}", sys.executable).replace("{status}", str(status))
    text = text.replace('"Q = {answer}" % (values[0][place], values[1][place])', f"{prefix!r} + {reply}")
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((5, 7, 3)), rng.random((5, 7, 3))


def test_the_images_arrive_in_the_order_and_unit_that_the_script_reads(tmp_path, release):
    image, truth = images()
    for number, each in enumerate((image, truth)):
        octave = stand_in(tmp_path, reply=f"repr(values[{number}][place])", prefix="Q = ")
        q = HdrVdpProgram(release, octave)(image, truth)
        assert q == pytest.approx(each[0, 1, 2] * WHITE_CD_M2, rel=1e-6)


def test_the_record_names_the_version(tmp_path, release):
    octave = stand_in(tmp_path, reply="'9'", prefix="Q = ")
    assert HdrVdpProgram(release, octave).check().startswith("HDR-VDP-3, hdrvdp3.m SHA-256 ")
    (release / "hdrvdp3.m").rename(release / "hdrvdp.m")
    assert HdrVdpProgram(release, octave).check().startswith("HDR-VDP-2, hdrvdp.m SHA-256 ")


def test_what_is_missing_is_named(tmp_path, release):
    with pytest.raises(HdrVdpError, match="needs the program no-such-octave"):
        HdrVdpProgram(release, "no-such-octave").check()
    (tmp_path / "empty").mkdir()
    with pytest.raises(HdrVdpError, match=r"hdrvdp\.sourceforge\.net"):
        HdrVdpProgram(tmp_path / "empty", stand_in(tmp_path, reply="'9'")).check()


def test_a_failure_in_octave_is_reported(tmp_path, release):
    image, truth = images()
    octave = stand_in(tmp_path, reply="'error: out of memory'", status=1)
    with pytest.raises(HdrVdpError, match="error: out of memory"):
        HdrVdpProgram(release, octave)(image, truth)
    octave = stand_in(tmp_path, reply="'nothing of use'")
    with pytest.raises(HdrVdpError, match="nothing of use"):
        HdrVdpProgram(release, octave)(image, truth)
    with pytest.raises(SizeMismatchError):
        HdrVdpProgram(release, octave)(image, truth[:4])
