"""The converter in a process of its own, behind line-delimited JSON: ``python -m lanet_core.pipeline.worker``.

For a parent that must neither wait nor fall with it, such as Blender. The parent writes one request a line, as many as
it likes; they are served in turn, and each ends with exactly one ``result`` or ``error``:

    {"id": 1, "do": "convert", "source": "street.jpg", "output": "street.exr"}
    {"id": 1, "event": "progress", "share": 0.15, "stage": "network"}
    {"id": 1, "event": "result", "output": "street.exr", "peak_ev": 9.1, "expected_error_stops": 0.4, …}

    {"id": 2, "do": "inspect", "source": "street.jpg"}     size, clipped share and warnings, without a conversion
    {"id": 7, "do": "convert", …, "pad": true}             likewise stretch, force, eye, ignore_pose: ReadingOptions;
                                                           "lights": true adds the result of the task lights
    {"id": 3, "do": "describe"}                            model, provider, and why no GPU runs
    {"id": 4, "do": "thumbnail", "source": "street.exr", "height": 128}  width, height, rgb_srgb8_base64 from the top
                                                           "kind": true adds the kind of its light, or null
    {"id": 5, "do": "lights", "source": "street.exr"}      concentrated lights, see :mod:`.light_list`
    {"id": 6, "do": "lights", "source": "street.exr", "take": [0], "output": "rest.exr"}  and the panorama without some
    {"id": 9, "do": "bake", "source": "street.exr", "output": "baked.exr", "strength": 0.5}  with the fields of
                                                           :class:`lanet_core.pipeline.light_baking.LightChange`
    {"id": 10, "do": "ground", "source": "street.exr"}     irradiance of the ground: the fields and the softness of
                                                           :class:`lanet_core.pipeline.ground_light.GroundLight`
    {"id": 11, "do": "expect", "source": "street.jpg"}     what a conversion will change, see
                                                           :mod:`lanet_core.pipeline.expectation`
    {"id": 12, "do": "balls", "source": "street.jpg", "hdr": "street.exr", "size": 96}  diffuse and mirror balls, before
                                                           above after: width, height, rgba_srgb8_base64 from the top
    {"id": 8, "do": "calibrate", "source": "street.exr", "albedo": 0.18, "at": [0.5, 0.8], "facing": "auto"}
                                                           factor of the light above white by which a surface has its
                                                           albedo, or null and a problem; "at" null is the ground
    {"do": "cancel", "id": 1}                              answered by the error ConversionCancelled of request 1

    {"id": 1, "event": "error", "kind": "DamagedImageError", "problem": "The file is cut short.",
     "path": "street.jpg", "remedy": "Copy it again.", "message": "street.jpg: The file is cut short. Copy it again."}

The first line is ``{"event": "ready", "protocol": 1}``. An ``id`` is an integer of 64 bits or a short string. A line
that is no request ends with an ``error``, whose id is null where the line has none. When its input ends or nobody reads
its output any more, the process drops what is not done and ends, after some seconds also out of a call that does not
return: it does not outlive its parent.
"""

from __future__ import annotations

import argparse
import base64
import os
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from lanet_core.errors import HalfRangeError
from lanet_core.pipeline.light_baking import LightChange
from lanet_core.pipeline.reading_options import EYES, ReadingOptions
from lanet_core.pipeline.worker_protocol import (
    PROTOCOL,
    RequestError,
    error_answer,
    parse_request,
    read_lines,
    write_line,
)
from lanet_core.reconstruction.surface_calibration import Surface
from lanet_core.standard_streams import is_open, open_closed_streams

#: The largest thumbnail, in rows.
_MAX_THUMBNAIL_HEIGHT = 4096
#: The largest ball of a preview, in rows.
_MAX_BALL_SIZE = 512
#: How long a request may take to notice that the parent is gone, seconds; writing a large file takes some.
_LAST_STAGE_S = 5.0


class Worker:
    """Serves requests one after another with one model, which is loaded when it is first needed.

    Args:
        answer: sends one answer to the parent; called from one thread only.
        model: see :func:`lanet_core.pipeline.panorama_converter.find_model`.
        provider: see :func:`lanet_core.pipeline.panorama_converter.load_converter`.
        threads: likewise.
    """

    def __init__(
        self,
        answer: Callable[[Mapping[str, Any]], None],
        *,
        model: str | None = None,
        provider: str = "auto",
        threads: int | None = None,
    ) -> None:
        self._answer = answer
        self._model, self._provider, self._threads = model, provider, threads
        self._converter = None
        self._accepted: Counter[int | str] = Counter()
        self._cancelled: set[int | str] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def accept(self, number: int | str) -> None:
        """Take note of a request that will be served, so that it can be cancelled; may be called from any thread."""
        with self._lock:
            self._accepted[number] += 1

    def cancel(self, number: int | str) -> None:
        """Stop an accepted request before its next stage, or before it begins; may be called from any thread.

        Nothing is remembered of an id that is unknown or served already.
        """
        with self._lock:
            if number in self._accepted:
                self._cancelled.add(number)

    def stop(self) -> None:
        """Stop the request that is being served, and refuse all others; may be called from any thread."""
        self._stopped = True

    def serve(self, request: Mapping[str, Any]) -> None:
        """Do what an accepted request asks and answer it, whatever happens."""
        if self._stopped:
            return
        number, source = request["id"], request.get("source")
        try:
            self._answer({"id": number, "event": "result", **self._do(request)})
        except Exception as error:  # the parent must hear of it, and the next request may fare better
            self._answer(error_answer(number, error, source if isinstance(source, str) else None))
        finally:
            self._served(number)

    def refuse(self, error: RequestError) -> None:
        """Answer a line that is no request."""
        if not self._stopped:
            self._answer(error_answer(error.number, error))

    def _served(self, number: int | str) -> None:
        with self._lock:
            self._accepted[number] -= 1
            if self._accepted[number] <= 0:
                del self._accepted[number]
                self._cancelled.discard(number)

    def _do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        tasks = {
            "convert": self._convert,
            "inspect": self._inspect,
            "describe": self._describe,
            "thumbnail": self._thumbnail,
            "lights": self._lights,
            "calibrate": self._calibrate,
            "bake": self._bake,
            "ground": self._ground,
            "expect": self._expect,
            "balls": self._balls,
        }
        task = tasks.get(request.get("do", ""))
        if task is None:
            raise RequestError(f"There is no task {request.get('do')!r}.", remedy=f"Use one of {', '.join(tasks)}.")
        return task(request)

    def _convert(self, request: Mapping[str, Any]) -> dict[str, Any]:
        source, output = _text(request, "source"), _text(request, "output")
        number = request["id"]

        def progress(share: float, stage: str) -> None:
            self._answer({"id": number, "event": "progress", "share": share, "stage": stage})

        def convert(half: bool):
            return self._load().convert_file(
                source,
                output,
                half=half,
                options=_reading_options(request),
                surface=_surface(request),
                confidence=bool(request.get("confidence", False)),
                progress=progress,
                cancelled=lambda: self._stopped or number in self._cancelled,
            )

        from lanet_core.files import read_hdr
        from lanet_core.reconstruction.light_list import find_lights

        half = request.get("half", False)
        try:
            conversion = convert(bool(half))
        except HalfRangeError:
            if half != "auto":
                raise
            conversion = convert(False)
        lights = {}
        if request.get("lights", False):
            lights["lights"] = [light.facts() for light in find_lights(read_hdr(Path(output)))]
        return {"output": output, **conversion.facts(), **lights}

    def _inspect(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_ldr
        from lanet_core.pipeline.exposure import clipped_fraction
        from lanet_core.pipeline.panorama import panorama_from_picture

        options = _reading_options(request)
        picture = read_ldr(Path(_text(request, "source")))
        panorama = panorama_from_picture(picture, options)
        return {
            "width": panorama.width,
            "height": panorama.height,
            "clipped_fraction": clipped_fraction(panorama, options.white),
            "warnings": [*picture.warnings, *panorama.warnings],
        }

    def _describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.inference.providers import compiled_providers

        session = self._load().session
        return {
            "model": {"path": str(session.path), "sha256": session.sha256, **asdict(session.metadata)},
            "provider": session.provider,
            "compiled_providers": list(compiled_providers()),
            "warnings": list(session.warnings),
        }

    def _thumbnail(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_hdr
        from lanet_core.pipeline.scene_kind import scene_kind
        from lanet_core.pipeline.thumbnail import thumbnail

        height = request.get("height")
        if type(height) is not int or not 1 <= height <= _MAX_THUMBNAIL_HEIGHT:
            raise RequestError(
                "The request has no valid height.", remedy=f"Use a number of rows from 1 to {_MAX_THUMBNAIL_HEIGHT}."
            )
        hdr = read_hdr(Path(_text(request, "source")))
        picture = thumbnail(hdr, height)
        pixels = base64.b64encode(picture.tobytes()).decode("ascii")
        kind = {"kind": scene_kind(hdr)} if request.get("kind", False) else {}
        return {"width": picture.shape[1], "height": picture.shape[0], "rgb_srgb8_base64": pixels, **kind}

    def _lights(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_hdr
        from lanet_core.pipeline.light_list_files import write_rest
        from lanet_core.reconstruction.light_list import find_lights, without_lights

        source, take = Path(_text(request, "source")), request.get("take", [])
        hdr = read_hdr(source)
        lights = find_lights(hdr)
        if not isinstance(take, list) or not all(type(each) is int and 0 <= each < len(lights) for each in take):
            raise RequestError(f"There are {len(lights)} lights.", remedy="Use a list of their indices, from 0.")
        result: dict[str, Any] = {"lights": [light.facts() for light in lights]}
        if request.get("output"):
            rest = without_lights(hdr, [lights[each] for each in take])
            result["output"] = _text(request, "output")
            write_rest(Path(result["output"]), rest, source, take)
        return result

    def _calibrate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_hdr
        from lanet_core.reconstruction.surface_calibration import above_white, solve_surface

        surface = _surface(request)
        if surface is None:
            raise RequestError("The request has no albedo.", remedy="Add the albedo of a surface.")
        hdr = read_hdr(Path(_text(request, "source")))
        added = above_white(hdr)
        return asdict(solve_surface(hdr - added, added, surface))

    def _bake(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_hdr
        from lanet_core.pipeline.light_baking import bake
        from lanet_core.pipeline.light_list_files import write_derived

        source, output, change = Path(_text(request, "source")), _text(request, "output"), _light_change(request)
        comments = "HDR environment light with baked changes"
        write_derived(Path(output), bake(read_hdr(source), change), source, change.description(), comments)
        return {"output": output}

    def _ground(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_hdr
        from lanet_core.pipeline.ground_light import ground_irradiance

        light = ground_irradiance(read_hdr(Path(_text(request, "source"))))
        shares = {"base_shares": light.base_shares.tolist(), "added_shares": light.added_shares.tolist()}
        numbers = {"peak": light.peak, "softness": light.softness}
        return {"base": light.base.tolist(), "added": light.added.tolist(), **shares, **numbers}

    def _expect(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_ldr
        from lanet_core.pipeline.expectation import expect

        number, options = request["id"], _reading_options(request)
        picture = read_ldr(Path(_text(request, "source")))
        return expect(
            self._load(), picture, options, cancelled=lambda: self._stopped or number in self._cancelled
        ).facts()

    def _balls(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from lanet_core.files import read_hdr, read_ldr
        from lanet_core.pipeline.panorama import panorama_from_picture
        from lanet_core.pipeline.preview import small_balls

        size = request.get("size")
        if type(size) is not int or not 1 <= size <= _MAX_BALL_SIZE:
            raise RequestError("The request has no valid size.", remedy=f"Use a number from 1 to {_MAX_BALL_SIZE}.")
        photograph = panorama_from_picture(read_ldr(Path(_text(request, "source"))), _reading_options(request))
        pixels = small_balls(photograph.rgb_linear, read_hdr(Path(_text(request, "hdr"))), size)
        encoded = base64.b64encode(pixels.tobytes()).decode("ascii")
        return {"width": pixels.shape[1], "height": pixels.shape[0], "rgba_srgb8_base64": encoded}

    def _load(self):
        if self._converter is None:
            from lanet_core.pipeline.panorama_converter import load_converter

            self._converter = load_converter(self._model, self._provider, self._threads)
        return self._converter


def _light_change(request: Mapping[str, Any]) -> LightChange:
    """Return the changes of a request that bakes light."""
    sizes = {"highlights_ev": 0, "gains": 3, "saturation": 0, "peak_limit": 0, "strength": 0, "rotation": 9}
    values: dict[str, Any] = {}
    for name, size in sizes.items():
        if name not in request:
            continue
        value = request[name]
        numbers = value if size and isinstance(value, list) else [value]
        if len(numbers) != (size or 1) or not all(_is_number(each) and isfinite(each) for each in numbers):
            raise RequestError(f"The request has no valid {name}.", remedy=f"Use {size or 'one'} finite number(s).")
        values[name] = tuple(map(float, numbers)) if size else float(numbers[0])
    return LightChange(**values)


def _surface(request: Mapping[str, Any]) -> Surface | None:
    """Return the surface of a request that calibrates the light, None if it has none."""
    albedo, at = request.get("albedo"), request.get("at")
    if albedo is None:
        return None
    is_place = at is None or (isinstance(at, list) and len(at) == 2 and all(_is_number(each) for each in at))
    if not _is_number(albedo) or not is_place:
        raise RequestError("The request has no valid surface.", remedy="Use an albedo, and two numbers or null for at.")
    return Surface(float(albedo), (float(at[0]), float(at[1])) if at else None, request.get("facing", "auto"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reading_options(request: Mapping[str, Any]) -> ReadingOptions:
    """Return how a request's image is to be understood."""
    eye = request.get("eye")
    if eye is not None and eye not in EYES:
        raise RequestError("The request has no valid eye.", remedy=f"Use {', '.join(EYES)}.")
    return ReadingOptions(
        eye=eye,
        stretch=bool(request.get("stretch", False)),
        pad=bool(request.get("pad", False)),
        force=bool(request.get("force", False)),
        ignore_pose=bool(request.get("ignore_pose", False)),
    )


def _text(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise RequestError(f"The request has no {name}.", remedy="Add a path.")
    return value


def run(requests: int, answers: int, **options: Any) -> None:
    """Serve requests until either stream ends, reading on while one is served so that it can be cancelled.

    If one is still being served some seconds after that, the process ends at once: a driver may have hung. All answers
    are written by the calling thread, so that a parent which reads none of them cannot stop the reading.

    Args:
        requests: file descriptor of the parent's lines.
        answers: file descriptor of the answers.
        options: of :class:`Worker`.

    Raises:
        OSError: nobody reads the answers any more.
    """
    worker = Worker(lambda message: write_line(answers, message), **options)
    waiting: queue.SimpleQueue[dict[str, Any] | RequestError | None] = queue.SimpleQueue()
    served = threading.Event()

    def read() -> None:
        try:
            for line in read_lines(requests, answers):
                try:
                    request = parse_request(line)
                except RequestError as error:
                    waiting.put(error)
                    continue
                if request["do"] == "cancel":
                    worker.cancel(request["id"])
                else:
                    worker.accept(request["id"])
                    waiting.put(request)
        finally:  # also where reading fails: nothing may leave the process behind
            worker.stop()
            waiting.put(None)
            if not served.wait(_LAST_STAGE_S):
                os._exit(1)

    try:
        write_line(answers, {"event": "ready", "protocol": PROTOCOL})
        threading.Thread(target=read, daemon=True).start()
        while (request := waiting.get()) is not None:
            if isinstance(request, RequestError):
                worker.refuse(request)
            else:
                worker.serve(request)
    finally:
        served.set()


def _own_streams() -> tuple[int, int]:
    """Return the pipes to the parent as file descriptors, out of reach of libraries that print."""
    requests, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    return requests, answers


def main() -> int:
    """Run the worker on standard input and output."""
    description = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m lanet_core.pipeline.worker", description=description)
    parser.add_argument("--model")
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads, at least 1 and at most the number of cores")
    arguments = parser.parse_args()
    if not (is_open(0) and is_open(1)):  # there is no parent
        return 1
    open_closed_streams()
    requests, answers = _own_streams()
    try:
        run(requests, answers, model=arguments.model, provider=arguments.provider, threads=arguments.threads)
    except OSError:  # the parent is gone
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
