"""Photo Sphere metadata, in every format that carries XMP and both ways that RDF is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import random_rgb8
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lanet_core.files import CroppedArea, GPano, read_ldr
from lanet_core.files.gpano import find_gpano

FIELDS = {
    "ProjectionType": "equirectangular",
    "CroppedAreaLeftPixels": "16",
    "CroppedAreaTopPixels": "8",
    "CroppedAreaImageWidthPixels": "64",
    "CroppedAreaImageHeightPixels": "32",
    "FullPanoWidthPixels": "128",
    "FullPanoHeightPixels": "64",
    "PoseHeadingDegrees": "350.5",
    "PosePitchDegrees": "-3.25",
    "PoseRollDegrees": "1.5",
}
EXPECTED = GPano(
    projection="equirectangular",
    crop=CroppedArea(left_px=16, top_px=8, width_px=64, height_px=32, full_width_px=128, full_height_px=64),
    pose_heading_deg=350.5,
    pose_pitch_deg=-3.25,
    pose_roll_deg=1.5,
)


def xmp(fields: dict[str, str], form: str = "attributes", prefix: str = "GPano") -> bytes:
    """Return an XMP packet, its properties written as attributes, as elements or half and half."""
    names = list(fields)
    as_attributes = {"attributes": names, "elements": [], "mixed": names[::2]}[form]
    attributes = " ".join(f'{prefix}:{name}="{fields[name]}"' for name in as_attributes)
    elements = "".join(
        f"<{prefix}:{name}>{fields[name]}</{prefix}:{name}>\n" for name in names if name not in as_attributes
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:{prefix}="http://ns.google.com/photos/1.0/panorama/" {attributes}>{elements}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def save(path, packet: bytes):
    image = Image.fromarray(random_rgb8())
    if path.suffix == ".png":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        image.save(path, pnginfo=info)
    elif path.suffix == ".tif":
        image.save(path, tiffinfo={700: packet})
    else:
        image.save(path, xmp=packet)


@pytest.mark.parametrize("form", ["attributes", "elements", "mixed"])
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_every_format_and_form(tmp_path, suffix, form):
    path = tmp_path / f"image.{suffix}"
    save(path, xmp(FIELDS, form))
    image = read_ldr(path)
    assert image.gpano == EXPECTED
    assert image.warnings == ()


def test_the_namespace_counts_and_not_its_prefix():
    assert find_gpano(xmp(FIELDS, "mixed", prefix="pano")) == (EXPECTED, ())


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_no_metadata(tmp_path, suffix):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(random_rgb8()).save(path)
    assert read_ldr(path).gpano is None


def test_other_xmp_before_it_is_passed_over():
    other = xmp(FIELDS).replace(b"http://ns.google.com/photos/1.0/panorama/", b"http://example.org/")
    assert find_gpano(b"..." + other + b"..." + xmp(FIELDS)) == (EXPECTED, ())


@pytest.mark.parametrize("broken", [b"<rdf:RDF", b"</rdf:RDF>", b"rdf:about"])
def test_broken_xml_is_no_metadata(broken):
    assert find_gpano(xmp(FIELDS).replace(broken, b"<", 1)) == (None, ())


def test_an_entity_bomb_cannot_hide_in_a_packet():
    declaration = b'<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    bomb = xmp(FIELDS).replace(b"<rdf:RDF", declaration + b"<rdf:RDF").replace(b"350.5", b"&b;")
    assert find_gpano(bomb) == (None, ())


def test_pose_alone_and_other_projections():
    assert find_gpano(xmp({"ProjectionType": "Cylindrical", "PosePitchDegrees": "5"}))[0] == GPano(
        projection="cylindrical", pose_pitch_deg=5.0
    )


@pytest.mark.parametrize(
    "nonsense",
    [
        {"CroppedAreaImageWidthPixels": "0"},
        {"CroppedAreaImageHeightPixels": "-32"},
        {"FullPanoWidthPixels": "0", "FullPanoHeightPixels": "0"},
        {"CroppedAreaLeftPixels": "65"},
        {"CroppedAreaTopPixels": "33"},
        {"CroppedAreaLeftPixels": "-1"},
        {"FullPanoHeightPixels": "100"},
        {"FullPanoWidthPixels": "wide"},
        {"FullPanoWidthPixels": "nan"},
        {"FullPanoWidthPixels": "1e400"},
    ],
)
def test_a_nonsensical_crop_is_ignored_with_a_warning(nonsense):
    gpano, warnings = find_gpano(xmp(FIELDS | nonsense))
    assert gpano.crop is None
    assert gpano.pose_pitch_deg == EXPECTED.pose_pitch_deg
    assert len(warnings) == 1
    for value in nonsense.values():
        assert value in warnings[0]


def test_an_incomplete_crop_is_no_crop_and_what_is_missing_is_named():
    fields = {name: value for name, value in FIELDS.items() if name != "CroppedAreaTopPixels"}
    gpano, warnings = find_gpano(xmp(fields))
    assert gpano.crop is None
    assert "CroppedAreaTopPixels is missing" in warnings[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"FullPanoWidthPixels": "512"}, "8:1, not 2:1"),
        ({"CroppedAreaLeftPixels": "100"}, "contradict each other"),
        ({"CroppedAreaImageWidthPixels": "0"}, "not positive"),
        ({"FullPanoHeightPixels": "high"}, "FullPanoHeightPixels is not a number"),
    ],
)
def test_the_contradiction_of_a_crop_is_named(changes, reason):
    assert reason in find_gpano(xmp(FIELDS | changes))[1][0]


@pytest.mark.parametrize(("name", "value"), [("PosePitchDegrees", "91"), ("PoseRollDegrees", "x")])
def test_a_nonsensical_angle_is_ignored_with_a_warning(name, value):
    gpano, warnings = find_gpano(xmp(FIELDS | {name: value}))
    assert (gpano.pose_pitch_deg, gpano.pose_roll_deg).count(0.0) == 1
    assert name in warnings[0]
    assert value in warnings[0]


@pytest.mark.parametrize(
    ("roll", "expected"), [("358", -2.0), ("-358", 2.0), ("180", 180.0), ("-180", 180.0), ("720.5", 0.5)]
)
def test_a_roll_beyond_half_a_turn_is_the_same_turn(roll, expected):
    gpano, warnings = find_gpano(xmp(FIELDS | {"PoseRollDegrees": roll}))
    assert gpano.pose_roll_deg == pytest.approx(expected)
    assert warnings == ()


def test_a_pitch_of_350_is_one_of_minus_10():
    assert find_gpano(xmp(FIELDS | {"PosePitchDegrees": "350"}))[0].pose_pitch_deg == pytest.approx(-10.0)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.integers(-9, 10**6) | st.floats() | st.text("ab1.- e")))
@settings(deadline=None)
def test_any_values_give_sense_or_a_warning(values):
    gpano, warnings = find_gpano(xmp(FIELDS | {name: str(value) for name, value in values.items()}))
    assert -90 <= gpano.pose_pitch_deg <= 90
    assert -180 <= gpano.pose_roll_deg <= 180
    assert 0 <= gpano.pose_heading_deg < 360 if gpano.pose_heading_deg is not None else warnings
    if gpano.crop is None:
        assert warnings
    else:
        assert 0 < gpano.crop.left_px + gpano.crop.width_px <= gpano.crop.full_width_px
        assert 0 < gpano.crop.top_px + gpano.crop.height_px <= gpano.crop.full_height_px
