"""Checks inside Blender: several files at once."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import numpy as np
from enabled_extension import disable, enable, part, state_of, wait_until, write_image

from lanet_core.files import read_hdr


def images(folder: Path, *names: str) -> list[Path]:
    (folder / "in").mkdir(exist_ok=True)
    return [write_image(folder / "in" / name) for name in names]


def convert_files(folder: Path, *names: str, **options) -> set[str]:
    files = [{"name": name} for name in names]
    return bpy.ops.lanet.convert_files(directory=f"{folder / 'in'}/", files=files, **options)


def messages() -> list[tuple[str, bool]]:
    return [(message.text, message.is_error) for message in part("session").current().messages]


def results(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.exr"))


def begin(folder: Path, *names: str, **options):
    worker, settings = part("session").current().worker, part("settings").conversion_settings()
    return part("conversion.batch").Batch(worker, [folder / "in" / name for name in names], settings, **options)


def check_each_image_gets_its_hdr_next_to_it_and_the_scene_stays(folder):
    enable(folder)
    images(folder, "a.png", "b.png")
    before = state_of(bpy.context.scene)
    assert convert_files(folder, "a.png", "b.png", "a.png") == {"FINISHED"}
    assert results(folder) == ["in/a_lanet.exr", "in/b_lanet.exr"]
    assert messages() == [("2 converted.", False)]
    assert state_of(bpy.context.scene) == before
    assert part("session").current().conversion is None
    a, b = (read_hdr(folder / "in" / f"{name}_lanet.exr") for name in "ab")
    assert a.shape == (64, 128, 3) and a.max() > 1.5
    np.testing.assert_array_equal(a, b)


def check_existing_results_are_skipped_and_names_follow_a_pattern(folder):
    enable(folder)
    images(folder, "a.png")
    assert convert_files(folder, "a.png", name_pattern="hdr_{stem}_v2") == {"FINISHED"}
    assert results(folder) == ["in/hdr_a_v2.exr"]
    before = (folder / "in" / "hdr_a_v2.exr").stat().st_mtime_ns
    images(folder, "b.png")
    assert convert_files(folder, "a.png", "b.png", name_pattern="hdr_{stem}_v2", skip_existing=True) == {"FINISHED"}
    assert messages() == [("1 converted, 1 skipped.", False)]
    assert results(folder) == ["in/hdr_a_v2.exr", "in/hdr_b_v2.exr"]
    assert (folder / "in" / "hdr_a_v2.exr").stat().st_mtime_ns == before
    for bad in ("x", "../{stem}", "{stem}{frame}"):
        try:
            convert_files(folder, "a.png", name_pattern=bad)
        except RuntimeError as error:
            assert "pattern of names" in str(error)
        else:
            raise AssertionError(bad)


def check_a_bad_file_ends_nothing_and_is_reported(folder):
    enable(folder)
    images(folder, "a.png", "b.png")
    (folder / "in" / "bad.png").write_bytes((folder / "in" / "a.png").read_bytes()[:3000])
    (folder / "in" / "sky.hdr").write_bytes(b"#?RADIANCE\n")
    names = ("bad.png", "a.png", "missing.png", "sky.hdr", "b.png")
    assert convert_files(folder, *names) == {"FINISHED"}
    (total, is_error), *failures = messages()
    assert (total, is_error) == ("2 converted, 3 failed.", False)
    assert all(is_error for _, is_error in failures)
    for (text, _), name, reason in zip(
        failures, ("bad.png", "missing.png", "sky.hdr"), ("truncated", "no such file", "HDR already"), strict=True
    ):
        assert name in text and reason in text, text
    assert results(folder) == ["in/a_lanet.exr", "in/b_lanet.exr"]
    assert not bpy.data.images


def check_no_kind_of_bad_file_ends_the_batch_or_raises(folder):
    enable(folder)
    images(folder, "a.png", "b.png")
    place = folder / "in"
    (place / "empty.png").touch()
    (place / "folder.png").mkdir()
    (place / "loop.png").symlink_to(place / "loop.png")
    (place / "text.jpg").write_bytes(b"this is no image")
    os.mkfifo(place / "pipe.png")
    not_utf8 = os.fsdecode(b"caf\xe9.png")
    (place / not_utf8).write_bytes((place / "a.png").read_bytes()[:2000])
    good_name = write_image(place / "line\nbreak [1].png", scale=2)
    bad = ["empty.png", "folder.png", "loop.png", "text.jpg", "pipe.png", "x" * 300 + ".png", not_utf8, "nul\0.png"]
    batch = begin(folder, bad[0], "a.png", *bad[1:], good_name.name, "b.png")
    assert batch.wait().name == "FINISHED"
    failed = {outcome.source.name: outcome.message for outcome in batch.outcomes if outcome.output is None}
    assert sorted(failed) == sorted(bad)
    assert all(name in message for name, message in failed.items())
    assert results(folder) == ["in/a_lanet.exr", "in/b_lanet.exr", "in/line_break [1]_lanet.exr"]
    assert not list(bpy.data.images)


def check_an_unexpected_error_fails_its_file_alone(folder):
    enable(folder)
    images(folder, "a.png", "b.png", "c.png")

    def finished(outcome) -> None:
        if outcome.source.name == "b.png":
            raise ZeroDivisionError("of b")

    batch = begin(folder, "a.png", "b.png", "c.png", finished=finished)
    assert batch.wait().name == "FINISHED"
    assert [outcome.source.name for outcome in batch.outcomes if outcome.output] == ["a.png", "c.png"]
    assert "b.png" in batch.outcomes[1].message and "ZeroDivisionError: of b" in batch.outcomes[1].message


def check_where_nothing_is_converted_python_hears_of_it(folder):
    enable(folder)
    for names, reason in (((), "No image"), (("missing.png",), "no such file")):
        try:
            convert_files(folder, *names)
        except RuntimeError as error:
            assert reason in str(error)
        else:
            raise AssertionError(names)


def check_the_folder_of_the_preferences_is_used_on_request(folder):
    enable(folder).folder = str(folder / "out")
    images(folder, "a.png")
    assert convert_files(folder, "a.png", place="FOLDER") == {"FINISHED"}
    assert results(folder) == ["out/a_lanet.exr"]


def check_no_result_takes_anothers_place(folder):
    enable(folder)
    images(folder, "a.png")
    write_image(folder / "in" / "a.jpg", scale=2)
    (folder / "in" / "mine_lanet.exr").write_bytes(b"not the converter's")
    images(folder, "mine.png")
    assert convert_files(folder, "a.png", "a.jpg", "mine.png") == {"FINISHED"}
    names = ["in/a_2_lanet.exr", "in/a_lanet.exr", "in/mine_2_lanet.exr", "in/mine_lanet.exr"]
    assert messages() == [("3 converted.", False)] and results(folder) == names
    assert (folder / "in" / "mine_lanet.exr").read_bytes() == b"not the converter's"
    widths = [read_hdr(folder / "in" / f"{name}_lanet.exr").shape[1] for name in ("a", "a_2")]
    assert widths == [128, 256]
    assert convert_files(folder, "a.jpg") == {"FINISHED"}
    assert results(folder) == names, "the result of the same image is replaced"


def check_an_image_of_the_blend_stays_in_it(folder):
    enable(folder)
    (path,) = images(folder, "a.png")
    image = bpy.data.images.load(str(path))
    convert_files(folder, "a.png")
    assert list(bpy.data.images) == [image]


def check_what_is_converted_stays_when_the_rest_is_cancelled(folder):
    enable(folder)
    images(folder, "a.png", "b.png", "c.png")
    batch = begin(folder, "a.png", "b.png", "c.png")
    part("session").current().conversion = batch
    wait_until(lambda: batch.step() and len(batch.outcomes) == 1)
    wait_until(lambda: batch.step() and "2 of 3, b.png" in batch.stage)
    assert 1 / 3 <= batch.share < 2 / 3
    assert bpy.ops.lanet.cancel_conversion() == {"FINISHED"}
    assert batch.wait().name == "CANCELLED"
    assert part("conversion.batch").summary(batch) == ["1 converted, then cancelled."]
    part("session").current().finish()
    disable()
    assert results(folder) == ["in/a_lanet.exr"]
    assert not list((folder / "in").glob(".lanet*"))
