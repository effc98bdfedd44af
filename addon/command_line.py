"""The converter without a window: ``blender -b scene.blend --command lanet convert …``.

Exit status, as the command ``lanet`` has it: 0 all done; 1 some of several images failed; 2 nothing was done;
130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from . import session
from .command_arguments import READING, make_parser, named_images
from .conversion.batch import Batch, Outcome
from .conversion.output_paths import place_of_file
from .conversion.scene import WorldConversion
from .conversion.stepped_work import State
from .converter_settings import ConversionSettings
from .errors import AddonError
from .files.result_files import has_result, is_valid_pattern
from .settings import conversion_settings
from .world.asset import mark_as_asset, world_of_files
from .world.graph import environment_image
from .world.rendered_world import rendered_world

NAME = "lanet"
PROGRAM = "blender -b [SCENE.blend] --command lanet"

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
        arguments = make_parser(PROGRAM).parse_args(list(argv))
        _check(arguments)
        status = _convert_images(arguments) if _makes_files(arguments) else _convert_worlds(arguments)
        session.current().worker.wait()  # for the previews of assets
        if arguments.save and status != EXIT_FAILURE and not arguments.dry_run:
            _save()
    except SystemExit as end:  # argparse has printed why
        return int(end.code or 0)
    except AddonError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("lanet: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return status


def _check(arguments: argparse.Namespace) -> None:
    if arguments.save and not bpy.data.filepath:
        raise AddonError("--save: No .blend file is opened. Name one before --command.")
    if arguments.world and len(arguments.images) != 1:
        raise AddonError("--world: It takes one image; without any, the scene's own world is converted.")
    if arguments.all_scenes and arguments.images:
        raise AddonError("--all-scenes: It converts the scenes' own worlds. Name no image.")
    if not is_valid_pattern(arguments.name):
        raise AddonError(f"--name: {arguments.name}: The pattern must contain {{stem}} once, and no folder.")
    if arguments.albedo is None and (arguments.at or arguments.facing):
        raise AddonError("--albedo-at and --albedo-facing need --albedo. Add its value.")
    if arguments.pack and _makes_files(arguments):
        raise AddonError("--pack: Only a world's EXR file can be packed. Give --world with an image.")


def _makes_files(arguments: argparse.Namespace) -> bool:
    """Return whether images are converted and the scene's world is not."""
    return bool(arguments.images) and not arguments.world


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
        pattern=arguments.name,
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
    path = _absolute(arguments.images[0]) if arguments.images else ""
    image = scene.lanet.image if environment_image(scene) is None else None
    conversion = WorldConversion(worker, scene, settings, filepath=path, image=image)
    if arguments.dry_run:
        conversion.cancel()
        record = {"scene": scene.name, "input": path or None, "output": conversion.output, "status": "planned"}
        _print(arguments, record, f"{conversion.name}: would be converted to {conversion.output}")
        return 0
    record = {"scene": scene.name, "input": path or None}
    if conversion.wait() is not State.FINISHED:
        return _report_failure(arguments, record, conversion.message)
    _report(arguments, record, conversion.output, conversion.facts, conversion.notes)
    if arguments.asset:
        mark_as_asset(rendered_world(scene), worker, settings.worker)
    return 0


def _convert_images(arguments: argparse.Namespace) -> int:
    worker, settings = session.current().worker, _settings(arguments)
    sources = named_images(map(_absolute, arguments.images))
    if not sources:
        raise AddonError("There is no image in these folders. Name others.")
    folder = settings.folder if arguments.output else ""
    places = {source: place_of_file(source, folder, settings.pattern) for source in sources}
    if arguments.skip_existing:
        for source in [each for each in sources if has_result(each, places[each])]:
            _print(arguments, {"input": source, "output": places[source], "status": "skipped"}, f"{source}: skipped")
            sources.remove(source)
    if arguments.dry_run:
        for source in sources:
            record = {"input": source, "output": places[source], "status": "planned"}
            _print(arguments, record, f"{source}: would be converted to {places[source]}")
        return 0

    def finished(outcome: Outcome) -> None:
        if arguments.asset:
            mark_as_asset(world_of_files(outcome.source, outcome.result), worker, settings.worker)
        _report(arguments, {"input": outcome.source}, outcome.result, outcome.facts, outcome.notes)

    batch = Batch(worker, sources, settings, next_to_source=not arguments.output, finished=finished)
    batch.wait()
    failures = [outcome for outcome in batch.outcomes if outcome.output is None]
    for outcome in failures:
        _report_failure(arguments, {"input": outcome.source}, outcome.message)
    return _total(len(batch.outcomes) - len(failures), len(batch.outcomes))


def _total(done: int, count: int) -> int:
    """Return the exit status of several conversions."""
    if done == count:
        return 0
    return EXIT_SOME_FAILED if done else EXIT_FAILURE


def _report(
    arguments: argparse.Namespace,
    record: dict[str, object],
    output: Path,
    facts: dict[str, Any],
    notes: Sequence[str],
) -> None:
    peak = "black" if facts["peak_ev"] is None else f"peak {facts['peak_ev']:+.1f} EV"
    facts_of_image = {name: value for name, value in facts.items() if name not in ("id", "event", "output")}
    record = {**record, "output": output, "status": "converted", **facts_of_image, "warnings": list(notes)}
    _print(arguments, record, f"{output}: {100 * facts['clipped_fraction']:.2g} % over-exposed, {peak}")
    for note in notes:
        print(_printable(f"lanet: warning: {output}: {note}"), file=sys.stderr, flush=True)


def _report_failure(arguments: argparse.Namespace, record: dict[str, object], message: str) -> int:
    """Print an error, with --json also as an object of docs/json.md, and return the exit status."""
    if arguments.json:
        _print(arguments, {**record, "output": None, "status": "failed", "error": {"message": message}}, "")
    return _fail(message)


def _print(arguments: argparse.Namespace, record: dict[str, object], text: str) -> None:
    print(json.dumps(record, default=str) if arguments.json else _printable(text), flush=True)


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
