"""Training configurations: the shipped ones, and what is wrong with bad ones."""

from __future__ import annotations

import pytest

from lanet_core.errors import DataError
from lanet_core.training.configuration import from_dict, load_configuration, shipped_configurations

ROWS_OF_TABLES_2_AND_4 = {
    *(f"table2_unet_{kind}" for kind in ("normalised", "calibrated", "scale_invariant")),
    "table2_lanet_l2_normalised",
    "table2_lanet_l2_calibrated",
    "table2_lanet_without_lam",
    "table2_lanet_without_segmentation",
    "table2_lanet_ldr_segmentation",
    "table2_lanet",
    *(f"table4_unet_{kind}" for kind in ("normalised", "calibrated", "scale_invariant")),
    "table4_lanet",
    "table4_panolanet_without_attention",
    "table4_panolanet",
}


def test_every_row_of_ours_is_a_configuration():
    assert set(shipped_configurations()) == {*ROWS_OF_TABLES_2_AND_4, "lanet_lean", "panolanet"}


@pytest.mark.parametrize("name", shipped_configurations())
def test_shipped_configurations_load_and_survive_a_round_trip(name):
    configuration = load_configuration(name)
    assert from_dict(configuration.to_dict()) == configuration
    assert configuration.description


def test_the_images_of_the_papers_networks_can_be_halved_seven_times():
    for name in (*ROWS_OF_TABLES_2_AND_4, "lanet_lean"):
        assert all(stage.height % 128 == 0 for stage in load_configuration(name).stages)


@pytest.mark.parametrize("name", sorted(ROWS_OF_TABLES_2_AND_4))
def test_the_papers_rows_keep_the_papers_settings(name):
    configuration = load_configuration(name)
    assert configuration.network.width == 1.0
    assert configuration.network.decoder_normalisation == "instance"
    assert configuration.optimiser.beta1 == 0.5
    assert [stage.learning_rate for stage in configuration.stages] == [4e-5] * len(configuration.stages)
    assert [(stage.images, stage.batch_size, stage.steps) for stage in configuration.stages] == [
        ("crops", 16, 100_000),
        ("panoramas", 4, 35_000),
    ][: len(configuration.stages)]
    assert len(configuration.stages) == (2 if name.startswith("table4") else 1)


def test_no_two_rows_are_the_same_model():
    models = [
        {key: value for key, value in load_configuration(name).to_dict().items() if key not in ("name", "description")}
        for name in ROWS_OF_TABLES_2_AND_4
    ]
    assert all(first != second for index, first in enumerate(models) for second in models[:index])


def test_the_hash_is_of_the_values(tmp_path):
    text = 'name = "x"\ndescription = "y"\n[[stages]]\nimages = "crops"\nheight = 128\nbatch_size = 2\n'
    text += "steps = 3\nlearning_rate = 1e-4\n"
    variants = {"remark": "# a remark\n" + text, "default": "seed = 0\n" + text, "other": text.replace("3", "4")}
    hashes = {}
    for name, content in {"plain": text, **variants}.items():
        path = tmp_path / f"{name}.toml"
        path.write_text(content, encoding="utf-8")
        hashes[name] = load_configuration(path).sha256
    assert hashes["plain"] == hashes["remark"] == hashes["default"] != hashes["other"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", "TOML"),
        ('name = "x"', "stages"),
        ('name = "x"\ndescription = ""\nstages = []\n[network]\nwidht = 2', "widht"),
        ('name = "x"\ndescription = ""\nstages = []\n[network]\npadding = "zeros"', "padding"),
    ],
)
def test_bad_configurations_name_the_file_and_the_fault(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        load_configuration(path)
    assert str(path) in str(caught.value)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(DataError, match="table4_panolanet"):
        load_configuration("panolante")
