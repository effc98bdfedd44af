"""What the window's test runs in a Blender with a window: ``blender --enable-event-simulate -P THIS -- FOLDER SCREEN``.

It uses the installed extension as an artist does, in a scene lit by ``FOLDER/city.jpg``: cancels one conversion by Esc,
completes another, takes it back by Ctrl+Z and again by redoing, lets one fail, and disables the extension. Then it
enables and disables it while conversions run. SCREEN is
the X server's image of the screen, of which ``FOLDER/shots/*.xwd`` are copies; ``FOLDER/facts.json`` contains what was
found, or where it stuck.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from window_artist import MODULE, Artist, environment, window


class Tester(Artist):
    """Uses the extension in every way that the test looks at."""

    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        self.facts["installed"] = MODULE in bpy.context.preferences.addons
        self._make_scene()
        yield self.turns_from_now(4)
        yield from self.show_panels()
        image = environment().image
        yield lambda: self.session.facts.of(image) is not None and not self.session.worker.busy
        yield from self.photograph("before")
        yield from self._cancel_one()
        yield from self._complete_one()
        yield from self._take_back()
        yield from self._fail_one()
        yield from self._disable()
        yield from self._enable_again()

    def _cancel_one(self) -> Iterator[Callable[[], bool]]:
        before = self._state()
        running = yield from self._begin(0.3)
        turns = self.turns
        yield from self.photograph("during")
        self.facts["turns_while_converting"] = self.turns - turns
        turns, began_s = self.turns, time.monotonic()
        self.press_key("ESC")
        yield lambda: self.session.conversion is None
        self.facts["cancelled"] = running.state.name
        self.facts["cancelled_after"] = {"turns": self.turns - turns, "seconds": time.monotonic() - began_s}
        self.facts["unchanged_by_cancelling"] = self._state() == before
        yield from self.photograph("cancelled")

    def _begin(self, share: float) -> Generator[Callable[[], bool], None, object]:
        """Press the button, wait until a share is done, and return the conversion, which must still run then."""
        self.press_the_button()
        running = self.session.conversion
        yield lambda: running.share > share
        if running.state.name != "RUNNING":
            raise RuntimeError(f"the conversion ended before it was looked at: {running.state.name} {running.message}")
        return running

    def _complete_one(self) -> Iterator[Callable[[], bool]]:
        self.press_the_button()
        turns = self.turns
        running = self.session.conversion
        yield lambda: self.session.conversion is None
        self.facts["completed"], self.facts["turns_of_a_conversion"] = running.state.name, self.turns - turns
        self.facts["after"] = self._state()
        yield from self.photograph("after")

    def _take_back(self) -> Iterator[Callable[[], bool]]:
        self.press_key("Z", ctrl=True)
        yield self.turns_from_now(10)
        self.facts["undone"] = self._state()
        yield from self.photograph("undone")
        self.press_key("Z", ctrl=True, shift=True)
        yield self.turns_from_now(10)
        self.facts["redone"] = self._state()
        bpy.context.scene.lanet.shown = "LDR"
        self.facts["switched"] = self._state()
        yield from self.photograph("switched")

    def _fail_one(self) -> Iterator[Callable[[], bool]]:
        preferences = bpy.context.preferences.addons[MODULE].preferences
        preferences.model = str(self.folder / "city.jpg")
        before = self._state()
        self.press_the_button()
        yield lambda: self.session.conversion is None
        self.facts["messages"] = [(message.text, message.is_error) for message in self.session.messages]
        self.facts["unchanged_by_failing"] = self._state() == before
        yield from self.photograph("failed")
        preferences.model = ""

    def _disable(self) -> Iterator[Callable[[], bool]]:
        yield from self._begin(0.1)
        self.facts["children_before_disabling"] = len(children())
        bpy.ops.preferences.addon_disable(module=MODULE)
        yield self.turns_from_now(4)
        self.facts["children_after_disabling"] = len(children())
        self.facts["files"] = sorted(path.name for path in (self.folder / "textures").iterdir())
        yield from self.photograph("disabled")

    def _enable_again(self) -> Iterator[Callable[[], bool]]:
        """Disable it during a conversion, enable it and convert: where an operator were modal, Blender would crash."""
        bpy.ops.preferences.addon_enable(module=MODULE)
        for _ in range(2):
            yield from self._begin(0.1)
            self.facts["modal_operators"] = [each.bl_idname for each in window().modal_operators]
            bpy.ops.preferences.addon_disable(module=MODULE)
            bpy.ops.preferences.addon_enable(module=MODULE)
            yield self.turns_from_now(2)
        self.press_the_button()
        yield lambda: self.session.conversion is None
        self.facts["converted_again"] = self._state()
        yield from self.photograph("enabled again")

    def _make_scene(self) -> None:
        world = bpy.context.scene.world
        world.use_nodes = True
        texture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
        texture.image = bpy.data.images.load(str(self.folder / "city.jpg"))
        world.node_tree.links.new(texture.outputs["Color"], world.node_tree.nodes["Background"].inputs["Color"])
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "scene.blend"))
            bpy.ops.ed.undo_push(message="Light the scene")

    @staticmethod
    def _state() -> dict[str, object]:
        """Return what lights the scene."""
        texture = environment()
        return {
            "image": texture.image.filepath,
            "nodes": sorted(node.bl_idname for node in texture.id_data.nodes),
            "shown": bpy.context.scene.lanet.shown,
        }


def children() -> list[int]:
    """Return the processes that this one has started and that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.append(int(status.parent.name))
    return found


if __name__ == "__main__":
    Tester(*map(Path, sys.argv[-2:])).begin()
