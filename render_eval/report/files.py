"""Files of an evaluation in addition to its renders: the page, the table and the whole record, each written whole."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lanet_core.errors import DataError, InputNotFoundError
from lanet_core.files.replacing import replacing
from render_eval.records import Evaluation
from render_eval.report.contact_sheet import can_be_ranked, write_contact_sheet
from render_eval.report.page import page
from render_eval.report.summary import NO_RESULT, Scores
from render_eval.scores import METRICS

#: Infinities have no number in JSON (RFC 8259, 6); ProtoJSON writes them so.
_INFINITY = "Infinity"


#: The sheet of scenes that a method does best and worst.
IMAGE = "best_and_worst.png"


def write_report(
    evaluation: Evaluation, folder: Path, *, image_of: str | None = None, written: datetime | None = None
) -> None:
    """Write ``index.html`` and what :func:`write_summary` writes, each file whole or not at all.

    Args:
        evaluation: what to report; results may be missing.
        folder: an existing folder, which holds the images at the paths in the records.
        image_of: see :func:`write_summary`.
        written: the date on the page; now, in UTC, if left out.

    Raises:
        OutputNotWritableError: the folder is missing or may not be written to.
        DiskFullError: the disk filled up.
        OutputError: a write failed for another reason.
    """
    written = datetime.now(UTC) if written is None else written
    write_summary(evaluation, folder, folder, image_of=image_of)
    _write(folder / "index.html", page(evaluation, folder, written))


def write_summary(evaluation: Evaluation, images: Path, folder: Path, *, image_of: str | None = None) -> None:
    """Write ``results.csv``, ``results.json`` and ``best_and_worst.png``: small files that need no other.

    Args:
        evaluation: what to report; results may be missing.
        images: the folder that the paths in the records start from.
        folder: an existing folder to write into.
        image_of: name of the method whose scores order the scenes of the image; the last that has any if left out.
            There is no image of a method without scores.

    Raises:
        DataError: there is no method ``image_of``.
        OutputError: see :func:`write_report`.
    """
    _write(folder / "results.json", results_json(evaluation))
    _write(folder / "results.csv", results_csv(evaluation))
    if can_be_ranked(evaluation, image_of):
        write_contact_sheet(evaluation, images, folder / IMAGE, method=image_of)
    else:
        (folder / IMAGE).unlink(missing_ok=True)  # an earlier run's would be taken for this one's


def results_json(evaluation: Evaluation) -> str:
    """Return the whole evaluation as JSON (RFC 8259).

    NaN is written as null, infinities as the strings ``Infinity`` and ``-Infinity``.
    """
    return json.dumps(_jsonable(evaluation.to_dict()), indent=1, allow_nan=False) + "\n"


def read_results(path: Path) -> Evaluation:
    """Read what :func:`write_report` wrote to ``results.json``.

    Raises:
        InputNotFoundError: there is no such file.
        DataError: the file holds no evaluation.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        for scene in values["scenes"]:
            scene["noise_floor"] = _figures(scene["noise_floor"])
            scene |= _figures({name: scene[name] for name in ("clipped_fraction", "peak_ev")})
        for result in values["results"]:
            result["scores"] = _figures(result["scores"])
        return Evaluation.from_dict(values)
    except FileNotFoundError as error:
        raise InputNotFoundError("There is no such file.", path=path) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"This is no results.json of this version: {error!r}.", path=path, remedy="Run the evaluation again."
        ) from error


def results_csv(evaluation: Evaluation) -> str:
    """Return one line for each scene and method (RFC 4180, but with line feeds).

    The columns are the scene's facts, the method, every metric of :data:`render_eval.scores.METRICS` in its order,
    measured or not, and the times. A figure that does not exist is empty; the others are exact.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    facts = ["scene", "category", "clipped_fraction", "peak_ev", "method"]
    table.writerow([*facts, *METRICS, "predict_seconds", "render_seconds", "error"])
    scores = Scores(evaluation)
    for scene in evaluation.scenes:
        for method in evaluation.methods:
            row = [scene.name, scene.category, _cell(scene.clipped_fraction), _cell(scene.peak_ev), method.name]
            row += [_cell(scores.score(scene.name, method.name, metric)) for metric in METRICS.values()]
            result = scores.result(scene.name, method.name)
            if result is None:
                row += ["", "", scene.error or NO_RESULT]
            else:
                row += [_cell(result.predict_seconds), _cell(result.render_seconds), result.error]
            table.writerow(row)
    return text.getvalue()


def _cell(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(each) for each in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        return _INFINITY if value > 0.0 else f"-{_INFINITY}"
    return value


def _figures(values: dict[str, Any]) -> dict[str, float]:
    return {key: math.nan if value is None else float(value) for key, value in values.items()}


def _write(path: Path, text: str) -> None:
    # A file's name may hold bytes that are no text; they are shown as what they are not.
    data = text.encode("utf-8", errors="replace")
    with replacing(path) as temporary:
        temporary.write_bytes(data)
