"""What a model says of itself survives the file, and nothing that is not it is taken for it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

import pytest
from tiny_models import tiny_metadata

from lanet_core.errors import WrongModelError
from lanet_core.model_metadata import FORMAT_VERSION, ModelMetadata


def changed(**changes) -> str:
    return json.dumps(asdict(tiny_metadata()) | changes)


def test_it_comes_back_as_it_was():
    metadata = tiny_metadata(training_data="Poly Haven, «CC0»", overexposure_threshold=0.75)
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 0, "1", None])
def test_another_format_version_is_refused_by_name(version):
    with pytest.raises(WrongModelError, match=f"format version is {version!r}"):
        ModelMetadata.from_json(changed(format_version=version), "some.onnx")


@pytest.mark.parametrize("field", [field.name for field in fields(ModelMetadata)])
def test_a_missing_field_is_refused(field):
    values = asdict(tiny_metadata())
    del values[field]
    with pytest.raises(WrongModelError):
        ModelMetadata.from_json(json.dumps(values))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        (changed(surprise=1), "surprise"),
        (changed(input_height="32"), "input_height"),
        (changed(input_height=True), "input_height"),
        (changed(overexposure_threshold=1), "overexposure_threshold"),
        (changed(overexposure_threshold=1.0), "0, 1"),
        (changed(input_width=0), "0x32"),
        (changed(architecture="transformer"), "transformer"),
    ],
)
def test_what_is_no_such_description_is_refused_with_its_reason(text, reason):
    with pytest.raises(WrongModelError, match=reason) as caught:
        ModelMetadata.from_json(text, "some.onnx")
    assert str(caught.value.path) == "some.onnx"
