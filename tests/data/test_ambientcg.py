"""Fetching panoramas from a local server with the interface of ambientCG's API."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import urllib.parse
import zipfile

import numpy as np
import pytest
from asset_server import AssetServer, panorama_bytes

from lanet_core.cli.main import main
from lanet_core.data import ambientcg
from lanet_core.data.ambientcg import AmbientCg, category_of
from lanet_core.data.panorama_library import scene_group
from lanet_core.data.scenes import find_scenes
from lanet_core.data.web_client import DownloadError
from lanet_core.files import read_hdr

#: Identifier: tags, and whether it comes as an archive.
ASSETS = {
    "DayEnvironmentHDRI003": (["forest", "sunny"], True),
    "DaySkyHDRI021A": (["sky", "overcast"], False),
    "DaySkyHDRI021B": (["sky"], False),
    "EveningEnvironmentHDRI002": ([], True),
    "IndoorEnvironmentHDRI004": (["room"], False),
}


class Site(AssetServer):
    """A server with made-up panoramas; paths are without their query."""

    def __init__(self, folder):
        super().__init__()
        self.files = {slug: panorama_bytes(folder / f"{slug}.exr", seed) for seed, slug in enumerate(ASSETS)}

    def key_of(self, path):
        return path.partition("?")[0]

    def reply(self, path):
        path, _, query_text = path.partition("?")
        query = dict(urllib.parse.parse_qsl(query_text))
        if path == "/api/v3/assets":
            assert query["type"] == "hdri"
            start = int(query["offset"])
            listed = [self.described(slug) for slug in list(ASSETS)[start : start + int(query["limit"])]]
            return 200, {}, json.dumps({"totalResults": len(ASSETS), "assets": listed}).encode()
        kind, _, name = path.strip("/").partition("/")
        slug, _, extension = name.partition(".")
        if kind == "dl" and slug in self.files:
            return 200, {}, archive(slug, self.files[slug]) if extension == "zip" else self.files[slug]
        return 404, {}, b"no"

    def described(self, slug):
        tags, is_archive = ASSETS[slug]
        extension = "zip" if is_archive else "exr"
        size = len(archive(slug, self.files[slug]) if is_archive else self.files[slug])
        hdr = {"attributes": "1K-HDR", "extension": extension, "url": f"{self.url}/dl/{slug}.{extension}", "size": size}
        shown = {"attributes": "1K-TONEMAPPED", "extension": extension, "url": f"{self.url}/dl/no", "size": 9}
        large = {"attributes": "4K-HDR", "extension": extension, "url": f"{self.url}/dl/no", "size": 9}
        return {"id": slug, "type": "hdri", "tags": tags, "downloads": [shown, large, hdr]}


def archive(slug, data):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        opened.writestr(zipfile.ZipInfo(f"{slug}_1K-TONEMAPPED.jpg"), b"image")
        opened.writestr(zipfile.ZipInfo(f"{slug}_1K-HDR.exr"), data)
    return written.getvalue()


@pytest.fixture
def site(tmp_path):
    (tmp_path / "remote").mkdir()
    site = Site(tmp_path / "remote")
    yield site
    site.close()


def fetch(site, folder, *options):
    return main(["fetch", "--source", f"ambientcg={site.url}", "--output", str(folder), *options])


def rows_of(folder):
    with (folder / "scenes.csv").open(newline="") as file:
        return {row["slug"]: row for row in csv.DictReader(file)}


def test_json_is_one_object_per_panorama(site, tmp_path, capsys):
    assert fetch(site, tmp_path / "library", "--json", "--limit", "2") == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["status"] for record in records] == ["downloaded", "downloaded"]
    assert {record["slug"] for record in records} == set(rows_of(tmp_path / "library"))
    assert all("CC0" in record["credit"] for record in records)


def test_everything_is_fetched_listed_and_readable_for_training(site, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ambientcg, "_PAGE_ASSETS", 2)  # the list comes in pages
    assert fetch(site, tmp_path / "library") == 0
    assert "From ambientCG (ambientcg.com), CC0" in capsys.readouterr().out
    rows = rows_of(tmp_path / "library")
    assert {slug: row["category"] for slug, row in rows.items()} == {
        "DayEnvironmentHDRI003": "outdoor-sun",
        "DaySkyHDRI021A": "outdoor-overcast",
        "DaySkyHDRI021B": "outdoor-sun",
        "EveningEnvironmentHDRI002": "sunset",
        "IndoorEnvironmentHDRI004": "indoor",
    }
    scenes = find_scenes(tmp_path / "library")
    assert len(scenes) == len(ASSETS)
    for scene in scenes:
        np.testing.assert_array_equal(read_hdr(scene.path), read_hdr(tmp_path / "remote" / f"{scene.name}.exr"))
    for slug, row in rows.items():
        assert row["md5"] == hashlib.md5(site.files[slug]).hexdigest()
        assert (row["source"], row["licence"]) == (f"https://ambientcg.com/a/{slug}", "CC0-1.0")
    assert rows["DaySkyHDRI021A"]["split"] == rows["DaySkyHDRI021B"]["split"]
    assert not list((tmp_path / "library").glob("*.zip"))


def test_a_second_call_fetches_only_what_is_missing_or_damaged(site, tmp_path, capsys):
    library = tmp_path / "library"
    fetch(site, library)
    (library / "DaySkyHDRI021A_1k.exr").write_bytes(b"damaged")
    (library / "EveningEnvironmentHDRI002_1k.exr").unlink()
    site.requested.clear()
    assert fetch(site, library) == 0
    fetched = sorted(path for path in site.requested if path.startswith("/dl/"))
    assert fetched == ["/dl/DaySkyHDRI021A.exr", "/dl/EveningEnvironmentHDRI002.zip"]
    assert "2 downloaded, 3 up to date, 0 failed" in capsys.readouterr().out


def test_what_comes_damaged_does_not_stay_and_the_rest_continues(site, tmp_path, capsys):
    slug = "DayEnvironmentHDRI003"
    whole = archive(slug, site.files[slug])
    place = whole.index(site.files[slug]) + 20
    site.replies[f"/dl/{slug}.zip"] = [(200, {}, whole[:place] + b"XXXX" + whole[place + 4 :])]
    assert fetch(site, tmp_path / "library") == 1
    assert f"{slug}: The archive of {slug} is damaged" in capsys.readouterr().err
    assert set(rows_of(tmp_path / "library")) == set(ASSETS) - {slug}
    assert not list((tmp_path / "library").glob(f"{slug}*"))
    assert fetch(site, tmp_path / "library") == 0
    assert set(rows_of(tmp_path / "library")) == set(ASSETS)


def test_a_file_of_another_size_is_tried_again(site, tmp_path):
    waits = []
    client = AmbientCg(site.url, waits.append)
    client.assets()
    site.replies["/dl/DaySkyHDRI021B.exr"] = [(200, {}, b"short"), (503, {}, b"busy")]
    path = tmp_path / "sky.exr"
    assert client.obtain("DaySkyHDRI021B", "1k", "exr", path, "") == (False, hashlib.md5(path.read_bytes()).hexdigest())
    assert path.read_bytes() == site.files["DaySkyHDRI021B"]
    assert len(waits) == 2


def test_what_there_is_not_is_reported(site, tmp_path):
    client = AmbientCg(site.url)
    client.assets()
    with pytest.raises(
        DownloadError, match=r"not available as EXR of 16k. Available are 1K-HDR, 1K-TONEMAPPED, 4K-HDR"
    ):
        client.obtain("DaySkyHDRI021B", "16k", "exr", tmp_path / "a.exr", "")
    with pytest.raises(DownloadError, match="contains 0 files of type HDR"):
        client.obtain("DayEnvironmentHDRI003", "1k", "hdr", tmp_path / "a.hdr", "")


@pytest.mark.parametrize("reply", [b"<html>", b"[]", b'{"assets": 1, "totalResults": 1}'])
def test_another_reply_than_the_apis_is_an_error(site, tmp_path, reply):
    site.replies["/api/v3/assets"] = [(200, {}, reply)]
    with pytest.raises(DownloadError, match="does not respond like the API of ambientCG"):
        AmbientCg(site.url).assets()


def test_sources_are_named_on_the_command_line(tmp_path, capsys):
    assert main(["fetch", "--source", "elsewhere", "--output", str(tmp_path / "x")]) == 2
    assert "There is no source 'elsewhere'. Known are polyhaven, ambientcg." in capsys.readouterr().err


def test_places_and_kinds_of_light():
    assert scene_group("DaySkyHDRI021A") == scene_group("DaySkyHDRI021B") == "DaySkyHDRI021"
    assert scene_group("DayEnvironmentHDRI003") != scene_group("DayEnvironmentHDRI004")
    assert category_of("OutdoorHDRI015", ["Cloudy"]) == "outdoor-overcast"
    assert category_of("StudioHDRI1", []) == "studio"
    assert category_of("NightSkyHDRI001", []) == "night"
