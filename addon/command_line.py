"""The converter without a window: ``blender -b scene.blend --command lanet convert …``.

Exit status, as the command ``lanet`` has it: 0 all done; 1 some of several pictures failed; 2 nothing was done;
130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import bpy

from . import session
from .batch import Batch, Outcome
from .conversion import Conversion
from .errors import AddonError
from .picture_conversion import ConversionSettings, State
from .preferences import PROVIDERS
from .reading_choice import EYES
from .rendered_world import rendered_world
from .settings import conversion_settings
from .world_asset import mark_as_asset, world_of_files
from .world_graph import environment_image

NAME = "lanet"

#: The options that are fields of the worker's requests.
READING = ("stretch", "pad", "eye", "force")

EXIT_SOME_FAILED = 1
EXIT_FAILURE = 2
EXIT_INTERRUPTED = 130


def run(argv: Sequence[str]) -> int:
    """Run a command.

    Args:
        argv: what follows ``--command lanet``.

    Returns:
        The exit status.
    """
    try:
        arguments = _parser().parse_args(list(argv))
        _check(arguments)
        status = _convert_pictures(arguments) if _makes_files(arguments) else _convert_worlds(arguments)
        session.current().worker.wait()  # for the previews of assets
        if arguments.save and status != EXIT_FAILURE:
            _save()
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    except AddonError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("lanet: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blender -b [SCENE.blend] --command lanet",
        description="Turns LDR panoramas into calibrated HDR environment light.",
    )
    commands = parser.add_subparsers(required=True, metavar="{convert}")
    convert = commands.add_parser(
        "convert",
        help="convert the world of the opened scene, or pictures",
        description="Converts the world of the opened scene; or, where pictures are named, each into an EXR file.",
    )
    convert.add_argument("pictures", nargs="*", metavar="PICTURE", help="panorama: JPEG, PNG, TIFF or WebP")
    convert.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="folder of the EXR files (default: beside each picture; for a world, that of the preferences)",
    )
    convert.add_argument("--world", action="store_true", help="light the opened scene by the one picture")
    convert.add_argument(
        "--all-scenes", action="store_true", help="convert the world of every scene, each once; without pictures"
    )
    convert.add_argument("--pack", action="store_true", help="pack the world's EXR file into the .blend file")
    convert.add_argument(
        "--asset",
        action="store_true",
        help="mark the world as an asset with a preview; of several pictures, make each a world and an asset",
    )
    convert.add_argument("--save", action="store_true", help="save the .blend file")
    convert.add_argument("--json", action="store_true", help="print one JSON object per result, see docs/json.md")
    precision = convert.add_mutually_exclusive_group()
    precision.add_argument("--half", action="store_true", help="write 16-bit floats: half the size, light up to 65504")
    precision.add_argument("--float", action="store_true", help="write 32-bit floats")
    reading = convert.add_argument_group("reading", "how images are understood that are no plain 2:1 panoramas")
    reading.add_argument("--stretch", action="store_true", help="take 1.7:1 to 2.3:1 as a whole sphere, stretched")
    reading.add_argument("--pad", action="store_true", help="take the image as the middle of the sphere")
    reading.add_argument("--eye", choices=[name.lower() for name, *_ in EYES[1:]], help="the half of a stereo image")
    reading.add_argument("--force", action="store_true", help="convert also what is recognised as no panorama")
    converter = convert.add_argument_group("converter", "in the place of what the preferences say")
    converter.add_argument("--model", metavar="FILE", help="an ONNX model")
    converter.add_argument("--provider", choices=[name for name, *_ in PROVIDERS], help="what runs the network")
    converter.add_argument("--threads", type=int, metavar="N", help="CPU threads")
    return parser


def _check(arguments: argparse.Namespace) -> None:
    if arguments.save and not bpy.data.filepath:
        raise AddonError("--save: No .blend file is opened. Name one before --command.")
    if arguments.world and len(arguments.pictures) != 1:
        raise AddonError("--world: It takes one picture; without any, the scene's own world is converted.")
    if arguments.all_scenes and arguments.pictures:
        raise AddonError("--all-scenes: It converts the scenes' own worlds. Name no picture.")
    if arguments.pack and _makes_files(arguments):
        raise AddonError("--pack: Only a world's EXR file can be packed. Give --world with a picture.")


def _makes_files(arguments: argparse.Namespace) -> bool:
    """Return whether pictures are converted and the scene's world is not."""
    return bool(arguments.pictures) and not arguments.world


def _settings(arguments: argparse.Namespace) -> ConversionSettings:
    settings = conversion_settings(pack=arguments.pack or None)
    asked = {name: getattr(arguments, name) for name in ("model", "provider", "threads") if getattr(arguments, name)}
    if "model" in asked:
        asked["model"] = str(_absolute(asked["model"]))
    precision = "HALF" if arguments.half else "FLOAT" if arguments.float else settings.precision
    return replace(
        settings,
        worker=replace(settings.worker, **asked),
        folder=_output_folder(arguments.output) if arguments.output else settings.folder,
        precision=precision,
        reading={name: value for name in READING if (value := getattr(arguments, name))},
    )


def _output_folder(name: str) -> str:
    """Return the folder of ``--output``; a relative one is stored relative to the opened .blend file."""
    if name.startswith("//"):
        return name
    folder = os.path.normpath(_absolute(name))
    if Path(name).is_absolute() or not bpy.data.filepath:
        return folder
    with suppress(ValueError):  # another drive of Windows
        return bpy.path.relpath(folder)
    return folder


def _convert_worlds(arguments: argparse.Namespace) -> int:
    """Convert the world of the current scene, or of all scenes."""
    if not arguments.all_scenes:
        return _convert_world(arguments, bpy.context.scene)
    scenes = {}
    for scene in bpy.data.scenes:
        world = rendered_world(scene)
        key = world.session_uid if world is not None else ("none", scene.session_uid)
        scenes.setdefault(key, scene)
    statuses = []
    for scene in scenes.values():
        try:
            statuses.append(_convert_world(arguments, scene))
        except AddonError as error:
            statuses.append(_fail(f"Scene “{scene.name}”: {error}"))
    return _total(statuses.count(0), len(statuses))


def _convert_world(arguments: argparse.Namespace, scene: bpy.types.Scene) -> int:
    worker, settings = session.current().worker, _settings(arguments)
    picture = _absolute(arguments.pictures[0]) if arguments.pictures else ""
    image = scene.lanet.image if environment_image(scene) is None else None
    conversion = Conversion(worker, scene, settings, filepath=picture, image=image)
    if conversion.wait() is not State.FINISHED:
        if arguments.json:
            _print_record(picture or None, None, message=conversion.message)
        return _fail(conversion.message)
    if arguments.json:
        _print_record(picture or None, conversion.output, conversion.facts)
    _report(conversion.output, conversion.facts, conversion.notes, quiet=arguments.json)
    if arguments.asset:
        mark_as_asset(rendered_world(scene), worker, settings.worker)
    return 0


def _convert_pictures(arguments: argparse.Namespace) -> int:
    worker, settings = session.current().worker, _settings(arguments)
    sources = [_absolute(name) for name in arguments.pictures]

    def finished(outcome: Outcome) -> None:
        if arguments.asset:
            mark_as_asset(world_of_files(outcome.source, outcome.output), worker, settings.worker)
        if arguments.json:
            _print_record(outcome.source, outcome.output, outcome.facts)
        _report(outcome.output, outcome.facts, outcome.notes, quiet=arguments.json)

    batch = Batch(worker, sources, settings, beside=not arguments.output, finished=finished)
    batch.wait()
    failures = [outcome for outcome in batch.outcomes if outcome.output is None]
    for outcome in failures:
        if arguments.json:
            _print_record(outcome.source, None, message=outcome.message)
        _fail(outcome.message)
    return _total(len(batch.outcomes) - len(failures), len(batch.outcomes))


def _total(done: int, count: int) -> int:
    """Return the exit status of several conversions."""
    if done == count:
        return 0
    return EXIT_SOME_FAILED if done else EXIT_FAILURE


def _report(output: Path, facts: dict[str, object], notes: Sequence[str], *, quiet: bool = False) -> None:
    """Print a result, unless quiet, and its warnings."""
    peak = "black" if facts["peak_ev"] is None else f"peak {facts['peak_ev']:+.1f} EV"
    if not quiet:
        print(_printable(f"{output}: {100 * facts['clipped_fraction']:.2g} % over-exposed, {peak}"), flush=True)
    for note in notes:
        print(_printable(f"lanet: warning: {output}: {note}"), file=sys.stderr, flush=True)


def _print_record(
    source: Path | None, output: Path | None, facts: Mapping[str, object] | None = None, *, message: str = ""
) -> None:
    """Print a result as a line of JSON, with the fields of docs/json.md; the input of a packed image is null."""
    record = {
        "input": source and os.fspath(source),
        "output": output and os.fspath(output),
        "status": "failed" if message else "converted",
    }
    record |= {name: value for name, value in (facts or {}).items() if name not in ("id", "event", "output")}
    if message:
        record["error"] = {"message": message}
    print(json.dumps(record, allow_nan=False), flush=True)


def _save() -> None:
    try:
        bpy.ops.wm.save_mainfile()
    except RuntimeError as error:
        raise AddonError(f"{bpy.data.filepath}: It cannot be saved: {error}") from error


def _absolute(name: str) -> Path:
    return Path(bpy.path.abspath(name)).absolute()


def _fail(message: str) -> int:
    print(_printable(f"lanet: error: {message}"), file=sys.stderr, flush=True)
    return EXIT_FAILURE


def _printable(text: str) -> str:
    """Return a text without the bytes of names that are not UTF-8, which cannot be printed."""
    return text.encode("utf-8", "replace").decode("utf-8")
