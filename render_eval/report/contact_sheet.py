"""One image of an evaluation: the scenes where a method does best and worst, under every method."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO
from OpenImageIO import ImageBuf, ImageBufAlgo

from lanet_core import colour
from lanet_core.errors import DataError
from lanet_core.files import write_png
from render_eval.records import Evaluation, MethodRecord, SceneRecord
from render_eval.report.numerals import decimals_for, numeral, percent
from render_eval.report.summary import Scores
from render_eval.scores import Metric

_CELL_WIDTH, _CELL_HEIGHT = 240, 135
_GUTTER = 290
_GAP = 8
_LINE = 22
_FONT_SIZE = 14
#: It comes with OpenImageIO, so a sheet looks the same everywhere.
_FONT = "DroidSans"
_BACKGROUND, _EMPTY, _INK = 1.0, 0.92, 0.1


@dataclass(frozen=True)
class _Text:
    """A line of text: its left and upper edge and the room for it, in pixels."""

    left: int
    top: int
    text: str
    room: int


def write_contact_sheet(
    evaluation: Evaluation,
    folder: Path,
    path: Path,
    *,
    metric: str | None = None,
    method: str | None = None,
    best: int = 3,
    worst: int = 5,
) -> None:
    """Write a PNG of the best and the worst scenes by a metric: LDR, render under each method and truth.

    Args:
        evaluation: the evaluation.
        folder: what the records' paths are relative to.
        path: the ``.png`` to write or replace.
        metric: key of :data:`render_eval.scores.METRICS`; the first that was measured if left out.
        method: name of the method whose scores order the scenes; the last that has any if left out.
        best: how many of the best scenes.
        worst: how many of the worst; with fewer scenes than both, each is shown once.

    Raises:
        DataError: the metric or the method is not in the evaluation, or there is no score to order by.
        OutputError: the image cannot be written.
    """
    scores = Scores(evaluation)
    chosen_metric = _chosen_metric(scores, metric)
    chosen_method = _chosen_method(evaluation, scores, chosen_metric, method)
    ranked = _ranked(evaluation, scores, chosen_metric, chosen_method)
    picked = [("Best", scene) for scene in ranked[:best]]
    picked += [("Worst", scene) for scene in ranked[max(best, len(ranked) - worst) :]]
    title = f"The scenes that {chosen_method.label} does best and worst by {chosen_metric.label}"
    write_png(path, _sheet(evaluation, scores, chosen_metric, picked, folder, title))


def can_be_ranked(evaluation: Evaluation, method: str | None = None) -> bool:
    """Return whether a method has a score of the first metric to order scenes by.

    Args:
        evaluation: the evaluation.
        method: the method's name; the last that has scores if left out.

    Raises:
        DataError: there is no such method.
    """
    scores = Scores(evaluation)
    if not (evaluation.methods and scores.metrics):
        return False
    return _has_scores(scores, _method_of_name(evaluation, scores, scores.metrics[0], method), scores.metrics[0])


def _sheet(
    evaluation: Evaluation,
    scores: Scores,
    metric: Metric,
    picked: Sequence[tuple[str, SceneRecord]],
    folder: Path,
    title: str,
) -> np.ndarray:
    """Return a column for each scene and a row for the LDR, each method and the truth, (h, w, 3) uint8, sRGB."""
    scenes = [scene for _, scene in picked]
    texts = [_Text(_GAP, 0, title, _left(len(scenes)))]
    for column, (kind, scene) in enumerate(picked):
        lines = enumerate(_column_heading(kind, scene), start=1)
        texts += [_Text(_left(column), line * _LINE, text, _CELL_WIDTH) for line, text in lines]
    rows_of_images = [_written(_blank(4 * _LINE + _GAP, len(scenes)), texts)]
    rows_of_images.append(_image_row("LDR", [_path(folder, scene.ldr_png) for scene in scenes], []))
    for method in evaluation.methods:
        results = [scores.result(scene.name, method.name) for scene in scenes]
        paths = [_path(folder, "" if result is None else result.render_png) for result in results]
        values = [scores.score(scene.name, method.name, metric) for scene in scenes]
        decimals = decimals_for(values)
        captions = [_caption(each, decimals, metric) for each in values]
        rows_of_images.append(_image_row(method.label, paths, captions))
    rows_of_images.append(_image_row("Truth", [_path(folder, scene.truth_png) for scene in scenes], []))
    return np.concatenate(rows_of_images)


def _caption(value: float, decimals: int, metric: Metric) -> str:
    if np.isnan(value):
        return "no result"
    # The font has no sign for infinity.
    return "infinite" if np.isinf(value) else f"{numeral(value, decimals)} {metric.unit}"


def _path(folder: Path, relative_path: str) -> Path | None:
    return folder / relative_path if relative_path else None


def _chosen_metric(scores: Scores, key: str | None) -> Metric:
    if not scores.metrics:
        raise DataError("The evaluation contains no scores.", remedy="Evaluate at least one scene without an error.")
    by_key = {metric.key: metric for metric in scores.metrics}
    if key is not None and key not in by_key:
        raise DataError(f"There is no metric {key!r} in the evaluation.", remedy=f"It has {', '.join(by_key)}.")
    return scores.metrics[0] if key is None else by_key[key]


def _chosen_method(evaluation: Evaluation, scores: Scores, metric: Metric, name: str | None) -> MethodRecord:
    chosen = _method_of_name(evaluation, scores, metric, name)
    if not _has_scores(scores, chosen, metric):
        problem = f"{chosen.label} has no {metric.label} to order the scenes by."
        raise DataError(problem, remedy="Name another metric or method.")
    return chosen


def _method_of_name(evaluation: Evaluation, scores: Scores, metric: Metric, name: str | None) -> MethodRecord:
    by_name = {method.name: method for method in evaluation.methods}
    if name is None:
        scored = [method for method in evaluation.methods if _has_scores(scores, method, metric)]
        return (scored or evaluation.methods)[-1]
    if name not in by_name:
        raise DataError(f"There is no method {name!r} in the evaluation.", remedy=f"It has {', '.join(by_name)}.")
    return by_name[name]


def _has_scores(scores: Scores, method: MethodRecord, metric: Metric) -> bool:
    return not np.isnan(scores.of_method(method.name, metric)).all()


def _ranked(evaluation: Evaluation, scores: Scores, metric: Metric, method: MethodRecord) -> list[SceneRecord]:
    """Return the scenes with a score, best first."""
    pairs = zip(scores.of_method(method.name, metric), evaluation.scenes, strict=True)
    found = [(value, scene) for value, scene in pairs if not np.isnan(value)]
    return [scene for _, scene in sorted(found, key=lambda pair: pair[0], reverse=metric.higher_is_better)]


def _column_heading(kind: str, scene: SceneRecord) -> list[str]:
    facts = f"{percent(scene.clipped_fraction)} over-exposed, peak {numeral(scene.peak_ev, 1)} EV"
    return [kind, scene.name, facts]


def _image_row(label: str, paths: Sequence[Path | None], captions: Sequence[str]) -> np.ndarray:
    """Return a row of images with its name on the left and a line of text below each image, if there is one."""
    height = _CELL_HEIGHT + _GAP + (_LINE if any(captions) else 0)
    image_row = _blank(height, len(paths))
    for index, path in enumerate(paths):
        image_row[:_CELL_HEIGHT, _left(index) : _left(index) + _CELL_WIDTH] = _fitted(path)
    texts = [_Text(_GAP, 0, label, _GUTTER - 2 * _GAP)]
    texts += [_Text(_left(index), _CELL_HEIGHT, text, _CELL_WIDTH) for index, text in enumerate(captions)]
    return _written(image_row, texts)


def _left(column: int) -> int:
    return _GUTTER + column * (_CELL_WIDTH + _GAP)


def _blank(height: int, columns: int) -> np.ndarray:
    return np.full((height, _left(columns), 3), round(255 * _BACKGROUND), dtype=np.uint8)


def _fitted(path: Path | None) -> np.ndarray:
    """Return an image shrunk to fit a cell, (cell height, cell width, 3) uint8; grey if there is none."""
    cell = np.full((_CELL_HEIGHT, _CELL_WIDTH, 3), round(255 * _EMPTY), dtype=np.uint8)
    rgb_srgb8 = None if path is None else _read(path)
    if rgb_srgb8 is None:
        return cell
    height, width = rgb_srgb8.shape[:2]
    scale = min(_CELL_WIDTH / width, _CELL_HEIGHT / height)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    linear = ImageBuf(colour.srgb_to_linear(rgb_srgb8.astype(np.float32) / np.float32(255.0)))
    # A filter with negative lobes would draw dark rings around highlights.
    shrunk = ImageBufAlgo.resize(linear, filtername="triangle", roi=OpenImageIO.ROI(0, columns, 0, rows, 0, 1, 0, 3))
    top, left = (_CELL_HEIGHT - rows) // 2, (_CELL_WIDTH - columns) // 2
    cell[top : top + rows, left : left + columns] = colour.quantise_srgb8(_pixels(shrunk, OpenImageIO.FLOAT))
    return cell


def _read(path: Path) -> np.ndarray | None:
    if not path.is_file():
        return None
    # OpenImageIO takes no file name that is not text.
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / f"image{path.suffix}"
        shutil.copyfile(path, plain)
        return _decoded(str(plain))


def _decoded(name: str) -> np.ndarray | None:
    image = OpenImageIO.ImageInput.open(name)
    if image is None or image.spec().nchannels < 3:
        OpenImageIO.geterror()  # or it would surface in someone else's report
        return None
    pixels = image.read_image(0, 0, 0, 3, OpenImageIO.UINT8)
    image.close()
    return pixels


def _written(canvas: np.ndarray, texts: Sequence[_Text]) -> np.ndarray:
    """Return a canvas with lines of text."""
    image = ImageBuf(np.ascontiguousarray(canvas))
    for each in texts:
        text, baseline = _shortened(each.text, each.room), each.top + _LINE - 6
        ImageBufAlgo.render_text(image, each.left, baseline, text, _FONT_SIZE, _FONT, (_INK, _INK, _INK))
    return _pixels(image, OpenImageIO.UINT8)


def _pixels(image: ImageBuf, dtype: OpenImageIO.BASETYPE) -> np.ndarray:
    pixels = image.get_pixels(dtype)
    assert pixels is not None, image.geterror()
    return pixels


def _shortened(text: str, room: int) -> str:
    """Return as much of a text as fits into some pixels; a file name's bytes that are no text become ``?``."""
    shown = text.encode("utf-8", errors="replace").decode("utf-8")
    while shown and ImageBufAlgo.text_size(shown, _FONT_SIZE, _FONT).width > room:
        shown = f"{shown.removesuffix('...')[:-1]}..." if shown != "..." else ""
    return shown
