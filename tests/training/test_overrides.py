"""Overrides of a configuration on the command line."""

from __future__ import annotations

import json

import pytest
from training_runs import train

from lanet_core.errors import DataError
from lanet_core.training.checkpoints import load_checkpoint
from lanet_core.training.configuration import load_configuration
from lanet_core.training.overrides import override


@pytest.fixture
def configuration():
    return load_configuration("table4_panolanet")


def test_values_are_read_by_the_type_of_their_field(configuration):
    changed = override(
        configuration,
        [
            "stages.1.steps=200",
            "loss.segmentation=0.5",
            "loss.target=normalised",
            "network.encoder_blocks=2, 2, 2, 2",
            "network.ceiling_attention=no",
            "name=mine",
        ],
    )
    assert (changed.stages[1].steps, changed.stages[0].steps) == (200, configuration.stages[0].steps)
    assert isinstance(changed.stages[1].steps, int)
    assert (changed.loss.segmentation, changed.loss.target) == (0.5, "normalised")
    assert changed.network.encoder_blocks == (2, 2, 2, 2)
    assert changed.network.ceiling_attention is False
    assert changed.name == "mine"


def test_the_configuration_of_the_pretrained_encoder_takes_overrides_too():
    configuration = load_configuration("panolanet")
    changed = override(configuration, ["schedule.steps=20", "loss.glossy=0.5"])
    assert (changed.schedule.steps, changed.loss.glossy) == (20, 0.5)
    assert changed.sha256 != configuration.sha256
    with pytest.raises(DataError, match="there is no 'task'"):
        override(configuration, ["task=other"])


def test_a_single_element_of_a_tuple_can_be_set(configuration):
    assert override(configuration, ["network.encoder_blocks.2=5"]).network.encoder_blocks == (3, 4, 5, 3)


def test_the_hash_covers_the_overrides_and_nothing_else_changes_it(configuration):
    assert override(configuration, []) == configuration
    assert override(configuration, ["loss.segmentation=0.5"]).sha256 != configuration.sha256
    back = override(configuration, ["loss.segmentation=0.5", f"loss.segmentation={configuration.loss.segmentation}"])
    assert back.sha256 == configuration.sha256


def test_values_that_need_each_other_are_set_together(configuration):
    # On its own each of the first two would be refused: a LANet has no ceiling branch and needs its stream.
    changes = ["network.attention_stream=true", "network.luminance_attention=true", "network.ceiling_branch=false"]
    assert override(configuration, changes).network.architecture == "lanet"


@pytest.mark.parametrize(
    ("assignment", "problem"),
    [
        ("loss.glosy=0.5", "there is no 'glosy'"),
        ("stages.7.steps=1", "not one of the indices 0 to 1"),
        ("stages.0.steps=1.5", "1.5"),
        ("loss.target=both", "not one of calibrated, normalised"),
        ("network.ceiling_attention=maybe", "neither true nor false"),
        ("network.encoder_blocks=1,2", "2 values instead of 4"),
        ("loss=1", "is a section"),
        ("seed.0=1", "single value"),
        ("loss.segmentation", "not PATH=VALUE"),
        ("network.width=-1", "must be positive"),
    ],
)
def test_a_mistake_is_an_error_that_names_it(configuration, assignment, problem):
    with pytest.raises(DataError, match=problem.replace("(", r"\(")):
        override(configuration, [assignment])


def test_a_run_records_its_overrides_and_continues_only_with_them(small_configuration, scene_folder, tmp_path, capsys):
    changes = ["--set", "stages.0.steps=1", "--set", "loss.segmentation=0.5"]
    assert train(small_configuration, scene_folder, tmp_path, "--stop-after", "1", *changes) == 0
    checkpoint = load_checkpoint(tmp_path / "checkpoint.pt")
    assert (checkpoint.configuration.stages[0].steps, checkpoint.configuration.loss.segmentation) == (1, 0.5)
    record = json.loads((tmp_path / "configuration.json").read_text(encoding="utf-8"))
    assert record["overrides"] == ["stages.0.steps=1", "loss.segmentation=0.5"]
    assert record["sha256"] == checkpoint.configuration.sha256
    assert record["sha256"] != load_configuration(small_configuration).sha256
    assert train(small_configuration, scene_folder, tmp_path, "--stop-after", "1") == 2
    assert "another configuration" in capsys.readouterr().err
