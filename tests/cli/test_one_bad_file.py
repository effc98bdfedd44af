"""No file ends a batch, regardless of its name, its contents or the state of the standard streams."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lanet_core.files import read_hdr
from lanet_core.pipeline import panorama_converter as converter_module

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="names of bytes and numbered streams are POSIX's")
pytestmark = pytest.mark.usefixtures("tiny_model")


@pytest.fixture
def image(tmp_path, street) -> Path:
    path = tmp_path / "a.png"
    Image.fromarray(street).save(path)
    return path


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run bash in a folder, with the command as $LANET."""
    program = f"{shlex.quote(sys.executable)} -m lanet_core.cli.main"
    return subprocess.run(
        ["bash", "-c", command.replace("$LANET", program)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        timeout=900,
    )


def names(folder: Path | bytes) -> list[bytes]:
    return sorted(os.fsencode(path.name) for path in Path(os.fsdecode(folder)).iterdir())


def test_an_unforeseen_failure_of_one_image_is_named_and_the_rest_continues(lanet, image, tmp_path, monkeypatch):
    shutil.copy(image, tmp_path / "b.png")
    really = converter_module.Converter.convert_file

    def failing(self, source, output, **options):
        if source.name == "a.png":
            raise ZeroDivisionError("a fault of the program\nwith details")
        return really(self, source, output, **options)

    monkeypatch.setattr(converter_module.Converter, "convert_file", failing)
    sources = (tmp_path / "a.png", tmp_path / "b.png")
    status, output, errors = lanet("convert", *sources, "-o", tmp_path / "hdr", "--json")
    assert status == 1
    assert errors.startswith(f"lanet: error: {sources[0]}: Unexpected failure, ZeroDivisionError: a fault of")
    assert errors.count("\n") == 1 and "--debug" in errors
    assert [json.loads(line)["status"] for line in output.splitlines()] == ["failed", "converted"]
    status, _, errors = lanet("convert", sources[0], "-o", f"{tmp_path}/hdr2/", "--debug")
    assert status == 2
    assert errors.startswith("Traceback") and "in failing" in errors


def test_memory_that_does_not_suffice_is_reported_in_plain_words(lanet, image, tmp_path, monkeypatch):
    def failing(*_, **__):
        raise MemoryError

    monkeypatch.setattr(converter_module.Converter, "convert_file", failing)
    status, _, errors = lanet("convert", image, "-o", tmp_path / "a.exr")
    assert (status, "memory is not sufficient" in errors) == (2, True)


def test_nothing_converted_is_status_2(lanet, tmp_path):
    status, output, errors = lanet("convert", tmp_path / "x.png", tmp_path / "y.png", "-o", f"{tmp_path}/hdr/")
    assert (status, output, errors.count("\n")) == (2, "2 failed\n", 2)


def test_a_bad_file_costs_no_loading_of_the_model(lanet, tmp_path, monkeypatch):
    monkeypatch.setenv("LANET_MODEL", str(tmp_path / "there is none"))
    (tmp_path / "text.png").write_text("no image")
    status, output, _ = lanet("convert", tmp_path / "text.png", "-o", tmp_path / "a.exr", "--json")
    assert status == 2
    assert json.loads(output)["error"]["kind"] == "UnsupportedFormatError"


@pytest.mark.parametrize(
    "name", ["a\nb", "a\rb", "x" * 300, "caf\udce9", "closed/a", "-", "pano[1]", "a\u2028b", "a\u202eb", "\x1b[2Ja"]
)
def test_a_message_about_any_name_is_one_line(lanet, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    status, output, errors = lanet("convert", "--json", "-o", "hdr/", "--", name)
    assert status == 2
    assert errors.startswith("lanet: error: ")
    assert errors.rstrip("\n").isprintable()
    assert json.loads(output)["input"] == name
    assert not (tmp_path / "hdr").exists()


def test_a_missing_name_with_brackets_converts_no_other(lanet, image, tmp_path):
    for name in ("pano1.png", "panoa.png"):
        shutil.copy(image, tmp_path / name)
    for name in ("pano[1].png", "pano?.png", "pano*.png", "pano[!b].png"):
        status, _, errors = lanet("convert", tmp_path / name, "-o", tmp_path / "out.exr")
        assert (status, "There is no such file" in errors) == (2, True)
        assert not (tmp_path / "out.exr").exists()


def test_standard_input_is_refused_by_its_name(lanet, tmp_path):
    status, _, errors = lanet("convert", "-", "-o", tmp_path / "out.exr")
    assert (status, "Standard input" in errors) == (2, True)


def test_one_image_that_is_named_twice_is_converted_once(lanet, image, tmp_path):
    status, output, _ = lanet("convert", image, tmp_path / "." / "a.png", image, "-o", tmp_path / "a.exr")
    assert (status, output.count("\n")) == (0, 1)


@posix
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_that_are_not_utf8(image, tmp_path, street, locale):
    folder = os.fsencode(tmp_path) + b"/d\xfcrer"
    Path(os.fsdecode(folder), "hdr").mkdir(parents=True)
    shutil.copy(image, folder + b"/caf\xe9 \xff.png")
    done = shell(
        "$LANET convert d*/caf*.png -o d*/ --json && $LANET convert d*/caf*.png -o d*/ && "
        "$LANET convert a.png d*/caf*.png -o d*/hdr --preview",
        tmp_path,
        LC_ALL=locale,
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert names(folder) == [b"caf\xe9 \xff.exr", b"caf\xe9 \xff.png", b"hdr"]
    assert names(folder + b"/hdr") == [b"a-preview.png", b"a.exr", b"caf\xe9 \xff-preview.png", b"caf\xe9 \xff.exr"]
    assert read_hdr(os.fsdecode(folder + b"/caf\xe9 \xff.exr")).shape == (*street.shape[:2], 3)
    output = done.stdout.decode("utf-8")
    assert json.loads(output.splitlines()[0])["status"] == "converted"


@posix
def test_unicode_names_stay_whole(image, tmp_path):
    names = ["été", "Ü", "É", "日本", "🌅 sunset", "a\u0301"]
    for name in names:
        shutil.copy(image, tmp_path / f"{name}.png")
    image.unlink()
    done = shell("$LANET convert *.png -o hdr", tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.stem for path in (tmp_path / "hdr").iterdir()) == sorted(names)


@posix
@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_closed_streams_lose_no_result(image, tmp_path, streams):
    (tmp_path / "bad.png").write_text("no image")
    done = shell(f"$LANET convert bad.png a.png -o hdr {streams}", tmp_path)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr + done.stdout
    assert names(tmp_path / "hdr") == [b"a.exr"]
    assert read_hdr(tmp_path / "hdr" / "a.exr").max() > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("options", ["", "--json"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_device_as_standard_output_is_reported_once_and_loses_no_result(image, tmp_path, options, unbuffered):
    shutil.copy(image, tmp_path / "b.png")
    done = shell(f"$LANET convert a.png b.png -o hdr {options} >/dev/full", tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2
    assert done.stderr.startswith(b"lanet: error: Standard output cannot be written: No space left")
    assert done.stderr.count(b"\n") == 1
    assert names(tmp_path / "hdr") == [b"a.exr", b"b.exr"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", ["--version", "info --json"])
def test_other_output_to_a_full_device_gives_no_traceback(tmp_path, command):
    done = shell(f"$LANET {command} >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"lanet: error: ") and done.stderr.count(b"\n") == 1
