"""The worker as its parent sees it: a process, lines in, lines out."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

from lanet_core.files import read_hdr, write_exr
from lanet_core.pipeline.panorama_converter import load_converter
from lanet_core.pipeline.scene_kind import scene_kind
from lanet_core.pipeline.thumbnail import thumbnail
from lanet_core.reconstruction.surface_calibration import Surface, above_white, solve_surface


class Parent:
    """Speaks with a worker as Blender does."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lanet_core.pipeline.worker", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def send(self, **request) -> None:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def receive(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def ask(self, **request) -> tuple[dict, list[dict]]:
        """Return the reply that ends a request, and what came before it."""
        self.send(**request)
        before = []
        while (reply := self.receive())["event"] == "progress":
            before.append(reply)
        return reply, before

    def end(self) -> int:
        self.process.stdin.close()
        return self.process.wait(timeout=60)


@pytest.fixture
def model(make_model) -> Path:
    return make_model(gain=2.0)


@pytest.fixture
def parent(model):
    parent = Parent("--model", str(model))
    assert parent.receive() == {"event": "ready", "protocol": 1}
    yield parent
    parent.process.kill()
    parent.process.wait()


@pytest.fixture
def image(tmp_path, street) -> Path:
    path = tmp_path / "straße 1.png"
    buffer = OpenImageIO.ImageBuf(street)
    assert buffer.write(str(path)), buffer.geterror()
    return path


def test_a_conversion_is_that_of_the_converter(parent, model, image, tmp_path):
    output = tmp_path / "street.exr"
    reply, progress = parent.ask(id=7, do="convert", source=str(image), output=str(output))
    assert (reply["id"], reply["event"]) == (7, "result")
    assert reply["output"] == str(output)
    assert reply["provider"] == "cpu"
    shares = [each["share"] for each in progress]
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] == 1.0
    assert {each["stage"] for each in progress} >= {"reading", "network", "writing"}
    expected = tmp_path / "expected.exr"
    conversion = load_converter(model).convert_file(image, expected)
    np.testing.assert_array_equal(read_hdr(output), read_hdr(expected))
    assert reply["clipped_fraction"] == pytest.approx(conversion.clipped_fraction)
    assert (reply["width"], reply["height"]) == (128, 64)
    assert "hdr" not in reply


def test_a_image_can_be_inspected_without_a_model(image):
    parent = Parent("--model", "there is none")
    parent.receive()
    reply, _ = parent.ask(id=1, do="inspect", source=str(image))
    assert reply["event"] == "result"
    assert reply["width"] == 2 * reply["height"]
    assert 0.0 <= reply["clipped_fraction"] <= 1.0
    assert parent.end() == 0


def test_an_hdr_file_is_shown_small_without_a_model(tmp_path):
    hdr = np.random.default_rng(2).lognormal(0.0, 2.0, (64, 128, 3)).astype(np.float32)
    write_exr(tmp_path / "sky.exr", hdr, model_name="tiny", model_sha256="0" * 64)
    parent = Parent("--model", "there is none")
    parent.receive()
    reply, _ = parent.ask(id=1, do="thumbnail", source=str(tmp_path / "sky.exr"), height=16)
    pixels = np.frombuffer(base64.b64decode(reply["rgb_srgb8_base64"]), np.uint8)
    assert (reply["height"], reply["width"]) == (16, 32)
    np.testing.assert_array_equal(pixels.reshape(16, 32, 3), thumbnail(hdr, 16))
    assert "kind" not in reply
    reply, _ = parent.ask(id=3, do="thumbnail", source=str(tmp_path / "sky.exr"), height=16, kind=True)
    assert reply["kind"] == scene_kind(hdr)
    assert parent.ask(id=2, do="thumbnail", source=str(tmp_path / "sky.exr"))[0]["kind"] == "RequestError"
    assert parent.end() == 0


def test_a_surface_calibrates_a_result(tmp_path):
    hdr = np.full((64, 128, 3), 0.3, np.float32)
    hdr[10:14, 40:60] = 50.0
    write_exr(tmp_path / "sky.exr", hdr, model_name="tiny", model_sha256="0" * 64)
    parent = Parent("--model", "there is none")
    parent.receive()
    source = str(tmp_path / "sky.exr")
    added = above_white(hdr)
    for number, (at, surface) in enumerate([(None, Surface(0.1)), ([0.5, 0.75], Surface(0.1, (0.5, 0.75)))]):
        reply, _ = parent.ask(id=number, do="calibrate", source=source, albedo=0.1, at=at)
        assert reply["factor"] == pytest.approx(solve_surface(hdr - added, added, surface).factor, rel=1e-6)
    reply, _ = parent.ask(id=5, do="calibrate", source=source, albedo=0.99)
    assert reply["factor"] is None and "albedo below" in reply["problem"]
    for wrong in ({}, {"albedo": "much"}, {"albedo": 0.2, "at": [1]}):
        assert parent.ask(id=6, do="calibrate", source=source, **wrong)[0]["kind"] == "RequestError"
    assert parent.ask(id=7, do="calibrate", source=source, albedo=3.0)[0]["kind"] == "InputError"
    assert parent.end() == 0


def test_the_worker_describes_itself(parent, model):
    reply, _ = parent.ask(id=1, do="describe")
    assert reply["model"]["path"] == str(model)
    assert "cpu" in reply["compiled_providers"]


def test_errors_are_reported_by_kind_and_the_worker_continues(parent, image, tmp_path):
    missing = str(tmp_path / "missing.jpg")
    reply, _ = parent.ask(id=1, do="convert", source=missing, output=str(tmp_path / "a.exr"))
    assert (reply["event"], reply["kind"]) == ("error", "InputNotFoundError")
    assert missing in reply["message"]
    reply, _ = parent.ask(id=2, do="convert", source=str(image), output=str(tmp_path / "no folder/a.exr"))
    assert reply["kind"] == "OutputNotWritableError"
    reply, _ = parent.ask(id=3, do="convert", source=str(image), output=str(tmp_path / "a.exr"))
    assert reply["event"] == "result"


def test_a_missing_model_is_an_error_of_the_request():
    parent = Parent("--model", "there is none")
    parent.receive()
    reply, _ = parent.ask(id=1, do="describe")
    assert (reply["event"], reply["kind"]) == ("error", "ModelNotFoundError")
    assert parent.end() == 0


@pytest.mark.parametrize("line", ["no json", "[1, 2]", '{"id": 1, "do": "dance"}', '{"id": 1, "do": "convert"}'])
def test_lines_that_are_no_requests(parent, line):
    parent.process.stdin.write(line + "\n")
    parent.process.stdin.flush()
    assert parent.receive()["kind"] == "RequestError"
    assert parent.ask(id=2, do="describe")[0]["event"] == "result"


def test_a_waiting_request_can_be_cancelled(parent, image, tmp_path):
    first, second = (str(tmp_path / name) for name in ("first.exr", "second.exr"))
    parent.send(id=1, do="convert", source=str(image), output=first)
    parent.send(id=2, do="convert", source=str(image), output=second)
    parent.send(id=2, do="cancel")
    replies = []
    while len(replies) < 2:
        if (reply := parent.receive())["event"] != "progress":
            replies.append(reply)
    assert [reply["event"] for reply in replies] == ["result", "error"]
    assert replies[1]["kind"] == "ConversionCancelled"
    assert Path(first).exists()
    assert not Path(second).exists()


def test_the_worker_ends_with_its_parent(parent, image, tmp_path):
    for number in range(50):
        parent.send(id=number, do="convert", source=str(image), output=str(tmp_path / f"{number}.exr"))
    assert parent.end() == 0
    assert len(list(tmp_path.glob("*.exr"))) < 50
    assert not list(tmp_path.glob(".lanet-*"))


def test_a_worker_that_hangs_in_a_call_ends_with_its_parent(tmp_path):
    os.mkfifo(tmp_path / "endless.onnx")  # to open it takes until someone writes to it
    parent = Parent("--model", str(tmp_path / "endless.onnx"))
    parent.receive()
    parent.send(id=1, do="describe")
    with pytest.raises(subprocess.TimeoutExpired):
        parent.process.wait(timeout=2)
    assert parent.end() == 1


def test_what_libraries_print_does_not_reach_the_parent(tmp_path):
    program = (
        "import os, sys; from lanet_core.pipeline import worker; "
        "sys.argv = ['worker']; requests, answers = worker._own_streams(); "
        "os.write(1, b'noise from a library\\n'); print('more noise'); sys.stdout.flush(); "
        "worker.run(requests, answers)"
    )
    finished = subprocess.run([sys.executable, "-c", program], input="", capture_output=True, text=True, check=True)
    assert [json.loads(line) for line in finished.stdout.splitlines()] == [{"event": "ready", "protocol": 1}]
    assert "noise from a library" in finished.stderr
