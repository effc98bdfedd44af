"""Summary of an evaluation: statistics, the best of a column, and what is noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from render_eval.records import Evaluation, ResultRecord, SceneRecord
from render_eval.scores import METRICS, Metric

#: What stands for a result that was never made.
NO_RESULT = "There is no result."
#: The order of the columns' groups.
DOMAINS = ("display", "linear", "map", "image")


@dataclass(frozen=True)
class Statistics:
    """What several figures have in common.

    Attributes:
        count: how many there are, NaN not counted.
        mean: arithmetic mean; NaN without figures.
        median: NaN without figures.
        deviation: sample standard deviation (n − 1); NaN for fewer than two figures.
    """

    count: int
    mean: float
    median: float
    deviation: float


def statistics(values: Iterable[float]) -> Statistics:
    """Return the statistics of the figures that are not NaN."""
    figures = np.array([value for value in values if not np.isnan(value)], dtype=np.float64)
    if not figures.size:
        return Statistics(0, np.nan, np.nan, np.nan)
    with np.errstate(invalid="ignore"):  # an infinite PSNR has no deviation
        deviation = float(np.std(figures, ddof=1)) if figures.size > 1 else np.nan
        return Statistics(figures.size, float(np.mean(figures)), float(np.median(figures)), deviation)


class Scores:
    """The scores of an evaluation, found by scene and method.

    Args:
        evaluation: the evaluation; results may be missing.

    Attributes:
        metrics: what was measured, in the order of the columns.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self._scenes = evaluation.scenes
        self._results = {(result.scene, result.method): result for result in evaluation.results}
        measured = {key for result in evaluation.results for key in result.scores}
        measured |= {key for scene in evaluation.scenes for key in scene.noise_floor}
        known = [metric for key, metric in METRICS.items() if key in measured]
        self.metrics = sorted(known, key=lambda metric: DOMAINS.index(metric.domain))

    def result(self, scene: str, method: str) -> ResultRecord | None:
        """Return what a method made of a scene, None if it was not tried."""
        return self._results.get((scene, method))

    def score(self, scene: str, method: str, metric: Metric) -> float:
        """Return one score, NaN if there is none."""
        result = self.result(scene, method)
        return np.nan if result is None else result.scores.get(metric.key, np.nan)

    def of_method(self, method: str, metric: Metric) -> list[float]:
        """Return a method's scores, one for each scene, NaN where there is none."""
        return [self.score(scene.name, method, metric) for scene in self._scenes]

    def noise(self, metric: Metric) -> list[float]:
        """Return the noise floor of each scene, NaN where there is none."""
        return [noise_floor(scene, metric) for scene in self._scenes]

    def noise_of(self, method: str, metric: Metric) -> float:
        """Return the mean noise floor of the scenes for which a method has a score; NaN if one has no floor."""
        pairs = zip(self.of_method(method, metric), self.noise(metric), strict=True)
        floors = [floor for score, floor in pairs if not np.isnan(score)]
        return float(np.mean(floors)) if floors else np.nan

    def succeeded(self, method: str) -> int:
        """Return the number of scenes for which a method has a result."""
        found = (self.result(scene.name, method) for scene in self._scenes)
        return sum(result is not None and not result.error for result in found)


def noise_floor(scene: SceneRecord, metric: Metric) -> float:
    """Return a metric's value for the truth rendered with another seed, NaN if that was not measured."""
    return scene.noise_floor.get(metric.key, np.nan)


def best(values: Mapping[str, float], metric: Metric) -> set[str]:
    """Return the names with the best value, several if they are equal, none if there are only NaN."""
    figures = {name: value for name, value in values.items() if not np.isnan(value)}
    if not figures:
        return set()
    optimum = (max if metric.higher_is_better else min)(figures.values())
    return {name for name, value in figures.items() if value == optimum}


def best_of_equal_number(columns: Mapping[str, Statistics], field: str, metric: Metric) -> set[str]:
    """Return the methods whose mean or median is best, among those with figures for the most scenes.

    A method that fails on hard scenes is spared their bad scores, so its mean is not compared.
    """
    most = max((each.count for each in columns.values()), default=0)
    return best({name: getattr(each, field) for name, each in columns.items() if each.count == most}, metric)
