"""What a scene is made of, before any renderer: solids with surfaces, a sky, and where the camera stands.

Lengths are metres, +z is up, angles are radians, luminances cd/m². Nothing here is random.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from scene_generation.draws import Rgb, grey, scaled

BLACK: Rgb = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class SurfaceMaterial:
    """How something looks, and whether it shines.

    Attributes:
        albedo: linear Rec.709.
        albedo_2: the other colour of the pattern.
        pattern: ``plain``, ``noise``, ``patches``, ``bricks``, ``tiles``, ``planks`` or ``windows``.
        scale_m: size of the pattern's features.
        roughness: of what it mirrors, 0 to 1.
        gloss: strength of the mirror's part: 0.5 is a dielectric of index 1.5.
        metallic: 1 for a bare metal, whose albedo is its reflectance.
        holes: share of the surface that is not there, as in foliage.
        emission: luminance in cd/m² times a colour of luminance 1, to both sides.
    """

    albedo: Rgb = (0.5, 0.5, 0.5)
    albedo_2: Rgb | None = None
    pattern: str = "plain"
    scale_m: float = 1.0
    roughness: float = 0.6
    gloss: float = 0.3
    metallic: float = 0.0
    holes: float = 0.0
    emission: Rgb = BLACK

    @property
    def shines(self) -> bool:
        """Whether it emits light."""
        return max(self.emission) > 0.0


@dataclass(frozen=True)
class Solid:
    """A shape in its place.

    Attributes:
        shape: ``box``, ``cylinder``, ``cone``, ``sphere`` or ``clump`` (a sphere with bumps).
        centre: middle of its bounding box, metres.
        size: extents of the bounding box before turning, metres.
        surface: its surface.
        yaw_rad: turn about +z, after the tilt.
        tilt_rad: turn about +y: lifts what points along +x downwards if positive.
        variant: which of the clumps.
    """

    shape: str
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    surface: SurfaceMaterial
    yaw_rad: float = 0.0
    tilt_rad: float = 0.0
    variant: int = 0


@dataclass(frozen=True)
class Terrain:
    """The ground out to the horizon, flat where the camera stands.

    Attributes:
        surface: its surface.
        hill_height_m: how high hills rise far off.
        seed: which hills.
        level_m: height of the flat part.
    """

    surface: SurfaceMaterial
    hill_height_m: float = 0.0
    seed: int = 0
    level_m: float = 0.0


@dataclass(frozen=True)
class Clouds:
    """A layer of clouds before the sky and the sun.

    Attributes:
        coverage: share of the sky with clouds, roughly.
        optical_depth: of the thickest part; what shines through is exp(-depth).
        brightness: luminance over that of a clear sky away from the sun.
        size: of the features, in units of the layer's height.
        contrast: how much clouds vary in brightness, 0 to 1.
        softness: width of their edges, 0 to 1.
        glow: brightness added around the sun where there is cloud, over that of the clouds.
        glow_exponent: the glow is cos(angle to the sun) to this power.
        seed: which clouds.
    """

    coverage: float
    optical_depth: float
    brightness: float
    size: float = 1.0
    contrast: float = 0.4
    softness: float = 0.3
    glow: float = 5.0
    glow_exponent: float = 30.0
    seed: int = 0


@dataclass(frozen=True)
class DaySky:
    """A physical sky with the sun's disc (Nishita et al. 1993 as Blender has it).

    Attributes:
        elevation_rad: of the sun.
        azimuth_rad: of the sun, as lanet_core.geometry.sphere counts.
        air: density of molecules, 1 for a clear day.
        dust: density of aerosols and water droplets.
        ozone: density of ozone.
        disc_strength: the disc's radiance over that of an unveiled sun.
        clouds: before it, or None.
        disc_diameter_rad: of the disc, the sun's own if left out; a wider disc is dimmer and lights as much.
    """

    elevation_rad: float
    azimuth_rad: float
    air: float = 1.0
    dust: float = 1.0
    ozone: float = 1.0
    disc_strength: float = 1.0
    clouds: Clouds | None = None
    disc_diameter_rad: float = math.radians(0.545)


@dataclass(frozen=True)
class NightSky:
    """A dark sky that brightens towards the horizon.

    Attributes:
        zenith: cd/m², times a colour.
        horizon: cd/m², times a colour.
    """

    zenith: Rgb = BLACK
    horizon: Rgb = BLACK


@dataclass(frozen=True)
class Opening:
    """A hole towards the sky, passed to the renderer so that it samples light there.

    Attributes:
        centre: metres.
        width_m: horizontal.
        height_m: vertical.
        yaw_rad: azimuth of the direction that points into the room.
    """

    centre: tuple[float, float, float]
    width_m: float
    height_m: float
    yaw_rad: float


@dataclass(frozen=True)
class PanoramaDescription:
    """A whole scene.

    Attributes:
        camera: where the camera stands; the panorama's middle looks along +x.
        sky: what surrounds everything.
        solids: what stands about.
        terrain: the ground, or None.
        openings: windows of the room that the camera stands in.
        unit_cd_m2: luminance of a pixel value of 1.
    """

    camera: tuple[float, float, float]
    sky: DaySky | NightSky
    solids: list[Solid] = field(default_factory=list)
    terrain: Terrain | None = None
    openings: list[Opening] = field(default_factory=list)
    unit_cd_m2: float = 1000.0


def sphere_lamp(flux_lm: float, diameter_m: float, colour: Rgb) -> SurfaceMaterial:
    """Return the surface of a sphere that emits a flux: L = Φ / (π · 4πr²)."""
    return _lamp(flux_lm / (math.pi**2 * diameter_m**2), colour)


def flat_lamp(flux_lm: float, area_m2: float, colour: Rgb) -> SurfaceMaterial:
    """Return the surface of a flat Lambertian lamp that emits a flux to one side: L = Φ / (πA)."""
    return _lamp(flux_lm / (math.pi * area_m2), colour)


def _lamp(luminance_cd_m2: float, colour: Rgb) -> SurfaceMaterial:
    return SurfaceMaterial(albedo=grey(0.5), emission=scaled(colour, luminance_cd_m2))
