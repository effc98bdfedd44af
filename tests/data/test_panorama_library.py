"""Fetching panoramas from a local server with the interface of Poly Haven's API."""

import csv
import hashlib
import json

import numpy as np
import pytest
from asset_server import AssetServer, panorama_bytes

from lanet_core.cli.main import main
from lanet_core.data.panorama_library import PanoramaLibrary, read_splits, scene_group
from lanet_core.data.poly_haven import DownloadError, PolyHaven, category_of
from lanet_core.data.scenes import find_scenes
from lanet_core.errors import DataError
from lanet_core.files import read_hdr

SLUGS = {
    "quarry_01": {"categories": ["outdoor", "partly cloudy"]},
    "quarry_02": {"categories": ["outdoor", "overcast"]},
    "city_night": {"attributes": {"time_of_day": "night", "environment": "outdoor"}},
    "small_hall": {"categories": ["indoor", "urban"]},
}


class Haven(AssetServer):
    """A server with made-up panoramas."""

    def __init__(self, folder):
        super().__init__()
        self.files = {slug: panorama_bytes(folder / f"{slug}.exr", seed) for seed, slug in enumerate(SLUGS)}
        self.listed = dict(SLUGS)

    def reply(self, path):
        kind, _, slug = path.strip("/").partition("/")
        if path == "/assets?type=hdris":
            return 200, {}, json.dumps(self.listed).encode()
        if kind == "files" and slug in self.files:
            data = self.files[slug]
            file = {"url": f"{self.url}/dl/{slug}", "size": len(data), "md5": hashlib.md5(data).hexdigest()}
            return 200, {}, json.dumps({"hdri": {"1k": {"exr": file}}, "tonemapped": {}}).encode()
        if kind == "dl":
            return 200, {}, self.files[slug]
        return 404, {}, b"no"


@pytest.fixture
def haven(tmp_path):
    (tmp_path / "remote").mkdir()
    haven = Haven(tmp_path / "remote")
    yield haven
    haven.close()


def fetch(haven, folder, *options):
    return main(["fetch", "--source", haven.url, "--output", str(folder), *options])


def rows_of(folder):
    with (folder / "scenes.csv").open(newline="") as file:
        return {row["slug"]: row for row in csv.DictReader(file)}


def test_everything_is_fetched_listed_and_readable_for_training(haven, tmp_path, capsys):
    assert fetch(haven, tmp_path / "library") == 0
    rows = rows_of(tmp_path / "library")
    assert {slug: row["category"] for slug, row in rows.items()} == {
        "quarry_01": "outdoor-sun",
        "quarry_02": "outdoor-overcast",
        "city_night": "night",
        "small_hall": "indoor",
    }
    for scene in find_scenes(tmp_path / "library"):
        np.testing.assert_array_equal(read_hdr(scene.path), read_hdr(tmp_path / "remote" / f"{scene.name}.exr"))
    assert rows["quarry_01"]["split"] == rows["quarry_02"]["split"]
    assert "Powered by Poly Haven" in capsys.readouterr().out
    assert all(agent.startswith("lanet-ibl/") for agent in haven.agents)


def test_a_second_call_fetches_only_what_is_missing_or_damaged(haven, tmp_path, capsys):
    library = tmp_path / "library"
    fetch(haven, library)
    (library / "quarry_01_1k.exr").write_bytes(b"damaged")
    (library / "small_hall_1k.exr").unlink()
    haven.requested.clear()
    assert fetch(haven, library) == 0
    assert sorted(path for path in haven.requested if path.startswith("/dl/")) == ["/dl/quarry_01", "/dl/small_hall"]
    assert "2 downloaded, 2 up to date, 0 failed" in capsys.readouterr().out


def test_splits_of_another_list_hold_for_all_images_of_a_place(haven, tmp_path):
    listed = tmp_path / "scenes.csv"
    listed.write_text("slug,file,split\nquarry_02,a.exr,test\nsmall_hall,b.exr,val\nelsewhere,c.exr,train\n")
    fetch(haven, tmp_path / "library", "--splits", str(listed))
    splits = {slug: row["split"] for slug, row in rows_of(tmp_path / "library").items()}
    assert splits == {"quarry_01": "test", "quarry_02": "test", "small_hall": "val", "city_night": "train"}


def test_one_bad_file_is_reported_and_the_rest_continues(haven, tmp_path, capsys):
    haven.replies["/dl/quarry_02"] = [(404, {}, b"")]
    assert fetch(haven, tmp_path / "library") == 1
    assert set(rows_of(tmp_path / "library")) == set(SLUGS) - {"quarry_02"}
    assert "quarry_02: " in capsys.readouterr().err
    assert fetch(haven, tmp_path / "library") == 0
    assert set(rows_of(tmp_path / "library")) == set(SLUGS)


def test_nothing_but_the_announced_bytes_stays(haven, tmp_path):
    waits = []
    client = PolyHaven(haven.url, waits.append)
    remote = client.file("quarry_01", "1k", "exr")
    haven.replies["/dl/quarry_01"] = [(200, {}, b"x" * remote.size)] * 4
    with pytest.raises(DownloadError, match="another size or MD5"):
        client.fetch(remote, tmp_path / "quarry.exr")
    assert len(waits) == 3
    assert not list(tmp_path.glob("*.exr"))


def test_a_busy_server_is_tried_again_after_the_time_that_it_specifies(haven, tmp_path):
    waits = []
    client = PolyHaven(haven.url, waits.append)
    haven.replies["/files/quarry_01"] = [(429, {"Retry-After": "7"}, b""), (503, {}, b"")]
    assert client.file("quarry_01", "1k", "exr").is_at(tmp_path / "remote" / "quarry_01.exr")
    assert waits == [7.0, 14.0]


def test_what_is_not_there_is_reported(haven, tmp_path):
    client = PolyHaven(haven.url, lambda seconds: None)
    with pytest.raises(DownloadError, match=r"not available as EXR of 64k\. Available are 1k"):
        client.file("quarry_01", "64k", "exr")
    with pytest.raises(DownloadError, match="404"):
        client.file("nowhere", "1k", "exr")
    haven.close()
    with pytest.raises(DownloadError, match="cannot be reached"):
        client.assets()


def test_replies_of_another_kind_are_refused(haven):
    client = PolyHaven(haven.url, lambda seconds: None)
    for body in (b"<html>", b"[]"):
        haven.replies["/assets?type=hdris"] = [(200, {}, body)]
        with pytest.raises(DownloadError, match="does not respond like"):
            client.assets()
    haven.replies["/files/quarry_01"] = [
        (
            200,
            {},
            json.dumps({"hdri": {"1k": {"exr": {"url": "file:///etc/passwd", "size": 1, "md5": "0" * 32}}}}).encode(),
        )
    ]
    with pytest.raises(DownloadError, match="not a web address"):
        client.fetch(client.file("quarry_01", "1k", "exr"), "never.exr")


def test_a_name_that_leaves_the_folder_is_left_out(haven, tmp_path):
    haven.listed["../../evil"] = {}
    assert "../../evil" not in {asset.slug for asset in PolyHaven(haven.url).assets()}


def test_a_folder_with_a_list_of_others_is_refused(tmp_path):
    (tmp_path / "scenes.csv").write_text("slug,file,split\n")
    with pytest.raises(DataError, match="an empty folder"):
        PanoramaLibrary(tmp_path)


def test_a_list_of_splits_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("name,part\nx,train\n")
    with pytest.raises(DataError, match="slug and split"):
        read_splits(tmp_path / "a.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_splits(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("slug", "group"),
    [
        ("studio_small_08", "studio_small"),
        ("kloppenheim_06_puresky", "kloppenheim"),
        ("venice_sunset", "venice"),
        ("dikhololo_night", "dikhololo"),
        ("city", "city"),
        ("09", "09"),
    ],
)
def test_images_of_one_place_are_one_group(slug, group):
    assert scene_group(slug) == group


def test_older_and_newer_descriptions_give_the_same_light():
    assert category_of({"categories": ["studio", "indoor"]}) == "studio"
    assert category_of({"attributes": {"environment": "outdoor", "time_of_day": "dusk"}}) == "sunset"
    assert category_of({"attributes": {"environment": "outdoor", "weather": "overcast"}}) == "outdoor-overcast"
    assert category_of({"category": "Studio/Photo Studio"}) == "studio"
    assert category_of({}) == "outdoor-sun"
