"""Display adaptive tone mapping against the curves of the authors' program and against what it promises.

``pfstmo_mantiuk08.csv`` holds tone curves that pfstmo_mantiuk08 2.2.0 gave for :func:`_scene`, run with ``-o`` and
``-d pd=lcd``, ``pd=lcd_office`` and ``pd=lcd_bright``: log10 of displayed luminance in cd/m².
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
import torch

from lanet_core import colour
from lanet_core.data import display_adaptive_tmo as tmo
from lanet_core.data.contrast_visibility import contrast_sensitivity, transducer
from lanet_core.errors import InvalidPixelsError
from lanet_core.geometry import sphere

#: The predefined displays of pfstmo_mantiuk08's manual.
DISPLAYS = {
    "lcd": tmo.Display(),
    "lcd_office": tmo.Display(peak_cd_m2=100.0, black_cd_m2=0.8, ambient_lux=400.0),
    "lcd_bright": tmo.Display(peak_cd_m2=500.0, black_cd_m2=0.5, ambient_lux=10.0),
}


def _scene() -> np.ndarray:
    """Return luminance over six decades without a gap, ending at 1: (192, 256) float32."""
    y, x = np.mgrid[0:192, 0:256].astype(np.float64)
    log = 1.6 * np.sin(x / 41 + np.sin(y / 29)) + 0.9 * np.cos(y / 23 - x / 57)
    log += 0.35 * np.sin(x / 3.1) * np.sin(y / 2.7) + 0.2 * np.cos((x + y) / 1.9)
    return (10.0 ** (log - log.max())).astype(np.float32)


def _texture(darkest: float) -> np.ndarray:
    """Return a grey texture between ``darkest`` and 1: (128, 128, 3) float32."""
    y, x = np.mgrid[0:128, 0:128] / 128.0
    share = 0.5 + 0.25 * np.sin(20 * x) * np.cos(16 * y) + 0.15 * np.sin(65 * x + 30 * y) + 0.1 * np.sin(7 * x)
    share = (share - share.min()) / (share.max() - share.min())
    return np.repeat((darkest ** (1.0 - share))[..., None], 3, axis=-1).astype(np.float32)


def _panorama(seed: int = 1) -> np.ndarray:
    """Return a rough sky over a rough ground with a sun: (64, 128, 3) float32."""
    rng = np.random.default_rng(seed)
    hdr = rng.lognormal(0.0, 0.5, (64, 128, 3)) * np.where(np.arange(64) < 30, 1.0, 0.05)[:, None, None]
    hdr[10:12, 40:42] = 5e4
    return hdr.astype(np.float32)


def tone_map(hdr: np.ndarray, *arguments, **options) -> np.ndarray:
    """The tone map of (H, W, 3)."""
    tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(hdr.astype(np.float32), -1, 0)))
    return np.moveaxis(tmo.tone_map(tensor, *arguments, **options).numpy(), 0, -1)


def contrast_histogram(log_luminance: np.ndarray, **options) -> tuple[np.ndarray, np.ndarray]:
    return tmo.contrast_histogram(torch.from_numpy(log_luminance), **options)


def clipped_log_luminance(luminance: np.ndarray) -> np.ndarray:
    return tmo.clipped_log_luminance(torch.from_numpy(luminance)).numpy()


def _curve(log_luminance: np.ndarray, display: tmo.Display) -> tuple[np.ndarray, np.ndarray]:
    nodes, counts = contrast_histogram(log_luminance)
    return nodes, tmo.displayed_log_luminance(tmo.tone_curve_segments(counts, display), display)


# lcd: the authors' program stops a round earlier there, within the same tolerance of a tenth of a segment.
@pytest.mark.parametrize(("name", "tolerance"), [("lcd", 0.04), ("lcd_office", 0.006), ("lcd_bright", 0.006)])
def test_curves_of_the_authors_program(name, tolerance):
    with (Path(__file__).parent / "pfstmo_mantiuk08.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    nodes, curve = _curve(clipped_log_luminance(_scene()), DISPLAYS[name])
    np.testing.assert_allclose(nodes, [float(row["log10_luminance"]) for row in rows], atol=1e-6)
    np.testing.assert_allclose(curve, [float(row[name]) for row in rows], rtol=0, atol=tolerance)


def test_display_model():
    """Black and white of the default display as pfstmo_mantiuk08 prints them, log10 cd/m²."""
    display = tmo.Display()
    assert np.log10(display.darkest_cd_m2) == pytest.approx(-0.0039325, abs=1e-6)
    assert np.log10(display.brightest_cd_m2) == pytest.approx(2.30144, abs=1e-5)
    assert display.range_decades == pytest.approx(2.30144 + 0.0039325, abs=1e-5)


def test_transducer_is_one_at_threshold_and_compressive_above():
    for sensitivity in (1.0, 50.0, 250.0):
        assert transducer(np.log10(1.0 + 1.0 / sensitivity), sensitivity) == pytest.approx(1.0, abs=1e-3)
    response = transducer(np.linspace(0.0, 0.7, 50), 100.0)
    assert response[0] == 0.0
    assert (np.diff(response) > 0).all()
    assert (np.diff(response[5:], 2) < 0).all()


def test_contrast_sensitivity_has_the_eyes_shape():
    """Band-pass, peaking at 2 to 6 cycles per degree; better and finer in more light; blind beyond 60 or so."""
    frequencies = np.geomspace(0.25, 64.0, 500)
    bright, dim = (contrast_sensitivity(frequencies, light) for light in (100.0, 1.0))
    assert (bright > dim).all()
    assert 2.0 < frequencies[bright.argmax()] < 6.0
    assert frequencies[dim.argmax()] < frequencies[bright.argmax()]
    assert 100.0 < bright.max() < 250.0
    assert bright[-1] < 2.0 < bright[frequencies.searchsorted(30.0)]


def test_low_pass_is_openimageios_convolution():
    image = np.random.default_rng(2).normal(size=(24, 32)).astype(np.float32)
    taps = np.array([0.05, 0.25, 0.4, 0.25, 0.05], dtype=np.float32)  # Burt and Adelson 1983, a = 0.4
    kernel = OpenImageIO.ImageBuf(np.outer(taps, taps)[..., None].copy())
    kernel.specmod().full_width = kernel.specmod().full_height = 5
    kernel.set_origin(-2, -2)
    expected = OpenImageIO.ImageBufAlgo.convolve(OpenImageIO.ImageBuf(image[..., None].copy()), kernel).get_pixels()[
        ..., 0
    ]
    result = tmo._low_pass(torch.from_numpy(image), 1, is_panorama=False).numpy()
    np.testing.assert_allclose(result[2:-2, 2:-2], expected[2:-2, 2:-2], atol=1e-6)


def test_histogram_of_a_step_edge():
    """Only one contrast, of three segments, on a known background: the filter's response to an edge, counted."""
    image = np.zeros((16, 32), dtype=np.float32)
    image[:, 16:] = -1.0
    nodes, counts = contrast_histogram(image)
    assert counts.shape == (4, 11, 15)
    np.testing.assert_allclose(nodes, np.linspace(-1.0, 0.0, 11), atol=1e-6)
    # Across the edge the low-pass is 0, -.05, -.3, -.7, -.95, -1: contrasts +.05, +.3 and their mirror images.
    finest = counts[0] * image.shape[1]
    assert finest[7, 7 + 3] == pytest.approx(1.0)
    assert finest[3, 7 - 3] == pytest.approx(1.0)
    assert finest.sum() == pytest.approx(4.0)
    assert (counts[:, :, 7] == 0.0).all()


def test_running_sums_are_the_dense_products():
    rng = np.random.default_rng(3)
    low = rng.integers(0, 20, 200)
    high = np.minimum(low + rng.integers(1, 8, 200), 20)
    weights = rng.random(200)
    rows = (np.arange(20) >= low[:, None]) & (np.arange(20) < high[:, None])
    np.testing.assert_allclose(tmo._sum_of_spans(low, high, weights, 20), rows.T @ weights, atol=1e-12)
    products = rows.T.astype(float) @ (weights[:, None] * rows)
    np.testing.assert_allclose(tmo._sum_of_outer_products(low, high, weights, 20), products, atol=1e-12)


def test_the_curve_is_monotone_and_fits_the_display():
    for display in DISPLAYS.values():
        _, curve = _curve(clipped_log_luminance(_scene()), display)
        assert (np.diff(curve) >= 0).all()
        assert curve[-1] == pytest.approx(np.log10(display.brightest_cd_m2), abs=1e-12)
        assert curve[0] >= np.log10(display.darkest_cd_m2) - 1e-9
        assert curve[-1] - curve[0] == pytest.approx(display.range_decades, abs=1e-9)


def test_brighter_stays_brighter():
    scene = _scene()
    result = tone_map(np.repeat(scene[..., None], 3, axis=-1))
    order = scene.ravel().argsort()
    assert (np.diff(result[..., 0].ravel()[order]) >= -1e-6).all()
    assert result.min() == 0.0
    assert result.max() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_array_equal(result[..., 0], result[..., 1])


def test_what_fits_the_display_is_left_nearly_alone():
    image = _texture(darkest=0.1)
    changed = tone_map(image) - image
    assert 0.001 < np.abs(changed).max() < 0.08
    better = tone_map(image, tmo.Display(peak_cd_m2=1000.0, black_cd_m2=0.001, ambient_lux=0.0)) - image
    assert np.abs(better).max() < 0.012


def test_colours_that_fit_the_display_are_left_nearly_alone():
    image = _texture(darkest=0.2) * np.array([1.0, 0.7, 0.35], dtype=np.float32)
    display = tmo.Display(peak_cd_m2=1000.0, black_cd_m2=0.001, ambient_lux=0.0)
    result = tone_map(image, display)
    inside = result.max(axis=-1) < 1.0
    ratios = result[inside] / result[inside][:, 1:2]
    np.testing.assert_allclose(ratios, np.broadcast_to([1 / 0.7, 1.0, 0.5], ratios.shape), rtol=0.03)


def test_compression_makes_colours_less_saturated_but_keeps_their_order():
    scene = _scene()[..., None] * np.array([1.0, 0.5, 0.25], dtype=np.float32)
    result = tone_map(scene)
    visible = (result.min(axis=-1) > 0.02) & (result.max(axis=-1) < 0.98)
    ratio = result[visible][:, 0] / result[visible][:, 2]
    assert (result[visible][:, 0] > result[visible][:, 1]).all()
    assert (result[visible][:, 1] > result[visible][:, 2]).all()
    assert 1.5 < np.median(ratio) < 4.0


@pytest.mark.parametrize("factor", [1e-15, 0.37, 1e5])
def test_the_scale_of_the_hdr_does_not_matter(factor):
    hdr = _panorama()
    scaled = tone_map(hdr * np.float32(factor))
    np.testing.assert_allclose(scaled, tone_map(hdr), rtol=0, atol=2e-3)


@pytest.mark.parametrize("sun", [5e4, 5e6, 1e9])
def test_a_strong_sun_is_white_and_darkens_nothing(sun):
    """The rest of the image hardly notices how strong the sun is."""
    hdr = _panorama()
    without = hdr.copy()
    without[10:12, 40:42] = hdr[20:22, 40:42]
    hdr[10:12, 40:42] = sun
    result, reference = tone_map(hdr), tone_map(without)
    np.testing.assert_allclose(result[10:12, 40:42], 1.0, atol=1e-6)
    far = np.abs(np.arange(128) - 41) > 40
    difference = colour.linear_to_srgb(result[:, far]) - colour.linear_to_srgb(reference[:, far])
    assert np.abs(difference).mean() < 0.02


@pytest.mark.parametrize("columns", [1, 37, 64])
def test_turning_a_panorama_turns_its_image(columns):
    hdr = _panorama()
    turned = tone_map(np.roll(hdr, columns, axis=1), is_panorama=True)
    np.testing.assert_allclose(turned, np.roll(tone_map(hdr, is_panorama=True), columns, axis=1), atol=1e-5)


def test_rows_of_a_panorama_count_by_solid_angle():
    """A ring of stripes at 60° of latitude counts half of the same ring at the equator, cos 60° = ½."""

    def counted(row: int, is_panorama: bool) -> float:
        log = np.zeros((180, 360), dtype=np.float32)
        log[row - 4 : row + 4, ::2] = 0.4
        return contrast_histogram(log, is_panorama=is_panorama)[1][0].sum()

    assert counted(30, False) == pytest.approx(counted(90, False), rel=1e-9)
    assert counted(30, True) == pytest.approx(counted(90, True) * 0.5, rel=2e-3)
    weights = sphere.pixel_solid_angles_sr(180, 360) * 360 / (4 * np.pi)
    touched = slice(90 - 4 - 2, 90 + 4 + 2)
    assert counted(90, True) == pytest.approx(weights[touched].sum(), rel=1e-6)


def test_plain_images():
    np.testing.assert_array_equal(tone_map(np.zeros((16, 32, 3), dtype=np.float32)), 0.0)
    np.testing.assert_allclose(tone_map(np.full((16, 32, 3), 0.02, dtype=np.float32)), 1.0, atol=1e-6)


def test_black_pixels_stay_black():
    hdr = _panorama()
    hdr[50:60] = 0.0
    result = tone_map(hdr)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result[50:60], 0.0, atol=1e-6)
    assert result[:30].mean() > 0.05


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.5])
def test_bad_pixels_are_refused(bad):
    hdr = np.ones((16, 32, 3), dtype=np.float32)
    hdr[3, 4, 2] = bad
    with pytest.raises(InvalidPixelsError):
        tone_map(hdr)
