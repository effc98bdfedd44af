"""Which file each input becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanet_core.cli.destinations import inputs_of, make_folder, plan
from lanet_core.errors import OutputError, OutputNotWritableError


def test_one_image_becomes_the_file_named(tmp_path):
    assert plan([Path("street.jpg")], str(tmp_path / "light.exr"), ".exr") == [tmp_path / "light.exr"]
    assert plan([Path("street.jpg")], str(tmp_path / "LIGHT.EXR"), ".exr") == [tmp_path / "LIGHT.EXR"]


def test_a_folder_takes_the_inputs_names(tmp_path):
    for inputs in (["street.jpg"], ["a/street.jpg", "b/lake.v2.png"]):
        sources = [Path(name) for name in inputs]
        expected = [tmp_path / f"{source.stem}.exr" for source in sources]
        assert plan(sources, str(tmp_path), ".exr") == expected
        assert plan(sources, f"{tmp_path}/new/", ".exr") == [tmp_path / "new" / path.name for path in expected]
    assert plan(sources, f"{tmp_path}/new", ".exr")[1] == tmp_path / "new" / "lake.v2.exr"
    assert plan(sources, str(tmp_path), ".png", label="-preview")[0] == tmp_path / "street-preview.png"


@pytest.mark.parametrize("name", ["street.jpg", "street", "street.hdr"])
def test_another_suffix_is_refused_with_the_right_one(tmp_path, name):
    with pytest.raises(OutputError, match=r"Name it street\.exr"):
        plan([Path("street.jpg")], str(tmp_path / name), ".exr")


def test_a_file_in_a_folder_that_is_missing_is_refused(tmp_path):
    with pytest.raises(OutputNotWritableError, match="does not exist"):
        plan([Path("street.jpg")], str(tmp_path / "missing" / "street.exr"), ".exr")


def test_several_images_do_not_become_one_file(tmp_path):
    with pytest.raises(OutputNotWritableError, match="Several"):
        plan([Path("a.jpg"), Path("b.jpg")], str(tmp_path / "all.exr"), ".exr")


@pytest.mark.parametrize(
    "inputs",
    [
        ("a/street.jpg", "b/street.jpg"),
        ("street.jpg", "street.png"),
        ("street.jpg", "Street.JPG"),
        ("\u00e9t\u00e9.jpg", "e\u0301te\u0301.jpg"),
    ],
)
def test_two_images_never_become_the_same_file(tmp_path, inputs):
    with pytest.raises(OutputError, match=r"Both .* would be written to this file"):
        plan([Path(name) for name in inputs], str(tmp_path), ".exr")


def test_no_output_is_an_input_by_any_name(tmp_path):
    source = tmp_path / "street.png"
    source.touch()
    (tmp_path / "link.png").symlink_to(source)
    for target in (str(source), str(tmp_path / "link.png"), str(tmp_path), f"{tmp_path}/./street.png"):
        with pytest.raises(OutputNotWritableError, match="never overwritten"):
            plan([source], target, ".png")


@pytest.fixture
def names(tmp_path) -> Path:
    for name in ("b.jpg", "a.jpg", "c.png", "odd[1].jpg", "odd1.jpg"):
        (tmp_path / name).touch()
    return tmp_path


def test_what_a_shell_left_is_a_literal_name(names):
    for name in ("?.jpg", "*.jpg", "odd[2].jpg", "[ab].jpg", "odd[1].jpg"):
        assert inputs_of([str(names / name)], shell_expands=True) == [names / name]


def test_wildcards_are_resolved_where_no_shell_does_it(names):
    assert inputs_of([str(names / "?.jpg")], shell_expands=False) == [names / "a.jpg", names / "b.jpg"]
    assert inputs_of([str(names / "odd[1]*")], shell_expands=False) == [names / "odd[1].jpg"]
    assert inputs_of([str(names / "*.gif")], shell_expands=False) == [names / "*.gif"]


@pytest.mark.parametrize("shell_expands", [True, False])
def test_brackets_are_never_a_pattern(names, shell_expands):
    assert inputs_of([str(names / "odd[1].jpg")], shell_expands) == [names / "odd[1].jpg"]
    (names / "odd[1].jpg").unlink()
    assert inputs_of([str(names / "odd[1].jpg")], shell_expands) == [names / "odd[1].jpg"]


def test_a_file_that_is_named_again_counts_once(names, monkeypatch):
    (names / "linked").mkdir()
    (names / "linked" / "a.jpg").symlink_to(names / "a.jpg")
    (names / "other.jpg").symlink_to(names / "a.jpg")
    monkeypatch.chdir(names)
    given = ["a.jpg", "./a.jpg", str(names / "a.jpg"), "linked/a.jpg", "none.jpg", "./none.jpg", "other.jpg"]
    assert inputs_of(given) == [Path("a.jpg"), Path("none.jpg"), Path("other.jpg")]


@pytest.mark.parametrize("name", ["n" * 300 + ".jpg", "closed/a.jpg", "nul\0.jpg", "caf\udce9.jpg"])
def test_a_name_that_cannot_exist_is_left_to_its_conversion(tmp_path, name):
    (tmp_path / "closed").mkdir(mode=0)
    source = tmp_path / name
    assert inputs_of([str(source)]) == [source]
    assert plan([source, Path("b.jpg")], f"{tmp_path}/hdr", ".exr")[0] == tmp_path / "hdr" / f"{source.stem}.exr"


def test_making_a_folder_returns_whether_it_was_missing(tmp_path):
    assert make_folder(tmp_path / "a" / "b")
    assert not make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    with pytest.raises(OutputNotWritableError):
        make_folder(tmp_path / "file" / "b")
