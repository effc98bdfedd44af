"""The markers of the tests, by file or folder, and the files that take longest; conftest.py uses both."""

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
    "test_dependencies.py",
    "test_errors.py",
    "test_versions.py",
    "tools/test_check_text.py",
)

#: Take longest, in order: `make test` begins with them, so that no process ends with one of them alone.
SLOW = (
    "blender_program/test_recovery.py",
    "blender_program/test_checks_in_program.py",
    "blender/test_checks_in_module.py",
    "blender_program/test_browsers.py",
    "blender_program/test_extension_window.py",
    "blender_program/",
    "blender/",
    "pipeline/test_clear_sky.py",
    "training/",
    "addon/test_worker_client",
    "addon/test_installed_extension.py",
    "render_eval/test_methods",
    "reconstruction/test_panorama_reconstruction.py",
    "tools/test_measure_gpu.py",
    "cli/test_one_bad_file.py",
    "pipeline/test_",
    "render_eval/",
    "files/test_fuzz.py",
)
