"""The means of an evaluation in the columns of the paper's tables, as Markdown."""

from __future__ import annotations

import math
from dataclasses import dataclass

from render_eval.records import Evaluation
from render_eval.report.summary import Scores, statistics
from render_eval.scores import METRICS


@dataclass(frozen=True)
class _Column:
    """A column: its heading, its metric's key, the factor by which the paper prints it, and decimals."""

    heading: str
    key: str
    factor: float = 1.0
    decimals: int = 2


_TABLES = {
    "renders": (
        "Table 4",
        (_Column("PSNR ↑", "psnr"), _Column("SSIM ↑", "ssim", decimals=3), _Column("MSE × 1000 ↓", "mse", 1000.0)),
        (_Column("HDR-VDP Q ↑", "hdrvdp_q"), _Column("JOD ↑", "jod")),
    ),
    "maps": (
        "Table 3",
        (
            _Column("PU-PSNR ↑", "image_pu_psnr"),
            _Column("PU-SSIM ↑", "image_pu_ssim", decimals=3),
            _Column("siMSE × 10 ↓", "image_simse", 10.0),
        ),
        (_Column("HDR-VDP Q ↑", "image_hdrvdp_q"), _Column("JOD ↑", "image_jod")),
    ),
}


def paper_table(evaluation: Evaluation) -> str:
    """Return the means over the scenes, a row for each method, with what is empty and why below.

    Args:
        evaluation: its settings hold ``metrics``, ``renders`` or ``maps``, and ``absent``, {metric's key: why}.
    """
    name, own, further = _TABLES[evaluation.settings.get("metrics", "renders")]
    scores = Scores(evaluation)
    columns = (*own, *further)
    lines = [f"The columns of the paper's {name}; means over {len(evaluation.scenes)} scenes.", ""]
    lines.append(f"| method | scenes | {' | '.join(column.heading for column in columns)} |")
    lines.append("|---|---|" + "---|" * len(columns))
    for method in evaluation.methods:
        cells = [_cell(scores.of_method(method.name, METRICS[column.key]), column) for column in columns]
        lines.append(f"| {method.name} | {scores.succeeded(method.name)} | {' | '.join(cells)} |")
    for key, reason in evaluation.settings.get("absent", {}).items():
        lines += ["", f"{METRICS[key].label} is empty. {reason}"]
    return "\n".join(lines)


def _cell(values: list[float], column: _Column) -> str:
    mean = statistics(values).mean
    return "–" if math.isnan(mean) else f"{column.factor * mean:.{column.decimals}f}"
