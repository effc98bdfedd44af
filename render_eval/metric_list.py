"""Every metric of an evaluation by its key: name, unit, which way is better, definition and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lanet_core.metrics.pu21 import WHITE_CD_M2
from render_eval.jod import DISPLAY


@dataclass(frozen=True)
class Metric:
    """What a score means.

    Attributes:
        key: under which records hold it.
        label: for people, as a table's heading.
        unit: empty if it has none.
        higher_is_better: or else lower.
        domain: ``display``: the render as sRGB shows it; ``linear``: the render's light; ``map``: the panorama;
            ``image``: a single image.
        definition: what is computed, for people.
        source: the paper or the standard.
    """

    key: str
    label: str
    unit: str
    higher_is_better: bool
    domain: Literal["display", "linear", "map", "image"]
    definition: str
    source: str


_DISPLAY = "Render sRGB-encoded at exposure 0, clipped to [0, 1], not quantised"
_ABSOLUTE = f"radiance 1 = {WHITE_CD_M2:g} cd/m²"
_MAP_PAPER = f"Panorama scaled to the truth (mean logarithm), LDR's white = {WHITE_CD_M2:g} cd/m², pixels unweighted"
_IMAGE_PAPER = f"Image scaled to the truth (mean logarithm), LDR's white = {WHITE_CD_M2:g} cd/m²"
_YU = "Yu et al. 2021"
_HDRVDP = "Mantiuk et al. 2011 and 2023; the authors' program in Octave"
_PU21 = "Mantiuk and Azimi 2021 (PU21, banding_glare)"

_ALL = (
    Metric(
        key="psnr",
        label="PSNR",
        unit="dB",
        higher_is_better=True,
        domain="display",
        definition=f"{_DISPLAY}. 10 log10(1 / MSE); infinite for equal images.",
        source=f"{_YU}, Table 4",
    ),
    Metric(
        key="ssim",
        label="SSIM",
        unit="",
        higher_is_better=True,
        domain="display",
        definition=(
            f"{_DISPLAY}. 11×11 Gaussian window of 1.5 pixels, K1 = 0.01, K2 = 0.03, windows within the image "
            "only; mean of R, G and B."
        ),
        source=f"Wang et al. 2004, Eq. 13 to 17; {_YU}, Table 4",
    ),
    Metric(
        key="mse",
        label="MSE",
        unit="",
        higher_is_better=False,
        domain="display",
        definition=f"{_DISPLAY}. Mean squared error over pixels and channels; the paper prints it times 1000.",
        source=f"{_YU}, Table 4",
    ),
    Metric(
        key="pu21_psnr",
        label="PU21-PSNR",
        unit="dB",
        higher_is_better=True,
        domain="linear",
        definition=f"R, G and B of the render encoded by PU21, {_ABSOLUTE}, peak 256.",
        source=_PU21,
    ),
    Metric(
        key="pu21_ssim",
        label="PU21-SSIM",
        unit="",
        higher_is_better=True,
        domain="linear",
        definition=f"Luminance of the render encoded by PU21, {_ABSOLUTE}, SSIM with L = 256.",
        source=f"{_PU21}; Wang et al. 2004",
    ),
    Metric(
        key="simse",
        label="siMSE",
        unit="ln²",
        higher_is_better=False,
        domain="linear",
        definition=(
            "Variance of the difference of natural logarithms over pixels and channels; radiance below half of an"
            " 8-bit step counts as that."
        ),
        source=f"Eigen et al. 2014, Eq. 1; {_YU}, Eq. 4",
    ),
    Metric(
        key="si_rmse",
        label="si-RMSE",
        unit="radiance",
        higher_is_better=False,
        domain="linear",
        definition=(
            "Root of the mean squared error over pixels and channels at the factor on the render that makes it least."
        ),
        source="Grosse et al. 2009; Gardner et al. 2019",
    ),
    Metric(
        key="rgb_angular_error_deg",
        label="RGB angle",
        unit="°",
        higher_is_better=False,
        domain="linear",
        definition=(
            "Mean angle between the RGB vectors of a pixel; pixels that are black in one of the two are left out."
        ),
        source="LeGendre et al. 2019",
    ),
    Metric(
        key="log2_rmse_stops",
        label="log2 RMSE",
        unit="stops",
        higher_is_better=False,
        domain="linear",
        definition=(
            "Root of the mean squared log2 ratio over pixels and channels; radiance below half of an 8-bit step "
            "counts as that."
        ),
        source="Definition",
    ),
    Metric(
        key="jod",
        label="ColorVideoVDP",
        unit="JOD",
        higher_is_better=True,
        domain="linear",
        definition=(
            f"The linear render on the display {DISPLAY} (30 inches, 1500 cd/m², 10 lux), {_ABSOLUTE}. "
            "10 is no visible difference."
        ),
        source="Mantiuk et al. 2024; package cvvdp",
    ),
    Metric(
        key="hdrvdp_q",
        label="HDR-VDP Q",
        unit="",
        higher_is_better=True,
        domain="linear",
        definition=f"The linear render, {_ABSOLUTE}, 30 pixels per degree.",
        source=_HDRVDP,
    ),
    Metric(
        key="map_pu_psnr",
        label="PU-PSNR of the map",
        unit="dB",
        higher_is_better=True,
        domain="map",
        definition=f"{_MAP_PAPER}. R, G and B encoded by PU21, peak 256.",
        source=f"{_YU}, section 5.2; {_PU21}",
    ),
    Metric(
        key="map_pu_ssim",
        label="PU-SSIM of the map",
        unit="",
        higher_is_better=True,
        domain="map",
        definition=(
            f"{_MAP_PAPER}. Luminance encoded by PU21, L = 256; the window goes round the seam and over the poles."
        ),
        source=f"{_YU}, section 5.2; {_PU21}; Wang et al. 2004",
    ),
    Metric(
        key="map_simse",
        label="siMSE of the map",
        unit="ln²",
        higher_is_better=False,
        domain="map",
        definition=(
            "Variance of the difference of natural logarithms over pixels and channels, unweighted; radiance "
            "below half of an 8-bit step counts as that."
        ),
        source=f"{_YU}, Eq. 4 and section 5.2",
    ),
    Metric(
        key="map_irradiance_error_stops",
        label="Diffuse irradiance",
        unit="stops",
        higher_is_better=False,
        domain="map",
        definition=(
            "Mean |log2| of the ratio of a diffuse surface's irradiance over all directions of its normal, weighted "
            "by solid angle, and over R, G and B."
        ),
        source="Ramamoorthi and Hanrahan 2001, Eq. 1",
    ),
    Metric(
        key="map_light_energy_error_stops",
        label="Brightest light: energy",
        unit="stops",
        higher_is_better=False,
        domain="map",
        definition=(
            "|log2| of the ratio of the luminance integrated over solid angle within 10° of each map's brightest "
            "light: the largest after smoothing by 5°."
        ),
        source="Definition",
    ),
    Metric(
        key="map_light_direction_error_deg",
        label="Brightest light: direction",
        unit="°",
        higher_is_better=False,
        domain="map",
        definition=(
            "Angle between the mean directions, weighted by luminance and solid angle, of the radiance within 10° of"
            " each map's brightest light; absent where none of the truth's is half a stop brighter than all "
            "beyond 30°."
        ),
        source="Definition",
    ),
    Metric(
        key="image_pu_psnr",
        label="PU-PSNR of the image",
        unit="dB",
        higher_is_better=True,
        domain="image",
        definition=f"{_IMAGE_PAPER}. R, G and B encoded by PU21, peak 256.",
        source=f"{_YU}, section 5.2, Table 3; {_PU21}",
    ),
    Metric(
        key="image_pu_ssim",
        label="PU-SSIM of the image",
        unit="",
        higher_is_better=True,
        domain="image",
        definition=f"{_IMAGE_PAPER}. Luminance encoded by PU21, L = 256.",
        source=f"{_YU}, section 5.2, Table 3; {_PU21}; Wang et al. 2004",
    ),
    Metric(
        key="image_simse",
        label="siMSE of the image",
        unit="ln²",
        higher_is_better=False,
        domain="image",
        definition=(
            "Variance of the difference of natural logarithms over pixels and channels; radiance below half of an"
            " 8-bit step counts as that. The paper prints it times 10."
        ),
        source=f"{_YU}, Eq. 4 and Table 3",
    ),
    Metric(
        key="image_jod",
        label="ColorVideoVDP of the image",
        unit="JOD",
        higher_is_better=True,
        domain="image",
        definition=f"{_IMAGE_PAPER}; on the display {DISPLAY}. 10 is no visible difference.",
        source="Mantiuk et al. 2024; package cvvdp",
    ),
    Metric(
        key="image_hdrvdp_q",
        label="HDR-VDP Q of the image",
        unit="",
        higher_is_better=True,
        domain="image",
        definition=f"{_IMAGE_PAPER}, 30 pixels per degree.",
        source=f"{_YU}, Table 3; {_HDRVDP}",
    ),
)

#: In the order of a report's columns.
METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}
