"""Folds of the train split, for models that choose by scenes of their own and are averaged afterwards.

The val split of a small library is too small to rank two models. Each of K networks that holds out another K-th
of the train split, and is chosen by it, is evaluated on unseen scenes; together they are evaluated on all of them,
and their average is steadier than any (Breiman 1996, "Bagging Predictors").
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lanet_core.data.scenes import Scene
from lanet_core.errors import DataError

_SEED = 7


@dataclass(frozen=True)
class Fold:
    """Which part of the train split is held out.

    Attributes:
        number: counted from 1.
        count: how many parts there are, 2 or more.
    """

    number: int
    count: int

    def split(self, scenes: Sequence[Scene]) -> tuple[list[Scene], list[Scene]]:
        """Return the scenes to learn from and those held out.

        Scenes of one place stay together, and every category is dealt evenly.

        Args:
            scenes: the train split, sorted by name.

        Raises:
            DataError: there are too few places for so many folds.
        """
        places: dict[tuple[str, str], list[Scene]] = defaultdict(list)
        for scene in scenes:
            places[scene.category, scene.group or scene.name].append(scene)
        if len(places) < self.count:
            raise DataError(
                f"{len(places)} places of the train split are too few for {self.count} folds.",
                remedy="Add panoramas, or use fewer folds.",
            )
        parts: list[list[Scene]] = [[] for _ in range(self.count)]
        rng, dealt = random.Random(_SEED), 0
        for category in sorted({category for category, _ in places}):
            keys = [key for key in places if key[0] == category]
            rng.shuffle(keys)
            for key in keys:
                parts[dealt % self.count] += places[key]
                dealt += 1
        held_out = parts.pop(self.number - 1)
        training = [scene for part in parts for scene in part]
        return sorted(training, key=_name), sorted(held_out, key=_name)


def parse_fold(text: str) -> Fold:
    """Read a fold as the command line gives it, such as ``1/4``, the first of four.

    Raises:
        DataError: it is none.
    """
    number, _, count = text.partition("/")
    fold = Fold(int(number), int(count)) if number.isdecimal() and count.isdecimal() else None
    if fold is None or not (fold.count >= 2 and 1 <= fold.number <= fold.count):
        raise DataError(f"{text!r} is not a fold.", remedy="Pass 1/4 for the first of four.")
    return fold


def _name(scene: Scene) -> str:
    return scene.name
