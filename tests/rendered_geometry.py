"""Small scenes to render, and where their camera's rays go: pinhole geometry without Blender."""

from __future__ import annotations

from typing import Any

import numpy as np

BLACK = {"kind": "diffuse", "albedo": [0.0, 0.0, 0.0]}


def scene_values(
    materials: dict[str, Any],
    *,
    balls: list[dict[str, Any]] | None = None,
    plane: dict[str, Any] | None = None,
    size: tuple[int, int] = (32, 32),
    position: tuple[float, float, float] = (-8.0, 0.0, 0.0),
    target: tuple[float, float, float] = (0.0, 0.0, 0.0),
    vertical_angle_deg: float = 20.0,
    samples: int = 16,
    bounces: int = 8,
    denoise: bool = False,
) -> dict[str, Any]:
    """Return a scene's description as plain values: by default a ball of radius 1 at the origin."""
    if balls is None:
        balls = [{"centre": [0.0, 0.0, 0.0], "radius": 1.0, "material": next(iter(materials))}]
    values = {
        "name": "small",
        "description": "made for a test",
        "image": {"width": size[0], "height": size[1], "background": True},
        "sampling": {"samples": samples, "bounces": bounces, "importance_map": 128, "denoise": denoise},
        "camera": {
            "position": list(position),
            "target": list(target),
            "vertical_angle_deg": vertical_angle_deg,
        },
        "materials": materials,
        "balls": balls,
    }
    return values if plane is None else values | {"plane": plane}


def camera_axes(camera: dict[str, Any]) -> np.ndarray:
    """Return the unit vectors to the image's right, to its top and into it, as rows: (3, 3) float64."""
    forward = np.subtract(camera["target"], camera["position"])
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(right, forward), forward])


def pixel_rays(values: dict[str, Any]) -> np.ndarray:
    """Return the unit direction through each pixel's centre: (h, w, 3) float64."""
    width, height = values["image"]["width"], values["image"]["height"]
    half = np.tan(np.radians(values["camera"]["vertical_angle_deg"]) / 2.0)
    across = half * (2.0 * np.arange(width) + 1.0 - width) / height
    up = -half * (2.0 * np.arange(height) + 1.0 - height) / height
    rays = np.stack([*np.meshgrid(across, up), np.ones((height, width))], axis=-1) @ camera_axes(values["camera"])
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def pixel_of(values: dict[str, Any], point: np.ndarray) -> tuple[float, float]:
    """Return (row, column) of a point in space, pixel centres at whole numbers."""
    width, height = values["image"]["width"], values["image"]["height"]
    half = np.tan(np.radians(values["camera"]["vertical_angle_deg"]) / 2.0)
    right, up, depth = camera_axes(values["camera"]) @ np.subtract(point, values["camera"]["position"])
    scale = height / (2.0 * half * depth)
    return (height - 1) / 2.0 - up * scale, (width - 1) / 2.0 + right * scale


def distance_to_ray(rays: np.ndarray, origin: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return how far a point is from rays of unit direction: (...) float64."""
    return np.linalg.norm(np.cross(np.subtract(point, origin), rays), axis=-1)


def ground_points(values: dict[str, Any]) -> np.ndarray:
    """Return where each pixel's ray meets z = 0: (h, w, 3) float64."""
    rays = pixel_rays(values)
    position = np.array(values["camera"]["position"])
    return position - rays * (position[2] / rays[..., 2:])


def highlight_point(camera: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return the point of the unit sphere at the origin where a mirror shows a light at infinity to a camera."""
    point = np.array(light, dtype=float)
    for _ in range(100):  # the half-way direction, which hardly depends on the point
        to_camera = camera - point
        point = to_camera / np.linalg.norm(to_camera) + light
        point /= np.linalg.norm(point)
    return point
