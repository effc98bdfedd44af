"""Folders of panoramas: lists, splits by name, and clear errors."""

from __future__ import annotations

import pytest

from lanet_core.data.scenes import find_scenes
from lanet_core.errors import DataError

HEADER = "slug,file,split,category\n"


def make_folder(folder, rows: str | None, files: list[str]):
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    if rows is not None:
        (folder / "scenes.csv").write_text(HEADER + rows, encoding="utf-8")
    return folder


def test_the_list_decides(tmp_path):
    folder = make_folder(tmp_path, "b,b.hdr,train,outdoor-sun\na,a.exr,val,indoor\n", ["a.exr", "b.hdr", "c.hdr"])
    assert [scene.name for scene in find_scenes(folder)] == ["a", "b"]
    [scene] = find_scenes(folder, "train")
    assert (scene.name, scene.path, scene.is_outdoor) == ("b", folder / "b.hdr", True)


def test_without_a_list_each_file_has_its_split_for_good(tmp_path):
    names = [f"sub/scene_{number}.exr" for number in range(200)]
    folder = make_folder(tmp_path, None, names)
    before = {scene.name: scene.split for scene in find_scenes(folder)}
    assert len(before) == 200
    counts = {split: list(before.values()).count(split) for split in ("train", "val", "test")}
    assert 130 < counts["train"] < 180
    assert min(counts.values()) > 5
    make_folder(tmp_path, None, ["sub/another.hdr", "later.exr"])
    after = {scene.name: scene.split for scene in find_scenes(folder)}
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    ("rows", "files", "message"),
    [
        ("a,a.hdr,training,\n", ["a.hdr"], "training"),
        ("a,a.hdr,train,\n", [], "does not exist"),
        ("a\n", ["a.hdr"], "split None"),
        ("", ["a.hdr"], "No HDR panorama"),
    ],
)
def test_lists_that_do_not_hold(tmp_path, rows, files, message):
    with pytest.raises(DataError, match=message):
        find_scenes(make_folder(tmp_path, rows, files))


def test_a_missing_file_may_be_left_to_the_caller(tmp_path):
    folder = make_folder(tmp_path, "a,a.hdr,val,\nb,b.hdr,val,\n", ["b.hdr"])
    assert [scene.path for scene in find_scenes(folder, "val", files_must_exist=False)] == [
        folder / "a.hdr",
        folder / "b.hdr",
    ]
    with pytest.raises(DataError, match="does not exist"):
        find_scenes(folder, "val")


def test_a_list_without_its_columns(tmp_path):
    (tmp_path / "scenes.csv").write_text("slug,file\na,a.hdr\n", encoding="utf-8")
    with pytest.raises(DataError, match="split"):
        find_scenes(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_list_may_begin_with_a_byte_order_mark(tmp_path, encoding):
    (tmp_path / "a.hdr").touch()
    (tmp_path / "scenes.csv").write_text(f"{HEADER}café,a.hdr,train,\n", encoding=encoding)
    assert [scene.name for scene in find_scenes(tmp_path)] == ["café"]


@pytest.mark.parametrize(
    "content", [f"{HEADER}café,a.hdr,train,\n".encode("latin-1"), b"slug,file,split\n" + b"a" * 200_000]
)
def test_a_list_that_is_no_table_of_text(tmp_path, content):
    (tmp_path / "a.hdr").touch()
    (tmp_path / "scenes.csv").write_bytes(content)
    with pytest.raises(DataError, match="not a table of text"):
        find_scenes(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="folder does not exist"):
        find_scenes(tmp_path / "missing")
