"""wheels.lock, and fetching by it: real pip, against folders in place of the package server."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest
from builder_scripts import fetch_wheels

FILE = "lamp-1.0-cp313-cp313-manylinux_2_28_x86_64.whl"


def write_wheel(folder: Path, text: str = "") -> str:
    """Write a wheel of nothing but metadata and a text; return its SHA-256."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / FILE, "w") as wheel:
        wheel.writestr("lamp-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: lamp\nVersion: 1.0\n")
        wheel.writestr("lamp-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_28_x86_64\n")
        wheel.writestr("lamp-1.0.dist-info/RECORD", text)
    return hashlib.sha256((folder / FILE).read_bytes()).hexdigest()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A folder that pip takes for all package servers."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "server"))
    (tmp_path / "server").mkdir()
    return tmp_path / "server"


def test_the_lock_has_every_wheel_of_every_flavour():
    lock = fetch_wheels.read_lock()
    wanted = [wheel for flavour in fetch_wheels.FLAVOURS for wheel in fetch_wheels.wanted_wheels(lock, flavour)]
    assert set(wanted) == set(lock)
    assert len(fetch_wheels.wanted_wheels(lock, "cpu")) == 4 * 2 * 3
    assert len(fetch_wheels.wanted_wheels(lock, "cuda")) == 2 * 2 * 3
    assert len(fetch_wheels.wanted_wheels(lock, "directml")) == 1 * 2 * 3


def test_the_extension_carries_the_versions_that_the_tests_run():
    lines = fetch_wheels.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    for wheel in fetch_wheels.wanted_wheels(fetch_wheels.read_lock(), "cpu"):
        assert f"{wheel.project}=={wheel.version}" in lines


def test_a_wheels_name_shows_what_it_is_for():
    file = "openimageio-3.0.21.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl"
    wheel = fetch_wheels.Wheel("linux-x64", file, "")
    assert (wheel.project, wheel.version, wheel.python) == ("openimageio", "3.0.21.0", "3.11")
    assert wheel.tags == ("manylinux_2_27_x86_64", "manylinux_2_28_x86_64")
    assert fetch_wheels.Wheel("", "onnxruntime_gpu-1.31.1-cp313-cp313-win_amd64.whl", "").project == "onnxruntime-gpu"


def test_the_lock_reads_back_what_was_written(tmp_path):
    lock = fetch_wheels.read_lock()
    (tmp_path / "again.lock").write_text(fetch_wheels.lock_text(lock[::-1]), encoding="utf-8")
    assert fetch_wheels.read_lock(tmp_path / "again.lock") == lock


def test_what_the_lock_lacks_is_named():
    lock = [wheel for wheel in fetch_wheels.read_lock() if (wheel.platform, wheel.python) != ("macos-arm64", "3.13")]
    with pytest.raises(fetch_wheels.WheelError, match=r"onnxruntime for Python 3\.13 on macos-arm64.*make wheels-lock"):
        fetch_wheels.wanted_wheels(lock, "cpu")
    assert fetch_wheels.wanted_wheels(lock, "cpu", ["linux-x64"])


def test_there_is_no_cuda_for_macos():
    with pytest.raises(fetch_wheels.WheelError, match="no cuda flavour for macos-arm64"):
        fetch_wheels.wanted_wheels(fetch_wheels.read_lock(), "cuda", ["macos-arm64"])


@pytest.mark.parametrize("text", [None, "[linux-x64", ""], ids=["absent", "damaged", "empty"])
def test_a_bad_lock_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "wheels.lock").write_text(text, encoding="utf-8")
    with pytest.raises(fetch_wheels.WheelError, match="make wheels-lock"):
        fetch_wheels.wanted_wheels(fetch_wheels.read_lock(tmp_path / "wheels.lock"), "cpu")


def test_a_wheel_for_another_system_and_python_is_fetched_once(server, tmp_path, capsys):
    wheel = fetch_wheels.Wheel("linux-x64", FILE, write_wheel(server))
    path = fetch_wheels.fetch(wheel, tmp_path / "kept")
    assert path.read_bytes() == (server / FILE).read_bytes()
    assert [each.name for each in (tmp_path / "kept").iterdir()] == [FILE]
    (server / FILE).unlink()
    assert fetch_wheels.fetch(wheel, tmp_path / "kept") == path
    assert capsys.readouterr().out.count("fetching") == 1


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    wheel = fetch_wheels.Wheel("linux-x64", FILE, write_wheel(server))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / FILE).write_bytes((server / FILE).read_bytes()[:-1])
    assert fetch_wheels.fetch(wheel, tmp_path / "kept").read_bytes() == (server / FILE).read_bytes()


def test_another_content_under_the_same_name_is_refused(server, tmp_path):
    wheel = fetch_wheels.Wheel("linux-x64", FILE, write_wheel(server))
    write_wheel(server, "and more")
    with pytest.raises(fetch_wheels.WheelError, match=rf"{FILE}.*SHA-256 is another"):
        fetch_wheels.fetch(wheel, tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())


def test_a_wheel_that_the_server_lacks_is_named(server, tmp_path):
    wheel = fetch_wheels.Wheel("linux-x64", FILE, "0" * 64)
    with pytest.raises(fetch_wheels.WheelError, match=f"{FILE}: the package server has no such wheel"):
        fetch_wheels.fetch(wheel, tmp_path / "kept")


def test_a_server_that_is_not_reached_is_an_error(server, tmp_path, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    wheel = fetch_wheels.Wheel("linux-x64", FILE, "0" * 64)
    with pytest.raises(fetch_wheels.WheelError, match=r"server was not reached\. Check the network"):
        fetch_wheels.fetch(wheel, tmp_path / "kept")


def test_locking_takes_the_name_and_the_hash_from_the_server(server):
    digest = write_wheel(server)
    assert fetch_wheels.resolve("lamp==1.0", "linux-x64", "3.13") == fetch_wheels.Wheel("linux-x64", FILE, digest)
    for platform, python in (("linux-x64", "3.11"), ("windows-x64", "3.13")):
        with pytest.raises(fetch_wheels.WheelError, match=rf"lamp==1.0 for Python {python} on {platform}.*no such"):
            fetch_wheels.resolve("lamp==1.0", platform, python)
