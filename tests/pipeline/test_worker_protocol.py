"""The worker under nonsense: every line gets a reply or is skipped, and it ends with either stream."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lanet_core.errors import DamagedImageError
from lanet_core.pipeline.worker import Worker
from lanet_core.pipeline.worker_protocol import MAX_LINE_BYTES, RequestError, error_reply, parse_request

COMMAND = [sys.executable, "-m", "lanet_core.pipeline.worker", "--model", "there is none"]
#: More than the 5 seconds that a request may take to notice the end.
PATIENCE_S = 120.0


def start(**options) -> subprocess.Popen:
    return subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("worker") / "grey.png"
    Image.new("RGB", (128, 64), (90, 90, 90)).save(path)
    return path


@pytest.fixture(scope="module")
def worker():
    process = start()
    assert json.loads(process.stdout.readline())["event"] == "ready"
    yield process
    process.stdin.close()
    assert process.wait(timeout=PATIENCE_S) == 0


def expect_alive(process: subprocess.Popen, image: Path, before: int) -> list[dict]:
    """Request something that works, and return the given number of replies before its own."""
    request = {"id": "the last", "do": "inspect", "source": str(image)}
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    replies = [json.loads(process.stdout.readline()) for _ in range(before + 1)]
    assert (replies[-1]["id"], replies[-1]["event"]) == ("the last", "result")
    return replies[:-1]


numbers = st.integers() | st.text(max_size=300) | st.floats() | st.none() | st.booleans() | st.lists(st.integers())
values = st.recursive(numbers, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
requests = st.fixed_dictionaries(
    {},
    optional={
        "id": values,
        "do": st.sampled_from(["convert", "inspect", "describe", "thumbnail", "cancel", "dance"]) | values,
        "source": st.just("/nonexistent/a.png") | values,
        "output": st.just("/nonexistent/a.exr") | values,
        "height": values,
    },
)
lines = st.one_of(
    requests.map(lambda request: json.dumps(request).encode()),
    values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200).map(lambda data: data.replace(b"\n", b" ")),
)
NASTY = [
    b"\xff\xfe",
    b"",
    b"[" * 200_000,
    b'{"id":' * 5000,
    b'{"id": [1], "do": "inspect", "source": "a"}',
    b'{"id": {}, "do": "cancel"}',
    b'{"id": NaN, "do": "describe"}',
    b'{"id": 1e999, "do": "describe"}',
    b'{"id": -Infinity, "do": "describe"}',
    b'{"id": 1e5, "do": "describe"}',
    b'{"id": true, "do": "describe"}',
    b'{"id": ' + b"9" * 5000 + b', "do": "describe"}',
    b'{"id": "' + b"x" * 2 * MAX_LINE_BYTES + b'", "do": "describe"}',
    b'{"do": "describe"}',
    b'{"id": 1}',
    b'{"id": 1, "do": ["convert"]}',
    b'{"id": 1, "do": "thumbnail", "source": "a", "height": 1e999}',
    b'{"id": 1, "do": "thumbnail", "source": "a", "height": 999999999}',
    b'{"id": 1, "do": "inspect", "source": "a\\u0000b"}',
    b'{"id": 1, "do": "convert", "source": "\\ud800", "output": "\\ud800"}',
]


def ends(line: bytes) -> bool:
    """Return whether a line gets a reply: all do but cancels, whose request does."""
    try:
        return parse_request(line)["do"] != "cancel"
    except RequestError:
        return True


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(lines, max_size=6))
def test_every_line_is_replied_to_once_and_the_worker_continues(worker, image, sent):
    for line in sent:
        worker.stdin.write(line + b"\n")
    replies = expect_alive(worker, image, sum(map(ends, sent)))
    assert all(reply["event"] == "error" for reply in replies)


@pytest.mark.parametrize("line", NASTY, ids=lambda line: repr(line[:40]))
def test_a_nasty_line_is_replied_to_by_an_error(worker, image, line):
    worker.stdin.write(line + b"\n")
    (reply,) = expect_alive(worker, image, 1)
    assert reply["event"] == "error"
    assert set(reply) == {"id", "event", "kind", "problem", "path", "remedy", "message"}


@pytest.mark.parametrize("number", [7, "seven", -(2**63), 2**63 - 1, ""])
def test_a_task_that_does_not_exist_is_replied_to_under_its_id(worker, image, number):
    worker.stdin.write(json.dumps({"id": number, "do": "dance"}).encode() + b"\n")
    (reply,) = expect_alive(worker, image, 1)
    assert (reply["id"], reply["kind"]) == (number, "RequestError")


def test_cancels_of_unknown_ids_are_not_remembered(worker, image):
    for _ in range(3):
        worker.stdin.write(b'{"id": "the last", "do": "cancel"}\n')
    assert expect_alive(worker, image, 0) == []
    memory = Worker(lambda message: None)
    for number in range(1000):
        memory.cancel(number)
    memory.accept(1)
    memory.serve({"id": 1, "do": "dance"})
    memory.cancel(1)
    assert not memory._cancelled and not memory._accepted


def test_an_id_that_is_used_again_is_not_cancelled_by_an_earlier_cancel(tmp_path):
    replies = []
    worker = Worker(replies.append)
    worker.accept(1)
    worker.cancel(1)
    assert worker._cancelled == {1}
    worker.serve({"id": 1, "do": "inspect", "source": str(tmp_path / "none.png")})
    worker.accept(1)
    assert not worker._cancelled


def test_errors_cross_as_data(worker, image, tmp_path):
    tall = tmp_path / "tall.png"
    Image.new("RGB", (64, 128)).save(tall)
    worker.stdin.write(json.dumps({"id": 3, "do": "inspect", "source": str(tall)}).encode() + b"\n")
    (reply,) = expect_alive(worker, image, 1)
    assert reply["kind"] == "NotEquirectangularError"
    assert reply["path"] == str(tall)
    assert str(tall) not in reply["problem"] + reply["remedy"]
    assert reply["message"] == f"{tall}: {reply['problem']} {reply['remedy']}"


def test_an_unforeseen_error_names_the_file_that_was_worked_on():
    reply = error_reply(1, ZeroDivisionError("a fault"), "a.jpg")
    assert (reply["kind"], reply["path"]) == ("UnexpectedError", "a.jpg")
    assert "ZeroDivisionError: a fault" in reply["problem"]
    assert error_reply(1, DamagedImageError("Cut.", path="b.jpg"), "a.jpg")["path"] == "b.jpg"


def feed(process: subprocess.Popen, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(data)
        process.stdin.flush()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(st.sampled_from(NASTY) | lines, max_size=4), cut=st.integers(0, 50), first=st.booleans())
def test_the_end_of_either_stream_ends_the_worker(image, sent, cut, first):
    with start(stderr=subprocess.DEVNULL) as process:
        try:
            data = b"\n".join([*sent, json.dumps({"id": 1, "do": "inspect", "source": str(image)}).encode()])
            if first:  # the end of its output alone: its input stays open
                process.stdout.close()
                feed(process, data[: len(data) - cut])
            else:
                feed(process, data[: len(data) - cut])
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
                process.stdout.read()
            process.wait(timeout=PATIENCE_S)
        finally:
            process.kill()


@pytest.mark.skipif(os.name != "posix", reason="an idle worker on Windows notices it with its next answer")
def test_an_idle_worker_notices_that_its_output_is_not_read():
    with start() as process:
        try:
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(timeout=PATIENCE_S) is not None
        finally:
            process.kill()


def test_replies_that_are_not_read_do_not_keep_the_worker(image):
    """The pipe is full, so the worker is stuck in a write when its input ends."""
    with start() as process:
        try:
            request = json.dumps({"id": "x" * 200, "do": "dance"}).encode() + b"\n"
            feed(process, request * 2000)
            process.stdin.close()
            time.sleep(0.1)
            assert process.wait(timeout=PATIENCE_S) == 1
        finally:
            process.kill()


@pytest.mark.skipif(os.name != "posix", reason="numbered streams are POSIX's")
@pytest.mark.parametrize("streams", [">&-", "<&-", "<&- >&-", "2>&- </dev/null", "</dev/null >/dev/full", "</dev/null"])
def test_streams_that_were_never_open_end_it(streams):
    words = " ".join(f"'{word}'" for word in COMMAND)
    done = subprocess.run(["bash", "-c", f"{words} {streams}"], stdin=subprocess.PIPE, capture_output=True, timeout=60)
    assert done.returncode == (0 if streams in ("2>&- </dev/null", "</dev/null") else 1)
    assert b"Traceback" not in done.stderr
