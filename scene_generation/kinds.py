"""The kinds of scene, how many of each, and what a seed stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from scene_generation.description import PanoramaDescription
from scene_generation.indoor import draw_indoor
from scene_generation.night import draw_night
from scene_generation.outdoor import draw_outdoor
from scene_generation.studio import draw_studio


@dataclass(frozen=True)
class Kind:
    """A kind of scene.

    Attributes:
        name: also its category in a list of scenes; those outdoors by day begin with ``outdoor``.
        share: of all scenes.
        draw: makes a scene from random numbers.
    """

    name: str
    share: float
    draw: Callable[[np.random.Generator], PanoramaDescription]


KINDS = (
    Kind("outdoor-sun", 0.30, partial(draw_outdoor, weather="sun")),
    Kind("outdoor-overcast", 0.15, partial(draw_outdoor, weather="overcast")),
    Kind("sunset", 0.10, partial(draw_outdoor, weather="sunset")),
    Kind("night", 0.12, draw_night),
    Kind("indoor", 0.23, draw_indoor),
    Kind("studio", 0.10, draw_studio),
)


@dataclass(frozen=True)
class SeededScene:
    """One seed's scene.

    Attributes:
        seed: 0 or more.
        kind: which kind.
    """

    seed: int
    kind: Kind

    @property
    def slug(self) -> str:
        """The scene's name, unique among all seeds."""
        return f"{self.kind.name}_{self.seed:06d}"

    def describe(self) -> PanoramaDescription:
        """Return the scene: the same one every time."""
        return self.kind.draw(np.random.default_rng([self.seed, 1]))


def scene_of(seed: int) -> SeededScene:
    """Return a seed's scene; its kind is drawn in the kinds' shares."""
    index = np.random.default_rng([seed, 0]).choice(len(KINDS), p=[kind.share for kind in KINDS])
    return SeededScene(seed, KINDS[index])
