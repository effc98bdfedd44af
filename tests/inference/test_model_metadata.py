"""A model's metadata survives the file, and other text is not taken for it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

import pytest
from tiny_models import tiny_metadata

from lanet_core.errors import WrongModelError
from lanet_core.inference.model_metadata import FORMAT_VERSION, ModelMetadata


def changed(**changes) -> str:
    return json.dumps(asdict(tiny_metadata()) | changes)


def test_it_comes_back_as_it_was():
    metadata = tiny_metadata(training_data="Poly Haven, «CC0»", overexposure_threshold=0.75)
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 0, "1", None])
def test_another_format_version_is_refused_by_name(version):
    with pytest.raises(WrongModelError, match=f"format version is {version!r}"):
        ModelMetadata.from_json(changed(format_version=version), "some.onnx")


OPTIONAL = {"extra_outputs", "weights"}


def test_what_came_later_is_left_out_where_it_shows_nothing_new():
    assert not OPTIONAL & json.loads(tiny_metadata().to_json()).keys()
    metadata = tiny_metadata(extra_outputs=("log_stops", "strength_range"), weights="float16")
    assert json.loads(metadata.to_json()).keys() >= OPTIONAL
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


def test_the_outputs_have_shapes():
    metadata = tiny_metadata(extra_outputs=("log_stops", "attention"))
    assert metadata.output_shapes == {"log_hdr": [1, 3, 32, 64], "log_stops": [1], "attention": [1, 2, 32, 64]}


def test_the_light_grid_has_half_the_rows():
    metadata = tiny_metadata(architecture="panolanet_lite", extra_outputs=("strength_range",))
    assert metadata.input_shapes == {"image": [1, 3, 32, 64], "overexposure": [1, 2, 32, 64]}
    assert metadata.output_shapes == {
        "diffuse": [1, 3, 16, 32],
        "concentrated": [1, 3, 16, 32],
        "strength_range": [1, 2],
    }


@pytest.mark.parametrize("field", [field.name for field in fields(ModelMetadata) if field.name not in OPTIONAL])
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
        (changed(extra_outputs="log_scale"), "not list"),
        (changed(extra_outputs=["depth"]), "depth"),
        (changed(extra_outputs=["strength_range", "log_stops"]), "another order"),
        (changed(members=3), "members"),
        (changed(weights="int8"), "int8"),
        (changed(input_height=10**9), "1000000000"),
        (changed(input_width=2**63), "9223372036854775808"),
        ("[" * 90_000, "not JSON"),
        ('{"name": ' * 9_000, "not JSON"),
        (changed(name="n" * 200_000), "longer than"),
        ('{"input_height": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_what_is_no_such_description_is_refused_with_its_reason(text, reason):
    with pytest.raises(WrongModelError, match=reason) as caught:
        ModelMetadata.from_json(text, "some.onnx")
    assert str(caught.value.path) == "some.onnx"
