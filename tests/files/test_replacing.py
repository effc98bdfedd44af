"""Results appear whole or not at all, and the reason of a failure is reported: both writers, on real disks."""

from __future__ import annotations

import os
import re
import stat
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

from lanet_core import errors
from lanet_core.files import open_exr, read_hdr, write_exr, write_png
from lanet_core.files.replacing import remove_leftovers, replacing

NOISE8 = np.random.default_rng(0).integers(0, 256, (128, 256, 3), dtype=np.uint8)


def write_noise_exr(path):
    write_exr(path, NOISE8.astype(np.float32) ** 1.5, model_name="m", model_sha256="0")


def write_noise_png(path):
    write_png(path, NOISE8)


WRITERS = {"light.exr": write_noise_exr, "preview.png": write_noise_png}
is_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
is_not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")


@pytest.fixture(params=WRITERS)
def name(request):
    return request.param


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB, less than either file."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def refused(path, name, kind, *words):
    with pytest.raises(errors.LanetError) as caught:
        WRITERS[name](path)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"{path}: ")
    for word in words:
        assert word in str(caught.value)


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


def test_new_files_have_the_permissions_that_the_user_chooses(tmp_path, name):
    before = os.umask(0o027)
    try:
        WRITERS[name](tmp_path / name)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640


def test_names_that_are_long_or_of_another_script(tmp_path, name):
    path = tmp_path / f"{'высота_' * 17}{name}"
    WRITERS[name](path)
    assert OpenImageIO.ImageBuf(str(path)).spec().width == 256


def test_a_missing_folder(tmp_path, name):
    refused(tmp_path / "none" / name, name, errors.OutputNotWritableError, "folder does not exist")


def test_a_folder_that_is_a_file(tmp_path, name):
    (tmp_path / "file").touch()
    refused(tmp_path / "file" / name, name, errors.OutputNotWritableError)


def test_a_name_that_is_too_long(tmp_path, name):
    refused(tmp_path / f"{'n' * 300}{name}", name, errors.OutputNotWritableError, "too long")


def test_a_path_that_is_a_folder(tmp_path, name):
    (tmp_path / name).mkdir()
    refused(tmp_path / name, name, errors.OutputNotWritableError, "folder")
    assert (tmp_path / name).is_dir()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_device_is_not_replaced(tmp_path, name):
    pipe = tmp_path / name
    os.mkfifo(pipe)
    refused(pipe, name, errors.OutputNotWritableError)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@is_not_root
def test_a_folder_without_permission(tmp_path, name):
    tmp_path.chmod(0o500)
    refused(tmp_path / name, name, errors.OutputNotWritableError, "denied")


@is_root
def test_a_disk_that_may_not_be_written(small_disk, name):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    refused(small_disk / name, name, errors.OutputNotWritableError)


@is_root
def test_a_full_disk(small_disk, name):
    (small_disk / name).write_bytes(b"old")
    refused(small_disk / name, name, errors.DiskFullError)
    assert [path.name for path in small_disk.iterdir()] == [name]
    assert (small_disk / name).read_bytes() == b"old"


@is_root
@pytest.mark.parametrize("spare_pages", [0, 1, 2])
def test_a_disk_that_lacks_a_page(tmp_path, small_disk, name, spare_pages):
    """The last bytes are the ones whose loss goes unreported most easily."""
    WRITERS[name](tmp_path / name)
    pages = -(-(tmp_path / name).stat().st_size // 4096)
    size = (pages - 1 + spare_pages) * 4096
    subprocess.run(["mount", "-o", f"remount,size={size}", str(small_disk)], check=True)
    if spare_pages == 0:
        refused(small_disk / name, name, errors.DiskFullError)
        assert list(small_disk.iterdir()) == []
    else:
        WRITERS[name](small_disk / name)
        assert (small_disk / name).read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
def test_a_limit_on_the_size_of_files(tmp_path, name):
    """A quota of another kind, which needs no root: the file may not grow, the disk has room."""
    script = textwrap.dedent(f"""
        import resource, signal, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_replacing import WRITERS
        from lanet_core.errors import OutputError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            WRITERS[{name!r}](Path({str(tmp_path)!r}) / {name!r})
        except OutputError as error:
            print(type(error).__name__, error)
    """)
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stdout.startswith("OutputError")
    assert "too large" in child.stdout
    assert list(tmp_path.iterdir()) == []


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


needs_links = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")


@needs_links
@pytest.mark.parametrize("absolute", [True, False])
def test_a_symbolic_link_is_followed_and_stays(tmp_path, name, absolute):
    (tmp_path / "store").mkdir()
    target = tmp_path / "store" / "target"
    target.write_bytes(b"old")
    link = tmp_path / name
    link.symlink_to(target if absolute else Path("store") / "target")
    WRITERS[name](link)
    assert link.is_symlink()
    assert target.stat().st_size > 1000
    assert [path.name for path in target.parent.iterdir()] == ["target"]


@needs_links
def test_a_link_to_nothing_is_refused(tmp_path, name):
    (tmp_path / name).symlink_to("nowhere")
    refused(tmp_path / name, name, errors.OutputNotWritableError, "symbolic link")
    assert (tmp_path / name).is_symlink() and not (tmp_path / "nowhere").exists()


@needs_links
def test_a_link_to_itself_is_refused(tmp_path, name):
    (tmp_path / name).symlink_to(name)
    refused(tmp_path / name, name, errors.OutputError)
    assert (tmp_path / name).is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o440])
def test_the_mode_of_a_replaced_file_is_kept(tmp_path, name, mode):
    path = tmp_path / name
    path.write_bytes(b"old")
    path.chmod(mode)
    WRITERS[name](path)
    assert path.stat().st_size > 1000
    assert stat.S_IMODE(path.stat().st_mode) == mode


@is_root
def test_the_owner_of_a_replaced_file_is_kept(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"old")
    os.chown(path, 65534, 65533)
    WRITERS[name](path)
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65533)
    assert path.stat().st_size > 1000
