"""The tiny models compute what their numpy functions do, regardless of the architecture."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_models import tiny_light, tiny_network

from lanet_core.inference.session import Session


@pytest.mark.parametrize("expected_stops", [None, 0.25])
def test_the_shipped_architecture(make_model, expected_stops):
    session = Session(make_model(architecture="panolanet_lite", gain=2.0, sun=7.0, expected_stops=expected_stops))
    rng = np.random.default_rng(0)
    image, overexposure = rng.random((32, 64, 3), np.float32), rng.random((32, 64, 2), np.float32)
    prediction = session.run(image=image, overexposure=overexposure)
    diffuse, concentrated = tiny_light(image, overexposure, 2.0, 7.0)
    np.testing.assert_allclose(prediction.diffuse, diffuse, rtol=1e-5)
    np.testing.assert_allclose(prediction.concentrated, concentrated, rtol=1e-5)
    assert prediction.log_hdr is None
    if expected_stops is None:
        assert prediction.log_stops is prediction.strength_range is None
    else:
        assert np.exp(prediction.log_stops) == pytest.approx(0.25)
        assert prediction.strength_range.tolist() == [-0.5, 1.0]


@pytest.mark.parametrize("architecture", ["panolanet", "lanet"])
def test_the_papers_networks(make_model, architecture):
    session = Session(make_model(architecture=architecture, gain=2.0))
    ldr_linear = np.random.default_rng(0).random((32, 64, 3), np.float32)
    prediction = session.run(ldr_linear=ldr_linear)
    np.testing.assert_allclose(prediction.log_hdr, tiny_network(ldr_linear, 2.0), atol=1e-6)
    assert (prediction.attention is None) == (architecture == "panolanet")
