"""How scenes draw their numbers: scale-free quantities log-uniformly, colours around a named one."""

from __future__ import annotations

import math

import numpy as np

Rgb = tuple[float, float, float]


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number whose logarithm is uniform in [log low, log high]."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def chance(rng: np.random.Generator, probability: float) -> bool:
    """Return whether something of this probability happens."""
    return bool(rng.random() < probability)


def grey(value: float) -> Rgb:
    """Return a grey of linear value."""
    return (value, value, value)


def scaled(rgb: Rgb, factor: float) -> Rgb:
    """Return a colour times a factor."""
    return (rgb[0] * factor, rgb[1] * factor, rgb[2] * factor)


def varied(rng: np.random.Generator, rgb: Rgb, spread: float = 0.25) -> Rgb:
    """Return an albedo near another: brightness and hue move by about ``spread``; it stays within [0.02, 0.9]."""
    brightness = math.exp(rng.normal(0.0, spread))
    return tuple(float(np.clip(c * brightness * math.exp(rng.normal(0.0, spread / 4)), 0.02, 0.9)) for c in rgb)


def paint(rng: np.random.Generator, *, vivid: float = 0.2) -> Rgb:
    """Return the albedo of something painted or dyed: mostly near grey, of probability ``vivid`` coloured."""
    hue = rng.uniform(0.0, 2.0 * math.pi)
    saturation = rng.uniform(0.4, 0.9) if chance(rng, vivid) else abs(rng.normal(0.0, 0.12))
    value = rng.beta(1.6, 1.6) * 0.8 + 0.04
    wheel = (math.cos(hue), math.cos(hue - 2.0 * math.pi / 3.0), math.cos(hue + 2.0 * math.pi / 3.0))
    return tuple(float(np.clip(value * (1.0 + saturation * c), 0.02, 0.88)) for c in wheel)


def lamp_colour(rng: np.random.Generator, coolest_k: float, hottest_k: float) -> Rgb:
    """Return a lamp's colour of luminance 1 as a camera records it that is partly balanced to the lamp."""
    unbalanced = np.array(blackbody(log_uniform(rng, coolest_k, hottest_k))) ** (1.0 - rng.uniform(0.2, 0.95))
    return tuple(float(c) for c in unbalanced / (unbalanced @ (0.2126, 0.7152, 0.0722)))


def blackbody(temperature_k: float) -> Rgb:
    """Return the colour of a black body in linear Rec.709, luminance 1, no component below 0.

    Args:
        temperature_k: 1000 to 15000.

    Source: Krystek 1985, "An algorithm to calculate correlated colour temperature" (u, v of the Planckian locus).
    """
    t = temperature_k
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1.0 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1.0 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    x, y = 3.0 * u / (2.0 * u - 8.0 * v + 4.0), 2.0 * v / (2.0 * u - 8.0 * v + 4.0)
    big_x, big_z = x / y, (1.0 - x - y) / y
    red = 3.2404542 * big_x - 1.5371385 - 0.4985314 * big_z
    green = -0.9692660 * big_x + 1.8760108 + 0.0415560 * big_z
    blue = 0.0556434 * big_x - 0.2040259 + 1.0572252 * big_z
    clipped = np.clip([red, green, blue], 0.0, None)
    return tuple(float(c) for c in clipped / (clipped @ (0.2126, 0.7152, 0.0722)))
