"""The markers of the tests, by file or folder; conftest.py sets them."""

from __future__ import annotations

#: Needs Blender: its Python module, its command for extensions or a Blender program.
BLENDER = (
    "addon/test_build_extension.py",
    "addon/test_build_repository.py",
    "addon/test_installed_extension.py",
    "blender/",
    "blender_program/",
    "render_eval/test_renderer.py",
    "scene_generation/test_panorama_render.py",
)

#: Needs torch: networks, their training and its data.
TRAINING = (
    "cli/test_train_checks.py",
    "data/",
    "evaluation/",
    "networks/",
    "render_eval/test_methods_checkpoint.py",
    "render_eval/test_peer_layers.py",
    "training/",
)

#: Part of `make check`: a few seconds each, without torch and without Blender.
FAST = (
    "files/test_exif.py",
    "files/test_exr.py",
    "files/test_float_ldr.py",
    "files/test_gpano.py",
    "files/test_hdr.py",
    "files/test_icc.py",
    "files/test_jpeg.py",
    "files/test_ldr.py",
    "files/test_ldr_errors.py",
    "files/test_radiance.py",
    "files/test_xmp.py",
    "geometry/test_azimuth_alignment.py",
    "geometry/test_bands.py",
    "geometry/test_plane.py",
    "geometry/test_sphere.py",
    "inference/test_model_metadata.py",
    "metrics/",
    "pipeline/test_arrangement.py",
    "pipeline/test_examples.py",
    "pipeline/test_main_light.py",
    "pipeline/test_panorama.py",
    "pipeline/test_worker_protocol.py",
    "reconstruction/test_overexposure.py",
    "reconstruction/test_white_level.py",
    "test_architecture.py",
    "test_calibration.py",
    "test_colour.py",
    "test_errors.py",
    "test_versions.py",
    "tools/test_check_text.py",
)
