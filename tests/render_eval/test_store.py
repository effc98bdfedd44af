"""Finished work is found again as long as nothing that it depends on has changed."""

from __future__ import annotations

import math

import pytest

from lanet_core.errors import OutputNotWritableError
from render_eval.store import Store

INPUTS = {"panorama": "ab12", "seed": 1, "size": (32, 18), "versions": {"blender": "4.5"}}
VALUES = {"seconds": 0.5, "scores": {"psnr": math.inf, "mse": 0.1}}
PLACE = "renders/in/street/ldr"


@pytest.fixture
def store(tmp_path):
    (tmp_path / "ldr.exr").write_bytes(b"image")
    store = Store(tmp_path)
    store.keep(PLACE, INPUTS, VALUES, ["ldr.exr"])
    return store


def test_what_was_kept_is_found(store):
    assert Store(store.folder).recall(PLACE, INPUTS) == VALUES
    assert Store(store.folder).recall("renders/in/street/other", INPUTS) is None
    assert store.kept == 1


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"size": (32, 19)}, {"versions": {"blender": "5.0"}}, {"more": 1}, {"panorama": None}]
)
def test_other_inputs_find_nothing(store, change):
    assert store.recall(PLACE, INPUTS | change) is None


def test_fewer_inputs_find_nothing(store):
    assert store.recall(PLACE, {"seed": 1}) is None


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"another")])
def test_files_that_are_gone_or_changed_are_made_again(store, change):
    change(store.folder / "ldr.exr")
    assert store.recall(PLACE, INPUTS) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"inputs": 1}', "\x00"])
def test_a_damaged_note_is_none(store, text):
    (store.folder / "work" / f"{PLACE}.json").write_text(text)
    assert store.recall(PLACE, INPUTS) is None


def test_force_finds_nothing_and_keeps(store):
    forced = Store(store.folder, force=True)
    assert forced.recall(PLACE, INPUTS) is None
    forced.keep(PLACE, INPUTS, {"seconds": 1.0})
    assert store.recall(PLACE, INPUTS) == {"seconds": 1.0}


def test_a_note_that_cannot_be_written_leaves_the_old_one_and_no_other_file(store):
    before = sorted(store.folder.rglob("*"))
    with pytest.raises(TypeError):
        store.keep(PLACE, INPUTS, {"seconds": object()})
    assert sorted(store.folder.rglob("*")) == before
    assert store.recall(PLACE, INPUTS) == VALUES


def test_a_file_in_a_folders_place_is_an_error(store):
    with pytest.raises(OutputNotWritableError, match="cannot be created"):
        store.file("ldr.exr/street/ldr.png")
