"""Results in every kind of place: full disks, folders, links, modes; the reason of a failure is reported."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import OpenImageIO
import pytest
from result_writers import WRITERS, is_not_root, is_root, refused

from lanet_core import errors


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
        from result_writers import WRITERS
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


def test_new_files_have_the_permissions_that_the_user_chooses(tmp_path, name):
    before = os.umask(0o027)
    try:
        WRITERS[name](tmp_path / name)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640
