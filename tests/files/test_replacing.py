"""Results appear whole or not at all, also next to other writers and what they left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from PIL import Image
from result_writers import NOISE8, WRITERS, write_noise_png

from lanet_core import errors
from lanet_core.files import open_exr, read_hdr, write_png
from lanet_core.files.replacing import remove_leftovers, replacing


@pytest.fixture(params=WRITERS)
def name(request):
    return request.param


def test_png_reads_back_in_pillow(tmp_path):
    write_noise_png(tmp_path / "preview.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "preview.png")), NOISE8)


@pytest.mark.parametrize("pixels", [NOISE8[..., 0], NOISE8.astype(np.float32)])
def test_png_takes_eight_bit_rgb_alone(tmp_path, pixels):
    with pytest.raises(ValueError, match="expected"):
        write_png(tmp_path / "preview.png", pixels)
    with pytest.raises(ValueError, match=r"\.png"):
        write_png(tmp_path / "preview.jpg", NOISE8)


def test_an_old_file_is_replaced_and_nothing_else_is_left(tmp_path, name):
    (tmp_path / name).write_bytes(b"old")
    WRITERS[name](tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert OpenImageIO.ImageBuf(str(tmp_path / name)).spec().width == 256


def test_an_interruption_leaves_nothing(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "file") as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_library_error_on_a_sound_disk_keeps_its_own_words(tmp_path):
    with pytest.raises(errors.OutputError, match="no such codec") as caught, replacing(tmp_path / "file"):
        raise RuntimeError("no such codec")
    assert type(caught.value) is errors.OutputError


def test_the_file_at_the_path_is_never_seen_half_written(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def killed_writer(folder):
    """Start a process that begins a file in a folder, and kill it there."""
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from lanet_core.files.replacing import replacing
        with replacing(Path({str(folder)!r}) / "light.exr") as temporary:
            temporary.write_bytes(b"half of it")
            print("writing", flush=True)
            time.sleep(600)
    """)
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "writing\n"
    return child


def test_what_a_killed_process_leaves_goes_when_the_next_one_writes(tmp_path, name):
    child = killed_writer(tmp_path)
    child.kill()
    child.wait()
    assert len(list(tmp_path.glob(".lanet-*"))) == 1
    WRITERS[name](tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_a_living_process_writes_is_left_alone(tmp_path, name):
    child = killed_writer(tmp_path)
    try:
        WRITERS[name](tmp_path / name)
        (temporary,) = tmp_path.glob(".lanet-*")
        assert temporary.read_bytes() == b"half of it"
    finally:
        child.kill()
        child.wait()


def test_an_exr_stays_in_use_from_its_first_strip_to_its_last(tmp_path):
    pixels = NOISE8.astype(np.float32)
    with open_exr(tmp_path / "light.exr", pixels.shape[:2], model_name="m", model_sha256="0") as writer:
        for start in range(0, 128, 32):
            remove_leftovers(tmp_path)
            writer.write(pixels[start : start + 32])
    np.testing.assert_array_equal(read_hdr(tmp_path / "light.exr"), pixels)


def test_what_is_written_in_the_same_process_is_left_alone(tmp_path):
    with replacing(tmp_path / "one.exr") as one:
        with replacing(tmp_path / "two.exr") as two:
            assert one.exists() and two.exists()
        assert one.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.exr", "two.exr"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
def test_a_file_that_was_looked_at_before_it_was_locked_is_left_alone(tmp_path, monkeypatch):
    import fcntl

    open_really, looking = os.open, []

    def open_and_look(path, flags, *mode):
        file = open_really(path, flags, *mode)
        if flags & os.O_CREAT and not looking:
            # What another writer's search for leftovers does to a file that is new.
            other = open_really(path, os.O_WRONLY)
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            looking.append(threading.Timer(0.1, os.close, [other]))
            looking[0].start()
        return file

    monkeypatch.setattr(os, "open", open_and_look)
    path = tmp_path / "result.png"
    with replacing(path) as temporary:
        looking[0].join()
        temporary.write_bytes(b"written")
        remove_leftovers(tmp_path)
    assert path.read_bytes() == b"written"


@pytest.mark.parametrize("stranger", [".lanet-notes.exr", ".lanet-0123456789abcdef", "lanet-0123456789abcdef.exr"])
def test_files_of_other_names_are_left_alone(tmp_path, stranger, name):
    (tmp_path / stranger).write_bytes(b"of someone else")
    WRITERS[name](tmp_path / name)
    assert (tmp_path / stranger).read_bytes() == b"of someone else"


def abandoned(tmp_path, host: str | None, age_seconds: float) -> Path:
    """Return a temporary without a lock, as one looks whose locks belong to another host."""
    if host is None:
        with replacing(tmp_path / "probe.exr") as own:
            host = re.match(r"\.lanet-([0-9a-f]{8})-", own.name)[1]
            own.write_bytes(b"1")
        (tmp_path / "probe.exr").unlink()
    path = tmp_path / f".lanet-{host}-{'5' * 16}.exr"
    path.write_bytes(b"half of it")
    then = time.time() - age_seconds
    os.utime(path, (then, then))
    return path


@pytest.mark.parametrize(
    ("host", "age_seconds", "stays"),
    [("01234567", 7200.0, True), ("01234567", 2 * 86400.0, False), (None, 7200.0, False)],
    ids=["of another host", "of another host, days ago", "of this host"],
)
def test_another_hosts_unfinished_result_is_left_where_locks_do_not_show(tmp_path, host, age_seconds, stays, name):
    path = abandoned(tmp_path, host, age_seconds)
    WRITERS[name](tmp_path / name)
    assert path.exists() == stays


def test_a_temporary_without_a_suffix_is_removed_too(tmp_path):
    path = abandoned(tmp_path, None, 7200.0)
    path = path.rename(path.with_suffix(""))
    remove_leftovers(tmp_path)
    assert not path.exists()
