"""Learning curves: lines follow the logs, and a bad log is reported in one line."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import learning_curves
import pytest

SVG = "{http://www.w3.org/2000/svg}"


def write_log(path: Path, values: dict[int, float], ldr: float = 0.8) -> Path:
    rows = [f"{step},val_mean_stops,{value}\n{step},val_ldr_mean_stops,{ldr}\n" for step, value in values.items()]
    path.write_text("step,name,value\n5,loss,3.0\n" + "".join(rows), encoding="utf-8")
    return path


def test_lines_go_where_the_logs_specify(tmp_path):
    first = write_log(tmp_path / "a.csv", {100: 0.6, 300: 0.3, 200: 0.4})
    second = write_log(tmp_path / "b.csv", {100: 0.5, 1200: 0.45})
    output = tmp_path / "curves.svg"
    assert learning_curves.main([f"ours & co={first}", f"theirs={second}", "-o", str(output)]) == 0
    root = ElementTree.fromstring(output.read_text(encoding="utf-8"))
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"ours & co: 0.300 at step 300", "theirs: 0.450 at step 1,200", "LDR as it is"} <= set(texts)
    lines = [each.get("points").split() for each in root.iter(f"{SVG}polyline")]
    corners = [[tuple(map(float, corner.split(","))) for corner in line] for line in lines]
    assert [len(line) for line in corners] == [3, 2]
    # Even steps are evenly far apart, and a smaller error is further down, in proportion.
    (x0, y0), (x1, y1), (x2, y2) = corners[0]
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert (y1 - y0) == pytest.approx(2.0 * (y2 - y1), abs=0.3)
    assert corners[1][0][0] == x0
    assert y0 < corners[1][0][1] < y1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no training log"),
        ("a,b\n1,2\n", "its columns are not step, name, value"),
        ("", "its columns are not"),
        ("step,name,value\nten,val_mean_stops,1\n", "no training log"),
        ("step,name,value\n10,loss,1\n", "has no val_mean_stops"),
    ],
)
def test_what_is_no_log(tmp_path, capsys, text, words):
    if text is not None:
        (tmp_path / "log.csv").write_text(text)
    assert learning_curves.main([f"run={tmp_path / 'log.csv'}", "-o", str(tmp_path / "curves.svg")]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not (tmp_path / "curves.svg").exists()


def test_a_run_without_a_label(tmp_path, capsys):
    assert learning_curves.main(["log.csv", "-o", str(tmp_path / "curves.svg")]) == 2
    assert "no LABEL=LOG.csv" in capsys.readouterr().err
