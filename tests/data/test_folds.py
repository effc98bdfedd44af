"""Folds of the train split: each scene is held out once, places stay together, categories are dealt evenly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lanet_core.data.folds import Fold, parse_fold
from lanet_core.data.scenes import Scene
from lanet_core.errors import DataError

CATEGORIES = ("indoor", "night", "outdoor-sun")
SCENES = [
    Scene(f"scene_{number:02}", Path(f"{number}.hdr"), "train", CATEGORIES[number % 3], f"place_{number // 6}")
    for number in range(60)
]


def test_every_scene_is_held_out_once_and_taught_by_the_other_folds():
    halves = [Fold(number, 4).split(SCENES) for number in (1, 2, 3, 4)]
    assert Counter(scene.name for _, held_out in halves for scene in held_out) == Counter(s.name for s in SCENES)
    for learnt, held_out in halves:
        assert sorted(learnt + held_out, key=lambda scene: scene.name) == SCENES


def test_a_place_stays_together_and_categories_are_dealt_evenly():
    for number in (1, 2, 3, 4):
        learnt, held_out = Fold(number, 4).split(SCENES)
        places = [{(scene.category, scene.group) for scene in part} for part in (learnt, held_out)]
        assert not places[0] & places[1]
        counts = Counter(scene.category for scene in held_out)
        assert all(4 <= counts[category] <= 6 for category in CATEGORIES)


def test_a_scene_of_unknown_place_is_a_place_of_its_own():
    scenes = [Scene(name, Path(name), "train") for name in "abcd"]
    assert [len(held_out) for _, held_out in (Fold(number, 4).split(scenes) for number in (1, 2, 3, 4))] == [1] * 4


def test_too_few_places():
    with pytest.raises(DataError, match=r"2 places .* 3 folds"):
        Fold(1, 3).split([Scene(name, Path(name), "train") for name in "ab"])


def test_a_fold_is_read_from_the_command_line():
    assert parse_fold("2/4") == Fold(2, 4)
    for text in ("0/4", "5/4", "1/1", "1", "a/b", "-1/4"):
        with pytest.raises(DataError, match="not a fold"):
            parse_fold(text)
