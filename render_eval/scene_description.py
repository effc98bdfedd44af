"""The rendered scene as data: balls above a plane, their materials, a camera and how to sample.

A scene is a TOML file; ``scenes/four_balls.toml`` describes each key in its comments. Lengths are in metres. The
world is right-handed with +z up, and the panorama around it as in :mod:`lanet_core.geometry.sphere`: its middle is in
direction +x, its left half towards +y.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render_eval.materials import Material, read_material
from render_eval.table_reader import SceneDescriptionError, Table

Triple = tuple[float, float, float]

_SCENES = Path(__file__).with_name("scenes")


@dataclass(frozen=True)
class Ball:
    """A sphere.

    Attributes:
        centre: x, y, z in metres.
        radius: in metres.
        material: its name among the scene's materials.
    """

    centre: Triple
    radius: float
    material: str


@dataclass(frozen=True)
class Plane:
    """A horizontal square around the origin, at z = 0.

    Attributes:
        size: its side in metres.
        material: its name among the scene's materials.
    """

    size: float
    material: str


@dataclass(frozen=True)
class SceneCamera:
    """A pinhole camera, upright.

    Attributes:
        position: x, y, z in metres.
        target: the point in the middle of the image, in the same axes.
        vertical_angle_deg: from the image's lower to its upper edge, degrees.
    """

    position: Triple
    target: Triple
    vertical_angle_deg: float


@dataclass(frozen=True)
class RenderSize:
    """What comes out.

    Attributes:
        width: columns.
        height: rows.
        background: whether the camera sees the panorama itself; it lights the scene in any case.
    """

    width: int
    height: int
    background: bool = True


@dataclass(frozen=True)
class Sampling:
    """How light is gathered.

    Attributes:
        samples: paths a pixel.
        bounces: the longest path.
        seed: of the random numbers.
        importance_map: columns of the map by which directions of the world are drawn.
        denoise: whether the image is denoised, where the renderer can.
        path_limit: the brightest that one path may bring, in multiples of the LDR's white; 0 for no limit. Without it
            the few paths from a mirror to a lamp of a thousand whites are noise that no denoiser takes away. Light
            that diffuse surfaces gather stays well below.
    """

    samples: int
    bounces: int
    seed: int = 0
    importance_map: int = 1024
    denoise: bool = True
    path_limit: float = 0.0


@dataclass(frozen=True)
class SceneDescription:
    """A whole scene but for its light."""

    name: str
    description: str
    image: RenderSize
    sampling: Sampling
    camera: SceneCamera
    materials: dict[str, Material]
    balls: tuple[Ball, ...] = ()
    plane: Plane | None = None

    @property
    def sha256(self) -> str:
        """Hash of the values, regardless of the file's layout."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, strings and numbers, which :func:`from_dict` reads back."""
        values = json.loads(json.dumps(dataclasses.asdict(self)))
        return {key: value for key, value in values.items() if value is not None}


def load_scene_description(name_or_path: str | Path) -> SceneDescription:
    """Read a scene: a TOML file's path, or the name of one that comes with the project.

    Raises:
        SceneDescriptionError: there is no such file or name, it is not TOML, or a key is missing, unknown or bad.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = _SCENES / f"{name_or_path}.toml"
    if not path.is_file():
        raise SceneDescriptionError(
            "There is no such scene.",
            path=path,
            remedy=f"Choose a .toml file, or one of: {', '.join(shipped_scenes())}.",
        )
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SceneDescriptionError(f"This is not valid TOML: {error}.", path=path) from error
    except OSError as error:
        raise SceneDescriptionError(f"The file cannot be read: {error.strerror}.", path=path) from error
    return from_dict(values, path=path)


def shipped_scenes() -> list[str]:
    """Return the names of the scenes that come with the project."""
    return sorted(path.stem for path in _SCENES.glob("*.toml"))


def from_dict(values: dict[str, Any], *, path: Path | None = None) -> SceneDescription:
    """Build a scene from plain values.

    Raises:
        SceneDescriptionError: a key is missing, unknown or bad; it is named, and ``path`` as the file.
    """
    table = Table(values, path)
    materials = {name: read_material(each) for name, each in table.table("materials").named_tables().items()}
    scene = SceneDescription(
        name=table.text("name"),
        description=table.text("description"),
        image=_read_image(table.table("image")),
        sampling=_read_sampling(table.table("sampling")),
        camera=_read_camera(table.table("camera")),
        materials=materials,
        balls=tuple(_read_ball(each, materials) for each in table.tables("balls")),
        plane=_read_plane(table.table("plane"), materials) if table.has("plane") else None,
    )
    table.finish()
    if not scene.balls and scene.plane is None:
        raise SceneDescriptionError("The scene has neither balls nor a plane.", path=path)
    return scene


def _read_image(table: Table) -> RenderSize:
    size = RenderSize(
        width=table.integer("width", 1, 16384),
        height=table.integer("height", 1, 16384),
        background=table.flag("background", True),
    )
    table.finish()
    return size


def _read_sampling(table: Table) -> Sampling:
    sampling = Sampling(
        samples=table.integer("samples", 1, 65536),
        bounces=table.integer("bounces", 0, 1024),
        seed=table.integer("seed", 0, 2**30, 0),
        importance_map=table.integer("importance_map", 4, 8192, 1024),
        denoise=table.flag("denoise", True),
        path_limit=table.number("path_limit", 0.0, 1e6, 0.0),
    )
    table.finish()
    return sampling


def _read_camera(table: Table) -> SceneCamera:
    camera = SceneCamera(
        position=table.triple("position"),
        target=table.triple("target"),
        vertical_angle_deg=table.number("vertical_angle_deg", 0.1, 170.0),
    )
    table.finish()
    if camera.position == camera.target:
        raise table.wrong("target", "another point than the camera's position")
    return camera


def _read_ball(table: Table, materials: dict[str, Material]) -> Ball:
    ball = Ball(
        centre=table.triple("centre"),
        radius=table.number("radius", 1e-3, 1e3),
        material=_material_name(table, materials),
    )
    table.finish()
    return ball


def _read_plane(table: Table, materials: dict[str, Material]) -> Plane:
    plane = Plane(size=table.number("size", 1e-3, 1e6), material=_material_name(table, materials))
    table.finish()
    return plane


def _material_name(table: Table, materials: dict[str, Material]) -> str:
    name = table.text("material")
    if name not in materials:
        raise table.wrong("material", f"one of the scene's materials: {', '.join(materials) or 'there are none'}")
    return name
