"""What the recovery's test runs in a Blender with a window: ``blender -P THIS -- FOLDER SCREEN``.

``FOLDER/stage`` holds what to do. ``convert and quit`` and ``convert and crash`` convert the world of a file that is
never saved and end Blender, the latter as a crash after an autosave does; ``recover session`` and ``recover autosave``
open what Blender has kept. ``FOLDER/<stage>.json`` contains what was found.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from window_artist import MODULE, Artist, environment, window


class Survivor(Artist):
    """Ends Blender without saving, and recovers."""

    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        stage = (self.folder / "stage").read_text(encoding="utf-8")
        yield self.turns_from_now(4)
        if stage.startswith("convert"):
            yield from self._convert()
            if stage.endswith("crash"):
                yield from self._crash()
        else:
            yield from self._recover(stage)
        self._write(stage)

    def _convert(self) -> Iterator[Callable[[], bool]]:
        world = bpy.context.scene.world
        texture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
        texture.image = bpy.data.images.load(str(self.folder / "city.jpg"))
        world.node_tree.links.new(texture.outputs["Color"], world.node_tree.nodes["Background"].inputs["Color"])
        bpy.context.preferences.addons[MODULE].preferences.model = str(self.folder / "tiny.onnx")
        yield from self.show_panels()
        self.press_the_button()
        yield lambda: self.session.conversion is None
        yield from self.photograph("unsaved")
        self.facts["panel"] = [message.text for message in self.session.messages]
        self._note()

    def _crash(self) -> Iterator[Callable[[], bool]]:
        preferences = bpy.context.preferences.filepaths
        preferences.use_auto_save_temporary_files = True
        preferences.auto_save_time = 1
        former = set(self._autosaves())
        yield lambda: bool(set(self._autosaves()) - former)
        yield self.turns_from_now(10)
        self._write("convert and crash")
        os.kill(os.getpid(), signal.SIGKILL)

    def _recover(self, stage: str) -> Iterator[Callable[[], bool]]:
        if stage.endswith("session"):
            bpy.ops.wm.recover_last_session()
        else:
            latest = max(self._autosaves(), key=lambda path: path.stat().st_mtime)
            bpy.ops.wm.recover_auto_save(filepath=str(latest))
        yield self.turns_from_now(4)
        self._note()
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "recovered" / "scene.blend"))
        self.facts["saved"] = environment().image.filepath

    def _note(self) -> None:
        image = environment().image
        self.facts |= {
            "image": image.filepath,
            "exists": Path(bpy.path.abspath(image.filepath)).is_file(),
            "size": list(image.size),
            "shown": window().scene.lanet.shown,
            "blend": bpy.data.filepath,
        }

    def _autosaves(self) -> Iterator[Path]:
        return Path(os.environ["TMPDIR"]).glob("*autosave.blend")

    def _write(self, stage: str) -> None:
        (self.folder / f"{stage}.json").write_text(json.dumps(self.facts), encoding="utf-8")


if __name__ == "__main__":
    Survivor(*map(Path, sys.argv[-2:])).begin()
