"""The measurement of a GPU, on the CPU's provider and with little of everything."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools/measure_gpu.py"
LITTLE = ("--provider", "cpu", "--batches", "1", "3", "--heights", "64", "--runs", "1", "--limit", "3000")
#: A network narrow enough for a test, and images small enough.
NARROW = ("network.width=0.0625", "stages.0.height=128", "stages.0.batch_size=1")
NARROW += ("stages.1.height=128", "stages.1.batch_size=1")


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("measure_gpu", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure_gpu"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["measure_gpu"]


def measured(tool, folder: Path, *options: str) -> dict[str, dict]:
    assert tool.main(["--output", str(folder), *LITTLE, *options]) == 0
    record = json.loads((folder / "speed.json").read_text(encoding="utf-8"))
    assert record["provider"] == "cpu"
    assert "cores" in record["device"]
    return {row["what"]: row for row in record["rows"]}


def test_every_part_is_measured(tool, make_model, tmp_path, capsys):
    model = make_model(architecture="panolanet_lite")
    settings = [word for setting in NARROW for word in ("--set", setting)]
    rows = measured(tool, tmp_path / "out", "--model", str(model), "--steps", "2", *settings)
    printed = capsys.readouterr().out
    for what, row in rows.items():
        assert f"| {what} | {row['shown']} |" in printed
        assert row["value"] > 0.0 or "difference" in what, row
    (step,) = [row for what, row in rows.items() if what.startswith("training step, table4_panolanet")]
    assert rows["its 35,000 steps would take"]["value"] == pytest.approx(35_000 * step["value"] / 3600.0)
    assert rows["peak memory of training"]["value"] > 1e8
    assert sum(what.startswith("network, ") for what in rows) == 4  # two batch sizes, fp16 and its difference
    assert sum(what.startswith("the paper's full network, ") for what in rows) == 2
    assert "convert_file, 128×64 PNG to EXR" in rows


def test_what_cannot_be_measured_is_in_the_table_and_the_rest_continues(tool, make_model, tmp_path):
    model = make_model()
    rows = measured(tool, tmp_path / "out", "--model", str(model), "--steps", "2", "--set", "loss.nothing=1")
    assert "there is no 'nothing'" in rows["training"]["shown"]
    assert rows["convert_file, 128×64 PNG to EXR"]["value"] > 0.0
    rows = measured(tool, tmp_path / "late", "--model", str(model), "--steps", "2", "--limit", "0")
    assert all("no time left" in row["shown"] for row in rows.values())


@pytest.mark.parametrize("architecture", ["panolanet", "panolanet_lite"])
def test_a_model_that_takes_any_number_of_images_gives_the_same(tool, make_model, tmp_path, architecture):
    model, free = make_model(architecture=architecture), tmp_path / "free.onnx"
    shapes = tool.free_batch(model, free)
    graph = onnx.load(str(model)).graph
    assert list(shapes) == [port.name for port in graph.input]
    inputs = {name: np.random.default_rng(0).random((3, *shape), np.float32) for name, shape in shapes.items()}
    one, any_number = (onnxruntime.InferenceSession(str(each)) for each in (model, free))
    together = any_number.run(None, inputs)
    for index in range(3):
        alone = one.run(None, {name: value[index : index + 1] for name, value in inputs.items()})
        for many, single in zip(together, alone, strict=True):
            np.testing.assert_allclose(many[index], single[0], atol=1e-5)
