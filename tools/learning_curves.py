"""Draw the learning curves of training runs as one SVG file.

    python tools/learning_curves.py LABEL=runs/mine/log.csv … --output curves.svg

Each run's validation error is a line through its values, against the steps; that of the LDR as it is, a dashed line.
The legend names each run's best value and its step.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from lanet_core.errors import DataError, LanetError
from lanet_core.files.replacing import replacing
from render_eval.report.axes import Axis, linear_axis
from render_eval.report.charts import HEIGHT, LIGHT_COLOURS, WIDTH, colour_rules, frame, position
from render_eval.report.markup import block, element

LOG_COLUMNS = ["step", "name", "value"]
_LINE_HEIGHT = 18
_LEGEND_LEFT = 62
_STYLE = """
svg { font: 12px sans-serif; fill: currentColor; color: #222; }
.grid { stroke: #8884; }
.axis { fill: none; stroke: currentColor; }
.curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.second { stroke-dasharray: 6 3; }
.reference { stroke: #888; stroke-dasharray: 2 4; }
@media (prefers-color-scheme: dark) { svg { color: #ddd; } }
"""


@dataclass(frozen=True)
class Curve:
    """The values of one figure in one run's log.

    Attributes:
        label: of the run.
        points: step and value, in the order of the steps.
    """

    label: str
    points: tuple[tuple[int, float], ...]

    @property
    def best(self) -> tuple[int, float]:
        """The step of the smallest value, and that value."""
        return min(self.points, key=lambda point: point[1])


def read_curve(label: str, path: Path, name: str) -> Curve:
    """Read one figure of a training log.

    Raises:
        DataError: the file is missing or no log, or does not have the figure.
    """
    remedy = "Give a log.csv that lanet train wrote."
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file)) or [[]]
        if header != LOG_COLUMNS:
            raise ValueError(f"its columns are not {', '.join(LOG_COLUMNS)}")
        points = sorted((int(step), float(value)) for step, row_name, value in rows if row_name == name)
    except (OSError, ValueError) as error:
        raise DataError(f"This is no training log: {error}.", path=path, remedy=remedy) from error
    if not points:
        raise DataError(f"The log has no {name}.", path=path, remedy="Name a figure that it has, by --figure.")
    return Curve(label, tuple(points))


def draw(curves: Sequence[Curve], reference: float | None, y_label: str) -> Element:
    """Return the chart as an SVG that stands alone.

    Args:
        curves: one a run, at least one.
        reference: a value to draw a dashed line at; or None.
        y_label: quantity and unit.
    """
    steps = [step for curve in curves for step, _ in curve.points]
    values = [value for curve in curves for _, value in curve.points] + ([reference] if reference is not None else [])
    x_axis, y_axis = linear_axis("step", [0, *steps]), linear_axis(y_label, values)
    lines = [_line(index, curve, x_axis, y_axis) for index, curve in enumerate(curves)]
    if reference is not None:
        ends = [position(step, reference, x_axis, y_axis) for step in (0, max(steps))]
        (left, top), (right, _) = ends
        lines.append(element("path", d=f"M{left:.1f} {top:.1f}H{right:.1f}", class_="reference"))
        lines.append(element("text", "LDR as it is", x=f"{right:.1f}", y=f"{top - 5:.1f}", text_anchor="end"))
    height = HEIGHT + 8 + _LINE_HEIGHT * len(curves)
    return block(
        "svg",
        [element("style", _STYLE + colour_rules()), *frame(x_axis, y_axis), *lines, *_legend(curves)],
        xmlns="http://www.w3.org/2000/svg",
        width=WIDTH,
        height=height,
        **{"viewBox": f"0 0 {WIDTH} {height}"},
    )


def _line(index: int, curve: Curve, x_axis: Axis, y_axis: Axis) -> Element:
    corners = [position(*point, x_axis, y_axis) for point in curve.points]
    points = " ".join(f"{left:.1f},{top:.1f}" for left, top in corners)
    return element("polyline", element("title", curve.label), points=points, class_=_style_of(index))


def _legend(curves: Sequence[Curve]) -> list[Element]:
    parts = []
    for index, curve in enumerate(curves):
        top = HEIGHT + 4 + _LINE_HEIGHT * index
        line = {"x1": _LEGEND_LEFT, "x2": _LEGEND_LEFT + 28, "y1": top, "y2": top}
        parts.append(element("line", class_=_style_of(index), **line))
        step, value = curve.best
        parts.append(element("text", f"{curve.label}: {value:.3f} at step {step:,}", x=_LEGEND_LEFT + 36, y=top + 4))
    return parts


def _style_of(index: int) -> str:
    second = " second" if index // len(LIGHT_COLOURS) % 2 else ""
    return f"curve colour-{index % len(LIGHT_COLOURS)}{second}"


def main(argv: Sequence[str] | None = None) -> int:
    """Draw and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("logs", nargs="+", metavar="LABEL=LOG.csv")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="SVG")
    parser.add_argument("--figure", default="val_mean_stops", metavar="NAME", help="(default: val_mean_stops)")
    parser.add_argument(
        "--reference", default="val_ldr_mean_stops", metavar="NAME", help="(default: val_ldr_mean_stops)"
    )
    parser.add_argument(
        "--label", default="error of diffuse irradiance on val, stops", metavar="TEXT", help="of the y axis"
    )
    arguments = parser.parse_args(argv)
    try:
        runs = [_run(text) for text in arguments.logs]
        curves = [read_curve(label, path, arguments.figure) for label, path in runs]
        reference = read_curve(*runs[0], arguments.reference).points[0][1]
        text = tostring(draw(curves, reference, arguments.label), encoding="unicode")
        with replacing(arguments.output) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except LanetError as error:
        print(f"learning_curves: error: {error}", file=sys.stderr)
        return 2
    print(arguments.output)
    return 0


def _run(text: str) -> tuple[str, Path]:
    label, equals, path = text.partition("=")
    if not (label and equals and path):
        raise DataError(
            f"{text} is no LABEL=LOG.csv.", remedy="Name each run and its log, such as mine=runs/mine/log.csv."
        )
    return label, Path(path)


if __name__ == "__main__":
    sys.exit(main())
