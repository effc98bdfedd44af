"""Folders of generated panoramas: listed for training, whole at any moment, gone on with."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.data.scenes import find_scenes
from lanet_core.errors import OutputNotWritableError
from lanet_core.files import read_hdr
from scene_generation.collection import fill
from scene_generation.kinds import scene_of


def panorama(scene):
    return np.random.default_rng(scene.seed).uniform(0.0, 1e6, (8, 16, 3)).astype(np.float32)


def scenes(*seeds):
    return [scene_of(seed) for seed in seeds]


def test_the_panoramas_are_listed_for_training_bit_for_bit(tmp_path):
    done = list(fill(tmp_path / "new", scenes(0, 1, 2), panorama))
    found = find_scenes(tmp_path / "new", "train")
    assert done == scenes(0, 1, 2)
    assert {scene.name: scene.category for scene in found} == {scene.slug: scene.kind.name for scene in done}
    for scene in done:
        assert np.array_equal(read_hdr(tmp_path / "new" / f"{scene.slug}.exr"), panorama(scene))


def test_what_is_there_is_not_rendered_again(tmp_path):
    list(fill(tmp_path, scenes(0, 1), panorama))
    before = (tmp_path / f"{scene_of(0).slug}.exr").stat().st_mtime_ns
    assert list(fill(tmp_path, scenes(0, 1, 2), panorama)) == scenes(2)
    assert (tmp_path / f"{scene_of(0).slug}.exr").stat().st_mtime_ns == before
    assert len(find_scenes(tmp_path)) == 3


def test_an_interruption_leaves_a_whole_list(tmp_path):
    def interrupted(scene):
        if scene.seed == 1:
            raise KeyboardInterrupt
        return panorama(scene)

    with pytest.raises(KeyboardInterrupt):
        list(fill(tmp_path, scenes(0, 1, 2), interrupted))
    assert [scene.name for scene in find_scenes(tmp_path)] == [scene_of(0).slug]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{scene_of(0).slug}.exr", "scenes.csv"]


def test_a_file_where_the_folder_should_be_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritableError):
        list(fill(tmp_path / "file", scenes(0), panorama))
