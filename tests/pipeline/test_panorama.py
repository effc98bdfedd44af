"""An image's place on the sphere: 2:1 as it is, crops pasted exactly, tilted poses levelled."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lanet_core import errors
from lanet_core.calibration import well_exposed_mask
from lanet_core.files import CroppedArea, GPano, LdrImage, read_ldr
from lanet_core.files.colour_encoding import SRGB
from lanet_core.geometry import sphere
from lanet_core.pipeline.panorama import camera_axes, panorama_from_image
from lanet_core.pipeline.reading_options import ReadingOptions


def image_of(height: int, width: int, gpano: GPano | None = None, seed: int = 0) -> LdrImage:
    rgb_linear = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    return LdrImage(rgb_linear, Path("street.jpg"), 8, gpano, ("of the image",))


def refused(image: LdrImage, kind: type[errors.LanetError], *words: str):
    with pytest.raises(errors.LanetError) as caught:
        panorama_from_image(image)
    assert type(caught.value) is kind
    assert str(caught.value).startswith("street.jpg: ")
    assert caught.value.remedy
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "gpano",
    [
        None,
        GPano(),
        GPano(pose_heading_deg=123.0),
        GPano(crop=CroppedArea(0, 0, 128, 64, 128, 64)),
        GPano(crop=CroppedArea(0, 0, 8192, 4096, 8192, 4096)),
        GPano(pose_pitch_deg=0.5, pose_roll_deg=-0.5),  # less than half a pixel of 2.8 degrees
    ],
)
def test_a_two_to_one_image_is_itself(gpano):
    image = image_of(64, 128, gpano)
    panorama = panorama_from_image(image)
    assert np.shares_memory(panorama.rgb_linear, image.samples)
    np.testing.assert_array_equal(panorama.rgb_linear, image.samples)
    assert panorama.captured is None
    assert panorama.warnings == ()


@pytest.mark.parametrize(("height", "width"), [(1023, 2048), (257, 512), (255, 512)])
def test_a_ratio_rounded_by_a_stitcher_is_taken_as_it_is_and_reported(height, width):
    image = image_of(height, width)
    panorama = panorama_from_image(image)
    assert np.shares_memory(panorama.rgb_linear, image.samples)
    np.testing.assert_array_equal(panorama.rgb_linear, image.samples)
    assert len(panorama.warnings) == 1
    assert f"{width}x{height}" in panorama.warnings[0]


def test_an_odd_width_gains_a_column_between_its_neighbours():
    image = image_of(256, 511)
    panorama = panorama_from_image(image)
    assert panorama.rgb_linear.shape == (256, 512, 3)
    np.testing.assert_array_equal(panorama.rgb_linear[:, :511], image.rgb_linear)
    np.testing.assert_allclose(panorama.rgb_linear[:, 511], (image.rgb_linear[:, 510] + image.rgb_linear[:, 0]) / 2)
    assert panorama.captured[:, :511].all()
    assert not panorama.captured[:, 511].any()
    assert "column" in panorama.warnings[0]


@pytest.mark.parametrize(("height", "width"), [(512, 768), (512, 512), (1000, 1989), (512, 1031), (400, 1600)])
def test_other_ratios_need_metadata(height, width):
    refused(image_of(height, width), errors.NotEquirectangularError, f"{width}x{height}", "2:1", "GPano")


def test_other_projections(tmp_path):
    refused(image_of(64, 128, GPano(projection="cylindrical")), errors.NotEquirectangularError, "cylindrical")


@pytest.mark.parametrize(("height", "width"), [(31, 62), (32, 63), (31, 64), (1, 2)])
def test_too_small(height, width):
    refused(image_of(height, width), errors.ImageTooSmallError, f"{width}x{height}", "64x32")


def test_the_smallest():
    assert panorama_from_image(image_of(32, 64)).warnings == ()


@pytest.mark.parametrize(
    "crop",
    [
        CroppedArea(100, 20, 128, 64, 512, 256),
        CroppedArea(0, 100, 128, 64, 512, 256),
        CroppedArea(384, 192, 128, 64, 512, 256),
        CroppedArea(0, 32, 256, 64, 256, 128),
        CroppedArea(64, 0, 128, 128, 256, 128),
    ],
)
def test_a_crop_is_pasted_exactly_and_the_rest_completed(crop):
    image = image_of(crop.height_px, crop.width_px, GPano(crop=crop))
    panorama = panorama_from_image(image)
    place = np.s_[crop.top_px : crop.top_px + crop.height_px, crop.left_px : crop.left_px + crop.width_px]
    assert panorama.rgb_linear.shape == (crop.full_height_px, crop.full_width_px, 3)
    np.testing.assert_array_equal(panorama.rgb_linear[place], image.rgb_linear)
    assert panorama.captured[place].all()
    assert panorama.captured.sum() == crop.width_px * crop.height_px
    assert np.isfinite(panorama.rgb_linear).all()
    assert well_exposed_mask(panorama.rgb_linear)[~panorama.captured].all()


def test_the_share_completed_is_reported_in_solid_angle():
    # The rows from 60 to 120 degrees of zenith angle hold half of the sphere: cos 60° is one half.
    panorama = panorama_from_image(image_of(60, 360, GPano(crop=CroppedArea(0, 60, 360, 60, 360, 180))))
    assert len(panorama.warnings) == 1
    assert "50 %" in panorama.warnings[0]


@given(
    st.integers(64, 200),
    st.integers(32, 100),
    st.integers(32, 100),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.3, 4),
)
@settings(deadline=None, max_examples=30)
def test_any_crop_at_any_later_size(width, height, extra, right, down, scale):
    """Captured pixels stay exact; the crop is where the metadata puts it, to a pixel; the size is 2:1."""
    full_height = max(height, (width + 1) // 2) + extra
    full_width = 2 * full_height
    left, top = int(right * (full_width - width)), int(down * (full_height - height))
    image = image_of(max(round(height * scale), 32), max(round(width * scale), 64))
    shape = image.rgb_linear.shape
    if abs((shape[1] / width) / (shape[0] / height) - 1) > 0.01:
        return
    crop = CroppedArea(left, top, width, height, full_width, full_height)
    panorama = panorama_from_image(replace(image, gpano=GPano(crop=crop)))
    rows, columns = np.nonzero(panorama.captured)
    full_shape = panorama.captured.shape
    assert full_shape[1] == 2 * full_shape[0]
    np.testing.assert_array_equal(
        panorama.rgb_linear[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], image.rgb_linear
    )
    assert panorama.captured.sum() == shape[0] * shape[1]
    assert abs(columns.min() / full_shape[1] - left / full_width) * full_shape[1] <= 1.5
    assert abs(rows.min() / full_shape[0] - top / full_height) * full_shape[0] <= 1.5
    assert abs(full_shape[1] / full_width - shape[1] / width) * full_width <= 1.01 + 0.01 * full_shape[1]


def test_a_resized_crop_keeps_its_place():
    crop = CroppedArea(1000, 500, 2000, 1000, 8000, 4000)
    panorama = panorama_from_image(image_of(100, 200, GPano(crop=crop)))
    assert panorama.rgb_linear.shape == (400, 800, 3)
    rows, columns = np.nonzero(panorama.captured)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (50, 149, 100, 299)


def test_metadata_of_an_image_that_was_cut_later_are_ignored():
    crop = CroppedArea(0, 0, 128, 64, 512, 256)
    panorama = panorama_from_image(image_of(64, 128, GPano(crop=replace(crop, width_px=200))))
    assert panorama.captured is None
    assert "200x64" in panorama.warnings[0]
    refused(image_of(64, 100, GPano(crop=crop)), errors.NotEquirectangularError)


def test_a_sphere_too_large_to_hold_is_refused():
    crop = CroppedArea(0, 0, 64, 32, 40000, 20000)
    refused(image_of(32, 64, GPano(crop=crop)), errors.ImageTooLargeError, "40000x20000", "at most 26 pixels")


def test_camera_axes_are_named_as_they_should_be():
    level = camera_axes(0.0, 0.0)
    np.testing.assert_array_equal(level, np.eye(3))
    forward, left, up = camera_axes(np.radians(30), 0.0).T
    np.testing.assert_allclose(forward, [np.sqrt(3) / 2, 0, 0.5], atol=1e-12)  # it looks up
    np.testing.assert_allclose(left, [0, 1, 0], atol=1e-12)
    forward, left, up = camera_axes(0.0, np.radians(30)).T
    np.testing.assert_allclose(forward, [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(up, [0, -0.5, np.sqrt(3) / 2], atol=1e-12)  # its top leans to its right: clockwise
    np.testing.assert_allclose(left, [0, np.sqrt(3) / 2, 0.5], atol=1e-12)


def elevation_of_horizon_rad(azimuth_right_rad: np.ndarray, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Return where a tilted camera sees the level horizon, by spherical trigonometry and not by matrices.

    Pitched up by p, the horizon sinks in the middle: tan e = −tan p · cos a. Rolled clockwise by r, it turns
    counter-clockwise, so it rises on the right: tan e = tan r · sin a.
    """
    if roll_deg == 0.0:
        return -np.arctan(np.tan(np.radians(pitch_deg)) * np.cos(azimuth_right_rad))
    assert pitch_deg == 0.0
    return np.arctan(np.tan(np.radians(roll_deg)) * np.sin(azimuth_right_rad))


@pytest.mark.parametrize(("pitch_deg", "roll_deg"), [(20, 0), (-35, 0), (0, 15), (0, -40)])
def test_the_horizon_is_levelled(pitch_deg, roll_deg):
    """The convention itself: an image whose horizon is drawn by the metadata's words has it level afterwards."""
    height, width = 360, 720
    azimuth_right = -sphere.azimuths_rad(width)  # in the image, right is clockwise
    elevation = np.pi / 2 - sphere.zenith_angles_rad(height)
    sky = elevation[:, None] > elevation_of_horizon_rad(azimuth_right, pitch_deg, roll_deg)
    rgb_linear = np.where(sky[..., None], np.float32([0.2, 0.4, 0.8]), np.float32([0.3, 0.2, 0.1]))
    gpano = GPano(pose_pitch_deg=pitch_deg, pose_roll_deg=roll_deg)
    panorama = panorama_from_image(LdrImage(rgb_linear, gpano=gpano))
    assert np.abs(panorama.rgb_linear[: height // 2 - 1] - np.float32([0.2, 0.4, 0.8])).max() < 1e-6
    assert np.abs(panorama.rgb_linear[height // 2 + 1 :] - np.float32([0.3, 0.2, 0.1])).max() < 1e-6
    assert panorama.captured is None
    assert "levelled" in panorama.warnings[0]
    assert "resampled" in panorama.warnings[0]


def seen_by(camera: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return what a tilted camera records of a smooth world, evaluated direction by direction."""
    world = sphere.pixel_directions(height, width) @ camera.T
    x, y, z = np.moveaxis(world, -1, 0)
    return np.stack([0.5 + 0.4 * x * z, 0.5 + 0.3 * y * z + 0.1 * x, 0.5 + 0.4 * z], axis=-1).astype(np.float32)


@given(st.floats(-90, 90), st.floats(-180, 180))
@settings(deadline=None, max_examples=20)
def test_any_tilt_is_undone(pitch_deg, roll_deg):
    """Pitch first, then roll about the pitched view, composed here from the camera's own axes."""
    pitch, roll = np.radians(pitch_deg), np.radians(roll_deg)
    forward = np.array([np.cos(pitch), 0.0, np.sin(pitch)])
    level_left, level_up = np.array([0.0, 1.0, 0.0]), np.array([-np.sin(pitch), 0.0, np.cos(pitch)])
    up = np.cos(roll) * level_up - np.sin(roll) * level_left
    left = np.cross(up, forward)
    camera = np.stack([forward, left, up], axis=1)
    image = LdrImage(seen_by(camera, 90, 180), gpano=GPano(pose_pitch_deg=pitch_deg, pose_roll_deg=roll_deg))
    levelled = panorama_from_image(image).rgb_linear
    tolerance = 1e-3 if max(abs(pitch_deg), abs(roll_deg)) >= 1.0 else 0.02  # under half a pixel nothing is done
    np.testing.assert_allclose(levelled, seen_by(np.eye(3), 90, 180), rtol=0, atol=tolerance)


def test_resampling_keeps_white_white():
    gpano = GPano(pose_pitch_deg=10.0, pose_roll_deg=20.0)
    panorama = panorama_from_image(LdrImage(np.ones((64, 128, 3), dtype=np.float32), gpano=gpano))
    assert panorama.rgb_linear.max() <= 1.0
    assert panorama.rgb_linear.min() > 1.0 - 1e-6


def test_a_tilted_crop_keeps_what_it_captured():
    """What is captured turns with the pixels: a band about the camera's equator becomes one about a tilted circle."""
    crop = CroppedArea(0, 30, 360, 120, 360, 180)
    gpano = GPano(crop=crop, pose_pitch_deg=30.0)
    panorama = panorama_from_image(image_of(120, 360, gpano))
    camera_up = np.array([-0.5, 0.0, np.sqrt(3) / 2])
    camera_elevation = np.arcsin(np.clip(sphere.pixel_directions(180, 360) @ camera_up, -1, 1))
    border = np.abs(np.abs(np.degrees(camera_elevation)) - 60.0) < 2.0
    np.testing.assert_array_equal(panorama.captured[~border], (np.abs(np.degrees(camera_elevation)) < 60.0)[~border])
    assert len(panorama.warnings) == 2


@pytest.mark.parametrize(
    ("shape", "crop"),
    [((128, 256), None), ((255, 511), None), ((60, 200), CroppedArea(20, 30, 200, 60, 256, 128))],
    ids=["whole", "odd", "crop"],
)
def test_levelling_samples_the_sphere_as_it_was(shape, crop):
    """Levelled pixel by pixel, from codes: the same as the whole tilted sphere's light sampled bilinearly."""
    codes = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    tilted = panorama_from_image(LdrImage(codes, gpano=GPano(crop=crop), encoding=SRGB))
    gpano = GPano(crop=crop, pose_pitch_deg=12.0, pose_roll_deg=-31.0)
    levelled = panorama_from_image(LdrImage(codes, gpano=gpano, encoding=SRGB))
    size = tilted.height, tilted.width
    in_camera = sphere.pixel_directions(*size) @ camera_axes(np.radians(12.0), np.radians(-31.0))
    expected = sphere.sample_bilinear(tilted.rgb_linear, *sphere.directions_to_pixels(in_camera, *size))
    np.testing.assert_allclose(levelled.rgb_linear, expected, atol=2e-6)


def test_levelling_holds_no_light_of_the_image():
    """The light of all of it would take 24 MiB."""
    codes = np.zeros((1024, 2048, 3), dtype=np.uint8)
    tracemalloc.start()
    try:
        panorama = panorama_from_image(LdrImage(codes, gpano=GPano(pose_pitch_deg=5.0), encoding=SRGB))
        assert panorama.linear_rows(500, 501).shape == (1, 2048, 3)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20


def test_from_file_to_sphere(tmp_path):
    path = tmp_path / "street.jpg"
    fields = {
        "CroppedAreaLeftPixels": 64, "CroppedAreaTopPixels": 48, "CroppedAreaImageWidthPixels": 128,
        "CroppedAreaImageHeightPixels": 64, "FullPanoWidthPixels": 256, "FullPanoHeightPixels": 128,
    }  # fmt: skip
    attributes = " ".join(f'GPano:{name}="{value}"' for name, value in fields.items())
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" {attributes}/></rdf:RDF></x:xmpmeta>'
    )
    codes = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    Image.fromarray(codes).save(path, xmp=packet.encode())
    image = read_ldr(path)
    panorama = panorama_from_image(image)
    assert panorama.rgb_linear.shape == (128, 256, 3)
    np.testing.assert_array_equal(panorama.rgb_linear[48:112, 64:192], image.rgb_linear)


@pytest.mark.parametrize(("height", "width"), [(32, 64), (333, 666), (2048, 4096), (8192, 16384)])
def test_bands_hold_every_row_once_in_whole_blocks_of_an_exr(height, width):
    panorama = panorama_from_image(LdrImage(np.broadcast_to(np.float32(0.5), (height, width, 3))))
    bands = panorama.bands()
    assert [row for first, end in bands for row in range(first, end)] == list(range(height))
    assert all(first % 16 == 0 for first, _ in bands)
    assert max(end - first for first, end in bands) * width <= max(1 << 20, 16 * width)


@pytest.mark.parametrize(
    ("shape", "gpano"),
    [
        ((64, 128), None),
        ((255, 511), None),
        ((60, 200), GPano(crop=CroppedArea(20, 30, 200, 60, 256, 128))),
        ((64, 128), GPano(pose_pitch_deg=20.0, pose_roll_deg=-10.0)),
    ],
    ids=["whole", "odd", "crop", "tilted"],
)
def test_rows_are_those_of_the_whole(shape, gpano):
    panorama = panorama_from_image(image_of(*shape, gpano))
    whole = panorama.rgb_linear
    for first, end in ((0, 1), (17, 40), (panorama.height - 5, panorama.height)):
        np.testing.assert_allclose(panorama.linear_rows(first, end), whole[first:end], rtol=0, atol=1e-6)


def test_transparency_is_ignored_on_request(street):
    transparent = np.zeros(street.shape[:2], dtype=bool)
    transparent[20:40, 30:60] = True
    image = LdrImage(street, transparent=transparent)
    captured = panorama_from_image(image, ReadingOptions(ignore_alpha=True)).rgb_linear
    np.testing.assert_array_equal(captured, panorama_from_image(LdrImage(street)).rgb_linear)
    assert (panorama_from_image(image).rgb_linear[transparent] != captured[transparent]).any()
