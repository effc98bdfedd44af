"""What the window's test runs in a Blender with a window: ``blender --enable-event-simulate -P THIS -- FOLDER SCREEN``.

It uses the installed extension as an artist does, in a scene lit by ``FOLDER/city.jpg``: cancels one conversion by Esc,
completes another, takes it back by Ctrl+Z and again by redoing, lets one fail, and disables the extension. SCREEN is
the X server's picture of the screen, of which ``FOLDER/shots/*.xwd`` are copies; ``FOLDER/facts.json`` says what was
found, or where it stuck.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.lanet_ibl"
#: How often the script looks, seconds; it holds Blender no longer than any timer does.
TURN_S = 0.05
#: For one step, seconds, where a busy machine is many times slower than usual.
PATIENCE_S = 300.0


class Artist:
    """Goes through the scenario, a step a turn of Blender's event loop.

    Args:
        folder: of the picture and of what comes out.
        screen: see the module.
    """

    def __init__(self, folder: Path, screen: Path) -> None:
        self._folder, self._screen = folder, screen
        self._steps = self._scenario()
        self._condition: Callable[[], bool] = lambda: True
        self._waiting_since_s = time.monotonic()
        self._turns = 0
        self.facts: dict[str, object] = {"version": bpy.app.version_string}
        (folder / "shots").mkdir()

    def turn(self) -> float | None:
        """Go on if what is waited for has come; the timer's function."""
        self._turns += 1
        try:
            if not self._condition():
                if time.monotonic() - self._waiting_since_s > PATIENCE_S:
                    raise TimeoutError("what was waited for has not come")
                return TURN_S
            self._condition = next(self._steps)
            self._waiting_since_s = time.monotonic()
            return TURN_S
        except StopIteration:
            pass
        except Exception:  # Blender would go on without a word
            self.facts["problem"] = traceback.format_exc()
            self._shoot("problem")
        (self._folder / "facts.json").write_text(json.dumps(self.facts), encoding="utf-8")
        bpy.ops.wm.quit_blender()
        return None

    @property
    def _session(self):
        return sys.modules[f"{MODULE}.session"].current()

    def _scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        self.facts["installed"] = MODULE in bpy.context.preferences.addons
        self._make_scene()
        yield self._turns_from_now(4)
        yield from self._show_panels()
        image = environment().image
        yield lambda: self._session.facts.of(image) is not None and not self._session.worker.busy
        yield from self._photograph("before")
        yield from self._cancel_one()
        yield from self._complete_one()
        yield from self._take_back()
        yield from self._fail_one()
        yield from self._disable()

    def _cancel_one(self) -> Iterator[Callable[[], bool]]:
        before = self._state()
        self._press_the_button()
        yield lambda: self._session.conversion.share > 0.3
        turns = self._turns
        yield from self._photograph("during")
        running = self._session.conversion
        self.facts["turns_while_converting"] = self._turns - turns
        turns, began_s = self._turns, time.monotonic()
        self._key("ESC")
        yield lambda: self._session.conversion is None
        self.facts["cancelled"] = running.state.name
        self.facts["cancelled_after"] = {"turns": self._turns - turns, "seconds": time.monotonic() - began_s}
        self.facts["unchanged_by_cancelling"] = self._state() == before
        yield from self._photograph("cancelled")

    def _complete_one(self) -> Iterator[Callable[[], bool]]:
        self._press_the_button()
        turns = self._turns
        running = self._session.conversion
        yield lambda: self._session.conversion is None
        self.facts["completed"], self.facts["turns_of_a_conversion"] = running.state.name, self._turns - turns
        self.facts["after"] = self._state()
        yield from self._photograph("after")

    def _take_back(self) -> Iterator[Callable[[], bool]]:
        self._key("Z", ctrl=True)
        yield self._turns_from_now(10)
        self.facts["undone"] = self._state()
        yield from self._photograph("undone")
        self._key("Z", ctrl=True, shift=True)
        yield self._turns_from_now(10)
        self.facts["redone"] = self._state()
        bpy.context.scene.lanet.shown = "LDR"
        self.facts["switched"] = self._state()
        yield from self._photograph("switched")

    def _fail_one(self) -> Iterator[Callable[[], bool]]:
        preferences = bpy.context.preferences.addons[MODULE].preferences
        preferences.model = str(self._folder / "city.jpg")
        before = self._state()
        self._press_the_button()
        yield lambda: self._session.conversion is None
        self.facts["messages"] = [(message.text, message.is_error) for message in self._session.messages]
        self.facts["unchanged_by_failing"] = self._state() == before
        yield from self._photograph("failed")
        preferences.model = ""

    def _disable(self) -> Iterator[Callable[[], bool]]:
        self._press_the_button()
        yield lambda: self._session.conversion.share > 0.1
        self.facts["children_before_disabling"] = len(children())
        bpy.ops.preferences.addon_disable(module=MODULE)
        yield self._turns_from_now(4)
        self.facts["children_after_disabling"] = len(children())
        self.facts["files"] = sorted(path.name for path in (self._folder / "textures").iterdir())
        yield from self._photograph("disabled")

    def _make_scene(self) -> None:
        world = bpy.context.scene.world
        world.use_nodes = True
        texture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
        texture.image = bpy.data.images.load(str(self._folder / "city.jpg"))
        world.node_tree.links.new(texture.outputs["Color"], world.node_tree.nodes["Background"].inputs["Color"])
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_as_mainfile(filepath=str(self._folder / "scene.blend"))
            bpy.ops.ed.undo_push(message="Light the scene")

    def _show_panels(self) -> Iterator[Callable[[], bool]]:
        """Open World properties, and the sidebar at the panel's tab."""
        area_of("PROPERTIES").spaces.active.context = "WORLD"
        view = area_of("VIEW_3D")
        view.spaces.active.show_region_ui = True
        sidebar = next(region for region in view.regions if region.type == "UI")
        yield lambda: sidebar.width > 1
        yield self._turns_from_now(4)
        for _ in range(10):
            if sidebar.active_panel_category == "LANet IBL":
                return
            x, y = sidebar.x + sidebar.width - 10, sidebar.y + sidebar.height // 2  # over the tabs
            window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
            window().event_simulate(type="WHEELDOWNMOUSE", value="PRESS", x=x, y=y, ctrl=True)  # turns to the next tab
            yield self._turns_from_now(4)
        raise LookupError(f"the sidebar has no tab for the panel, it shows {sidebar.active_panel_category}")

    @staticmethod
    def _press_the_button() -> None:
        with bpy.context.temp_override(window=window()):
            bpy.ops.lanet.convert_environment("INVOKE_DEFAULT")

    @staticmethod
    def _key(key: str, **modifiers: bool) -> None:
        """Press and release a key, the mouse over the 3D View."""
        view = area_of("VIEW_3D")
        x, y = view.x + view.width // 3, view.y + view.height // 3
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        for value in ("PRESS", "RELEASE"):
            window().event_simulate(type=key, value=value, x=x, y=y, **modifiers)

    def _photograph(self, name: str) -> Iterator[Callable[[], bool]]:
        """Let Blender draw everything, then take the shot."""
        for area in window().screen.areas:
            area.tag_redraw()
        yield self._turns_from_now(3)
        self._shoot(name)

    def _shoot(self, name: str) -> None:
        shutil.copyfile(self._screen, self._folder / "shots" / f"{name}.xwd")

    def _turns_from_now(self, count: int) -> Callable[[], bool]:
        last = self._turns + count
        return lambda: self._turns >= last

    @staticmethod
    def _state() -> dict[str, object]:
        """Return what lights the scene."""
        texture = environment()
        return {
            "image": texture.image.filepath,
            "nodes": sorted(node.bl_idname for node in texture.id_data.nodes),
            "shown": bpy.context.scene.lanet.shown,
        }


def window() -> bpy.types.Window:
    """Return the window; a timer's context has none."""
    return bpy.context.window_manager.windows[0]


def area_of(kind: str) -> bpy.types.Area:
    """Return the first area of a kind."""
    return next(area for area in window().screen.areas if area.type == kind)


def environment() -> bpy.types.ShaderNodeTexEnvironment:
    """Return the world's Environment Texture."""
    nodes = bpy.context.scene.world.node_tree.nodes
    return next(node for node in nodes if node.type == "TEX_ENVIRONMENT")


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
    bpy.context.preferences.view.show_splash = False  # it would take the keys
    bpy.app.timers.register(Artist(*map(Path, sys.argv[-2:])).turn, first_interval=1.0)
