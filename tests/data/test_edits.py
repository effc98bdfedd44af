"""Edits of photographs: range and shape, what each one does, JPEG against Pillow, painted pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from lanet_core.data import edits
from lanet_core.data.edits import PAINT_EDITS, TONE_EDITS, EncodedPhotograph, edit, srgb_decode, srgb_encode

ALL_EDITS = [each for each, _ in (*TONE_EDITS, *PAINT_EDITS)] + [edits.compress]


class Choice:
    """A source of numbers that are not random."""

    def __init__(self, value: float) -> None:
        self.value = value

    def uniform(self, *limits: float) -> float:
        return self.value


@pytest.fixture
def photograph():
    """A gradient with noise, a white sun and a black corner."""
    torch.manual_seed(0)
    exposed = torch.linspace(0.0, 1.2, 128).expand(3, 64, 128) * torch.rand(3, 64, 128)
    exposed[:, 10:16, 40:50] = 50.0
    exposed[:, 50:, :20] = 0.0
    return EncodedPhotograph.unedited(exposed.clamp(max=1.0) ** 0.45, exposed)


def as_bytes(image: torch.Tensor) -> np.ndarray:
    return np.moveaxis((image * 255.0).round().byte().numpy(), 0, -1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("change", ALL_EDITS, ids=lambda each: each.__name__)
def test_every_edit_keeps_shape_and_range_and_changes_something(change, seed, photograph):
    before, exposed = photograph.encoded.clone(), photograph.exposed.clone()
    change(photograph, np.random.default_rng(seed))
    assert photograph.encoded.shape == before.shape
    assert photograph.encoded.dtype == torch.float32
    assert float(photograph.encoded.min()) >= 0.0
    assert float(photograph.encoded.max()) <= 1.0
    assert not torch.equal(photograph.encoded, before)
    torch.testing.assert_close(photograph.exposed, exposed, rtol=0, atol=0)
    paints = change in [each for each, _ in PAINT_EDITS]
    assert set(photograph.painted.unique().tolist()) == ({0.0, 1.0} if paints else {0.0})


@pytest.mark.parametrize("change", [each for each, _ in PAINT_EDITS], ids=lambda each: each.__name__)
def test_painted_pixels_are_marked_and_the_others_kept(change, photograph):
    before = photograph.encoded.clone()
    for seed in range(6):
        change(photograph, np.random.default_rng(seed))
    kept = (photograph.painted == 0.0).expand_as(before)
    assert 0.1 < float(kept.float().mean()) < 0.99
    torch.testing.assert_close(photograph.encoded[kept], before[kept], rtol=0, atol=0)


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_compression_is_that_of_pillow(quality, photograph):
    smooth = torch.nn.functional.avg_pool2d(photograph.encoded[None], 3, 1, 1)[0]
    photograph.encoded = (smooth * 255.0).round() / 255.0
    file = io.BytesIO()
    Image.fromarray(as_bytes(photograph.encoded)).save(file, "JPEG", quality=quality, subsampling=0)
    expected = np.asarray(Image.open(file), dtype=np.float32)
    before = as_bytes(photograph.encoded).astype(np.float32)
    edits.compress(photograph, Choice(float(quality)))
    result = photograph.encoded.numpy().transpose(1, 2, 0) * 255.0
    loss = np.abs(expected - before).mean()
    assert np.abs(result - before).mean() == pytest.approx(loss, rel=0.1)
    # Pillow rounds colours and samples to integers in between, which changes some of the fine steps of high quality.
    assert np.abs(result - expected).mean() < {50: 0.25, 75: 0.3, 95: 0.65}[quality] * loss


def test_levels_and_studio_range(photograph):
    before = photograph.encoded.clone()
    edits.studio_range(photograph, Choice(0.0))
    codes = as_bytes(photograph.encoded)
    assert (codes.min(), codes.max()) == (16, 235)
    photograph.encoded = before
    edits.lower_white(photograph, Choice(240.0 / 255.0))
    assert as_bytes(photograph.encoded).max() == 240


def test_a_filmic_curve_separates_what_the_camera_clips(photograph):
    photograph.exposed[:, 20:24] = 1.5
    edits.filmic_curve(photograph, np.random.default_rng(0))
    sun, bright = photograph.encoded[0, 12, 45], photograph.encoded[0, 22, 60]
    assert float(bright) < 0.97 * float(sun)


def test_what_the_camera_over_exposed_does_not_count_as_well_exposed_when_an_edit_darkens_it(photograph):
    photograph.exposed[:, 20:40, 60:100] = 3.0
    photograph.encoded[:, 20:40, 60:100] = 1.0
    photograph.overexposed[:, 20:40, 60:100] = True
    photograph.encoded *= 0.7
    is_well_exposed = photograph.well_exposed(srgb_decode(photograph.encoded))
    assert not is_well_exposed[:, 20:40, 60:100].any()
    assert is_well_exposed[:, 42:].float().mean() > 0.9


def test_a_draw_is_decided_by_its_seed(photograph):
    results = []
    for seed in (3, 3, 4):
        image = EncodedPhotograph.unedited(photograph.encoded.clone(), photograph.exposed)
        edit(image, np.random.default_rng(seed))
        results.append(image.encoded)
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)
    assert not torch.equal(results[0], results[2])


def test_srgb_is_decoded_as_it_was_encoded():
    linear = torch.linspace(0.0, 1.0, 1001)
    torch.testing.assert_close(srgb_decode(srgb_encode(linear)), linear, rtol=1e-4, atol=1e-6)
    assert float(srgb_encode(torch.tensor(0.5))) == pytest.approx(0.735357, abs=1e-5)
