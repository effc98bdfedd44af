"""Made-up evaluations, with images of one colour each."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from render_eval.records import Evaluation, MethodRecord, ResultRecord, SceneRecord
from render_eval.scores import METRICS

RENDER_SIZE = (48, 27)
METHODS = ("ldr", "koeo", "panolanet")
#: A name that markup and addresses must not take for their own.
NASTY = "<script>alert('x')</script> & \"50 %\" #1?"


def render_colour(scene: int, method: int) -> tuple[int, int, int]:
    """The colour of a render, its own for each scene and method."""
    return (20 + 25 * scene, 40 + 50 * method, 200)


def make_evaluation(scene_names: list[str], folder: Path | None = None, seed: int = 0) -> Evaluation:
    """Random scores for three methods; with a folder, its images are written, too."""
    rng = np.random.default_rng(seed)
    scenes, results = [], []
    for number, name in enumerate(scene_names):
        floor = {key: _score(rng, key) for key, metric in METRICS.items() if metric.domain in ("display", "linear")}
        scene = SceneRecord(
            name=name,
            category="indoor",
            hdr_file=f"{name}.hdr",
            width=1024,
            height=512,
            clipped_fraction=float(rng.uniform(0.0, 0.4)),
            peak_ev=float(rng.uniform(0.0, 16.0)),
            ldr_png=_image(folder, f"renders/{name} photograph.png", (64, 32), (9, 9, 9)),
            truth_png=_image(folder, f"renders/{name} truth.png", RENDER_SIZE, (250, 250, 250)),
            noise_floor=floor,
        )
        scenes.append(scene)
        for index, method in enumerate(METHODS):
            render = f"renders/{name} {method}"
            results.append(
                ResultRecord(
                    scene=name,
                    method=method,
                    scores={key: _score(rng, key) for key in METRICS},
                    render_png=_image(folder, f"{render}.png", RENDER_SIZE, render_colour(number, index)),
                    difference_png=_image(folder, f"{render} difference.png", RENDER_SIZE, (128, 128, 128)),
                    predict_seconds=float(rng.uniform(0.0, 3.0)),
                    render_seconds=float(rng.uniform(3.0, 5.0)),
                )
            )
    methods = (
        MethodRecord("ldr", "LDR as it is"),
        MethodRecord("koeo", "KOEO", "Kovaleski and Oliveira 2014"),
        MethodRecord("panolanet", "panoLANet", "sha256 of the model"),
    )
    settings = {"split": "val", "scene": {"name": "four_balls", "samples": 32}}
    return Evaluation(tuple(scenes), methods, tuple(results), settings, {"numpy": np.__version__})


def changed(evaluation: Evaluation, scene: str, method: str, **values) -> Evaluation:
    """The same with other values in one result."""
    results = [
        dataclasses.replace(each, **values) if (each.scene, each.method) == (scene, method) else each
        for each in evaluation.results
    ]
    return dataclasses.replace(evaluation, results=tuple(results))


def with_score(evaluation: Evaluation, scene: str, method: str, key: str, value: float) -> Evaluation:
    """The same with another score in one result."""
    (old,) = [each for each in evaluation.results if (each.scene, each.method) == (scene, method)]
    return changed(evaluation, scene, method, scores=old.scores | {key: value})


def _score(rng: np.random.Generator, key: str) -> float:
    return float(rng.uniform(20.0, 50.0) if METRICS[key].higher_is_better else rng.lognormal(-3.0, 2.0))


def _image(folder: Path | None, path: str, size: tuple[int, int], rgb_srgb8: tuple[int, int, int]) -> str:
    if folder is not None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, rgb_srgb8).save(folder / path)
    return path
