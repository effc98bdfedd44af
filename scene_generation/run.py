"""Renders training panoramas into a folder.

    lanet-scenes --out DIR --count 1000 --first-seed 0

One seed is one scene. Existing scenes are skipped, so the same command resumes after an interruption.
Exit status: 0 all done; 2 something failed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lanet_core.cli.model_arguments import whole_number
from lanet_core.errors import LanetError
from render_eval.renderer import import_blender
from scene_generation.collection import fill
from scene_generation.kinds import KINDS, SeededScene, scene_of

EXIT_FAILURE = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Render scenes and return the exit status.

    Args:
        argv: the command line after the program's name.
    """
    arguments = _parse(argv)
    try:
        return _run(arguments)
    except LanetError as error:
        print(f"lanet-scenes: error: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except KeyboardInterrupt:
        print("lanet-scenes: interrupted; the same command resumes", file=sys.stderr)
        return EXIT_INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    import_blender()
    from scene_generation.blender.panorama_render import SAMPLES, render_panorama  # it imports bpy

    samples = arguments.samples or SAMPLES

    def render(scene: SeededScene):
        return render_panorama(scene.describe(), arguments.height, seed=scene.seed, samples=samples)

    scenes = map(scene_of, range(arguments.first_seed, arguments.first_seed + arguments.count))
    wanted = (scene for scene in scenes if arguments.kind in (None, scene.kind.name))
    start = time.monotonic()
    for scene in fill(arguments.out, wanted, render):
        print(f"{scene.slug} {time.monotonic() - start:.1f} s", flush=True)
        start = time.monotonic()
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lanet-scenes", description="Render training panoramas in Cycles.")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the panoramas and of scenes.csv"
    )
    parser.add_argument("--count", type=whole_number(1), required=True, metavar="N", help="number of seeds")
    parser.add_argument("--first-seed", type=whole_number(0), default=0, metavar="S", help="the first seed (0)")
    parser.add_argument("--height", type=whole_number(16), default=256, metavar="ROWS", help="rows of a panorama (256)")
    parser.add_argument("--samples", type=whole_number(1), metavar="N", help="maximum samples per pixel")
    parser.add_argument("--kind", choices=[kind.name for kind in KINDS], help="render only the seeds of this kind")
    return parser.parse_args(argv)


def command() -> int:
    """Run the command line of this process, and return the exit status."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(command())
