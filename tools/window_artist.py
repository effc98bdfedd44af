"""A scripted user of a Blender with a window: ``blender --enable-event-simulate -P SCRIPT``.

Runs inside Blender. A scenario continues a step a turn of Blender's event loop, so that Blender draws, and runs its
operators, as for any user.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.lanet_ibl"
#: How often the script looks, seconds; it holds Blender no longer than any timer does.
TURN_S = 0.05
#: What Blender sleeps when there is no event, seconds: with --enable-event-simulate it would use a whole core instead.
PAUSE_S = 0.005
#: For one step, seconds, where a busy machine is many times slower than usual.
PATIENCE_S = 300.0


class Artist(ABC):
    """Goes through :meth:`scenario` with the extension, which is installed, and quits Blender at its end.

    Args:
        folder: of what comes out: ``shots/*.xwd``, copies of the screen, and ``facts.json``, with a ``problem`` where
            it stuck.
        screen: the file that the X server keeps its screen in.

    Attributes:
        facts: what was found.
        module: the extension's, which depends on the repository that it was installed from.
    """

    module = MODULE

    def __init__(self, folder: Path, screen: Path) -> None:
        self.folder, self._screen = folder, screen
        self._steps = self.scenario()
        self._condition: Callable[[], bool] = lambda: True
        self._waiting_since_s = time.monotonic()
        self.turns = 0
        self.facts: dict[str, object] = {"version": bpy.app.version_string}
        (folder / "shots").mkdir()

    @abstractmethod
    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""

    def begin(self) -> None:
        """Begin when Blender's event loop runs."""
        bpy.context.preferences.view.show_splash = False  # it would take the keys
        bpy.app.timers.register(self._turn, first_interval=1.0, persistent=True)  # it may load files
        bpy.app.timers.register(_pause, persistent=True)

    @property
    def session(self):
        """The extension's."""
        return sys.modules[f"{self.module}.session"].current()

    def show_panels(self) -> Iterator[Callable[[], bool]]:
        """Open World properties, and the sidebar at the panel's tab."""
        area_of("PROPERTIES").spaces.active.context = "WORLD"
        yield from self.show_sidebar()

    def show_sidebar(self) -> Iterator[Callable[[], bool]]:
        """Open the 3D View's sidebar at the panel's tab."""
        view = area_of("VIEW_3D")
        view.spaces.active.show_region_ui = True
        sidebar = region_of(view, "UI")
        yield lambda: sidebar.width > 1
        yield self.turns_from_now(4)
        for _ in range(10):
            if sidebar.active_panel_category == "LANet IBL":
                return
            x, y = sidebar.x + sidebar.width - 10, sidebar.y + sidebar.height // 2  # over the tabs
            window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
            window().event_simulate(type="WHEELDOWNMOUSE", value="PRESS", x=x, y=y, ctrl=True)  # turns to the next tab
            yield self.turns_from_now(4)
        raise LookupError(f"the sidebar has no tab for the panel, it shows {sidebar.active_panel_category}")

    def show_view_alone(self) -> Iterator[Callable[[], bool]]:
        """Let the 3D View fill the window, without its tools and overlays."""
        view = area_of("VIEW_3D")
        with bpy.context.temp_override(window=window(), area=view, region=region_of(view, "WINDOW")):
            bpy.ops.screen.screen_full_area()
        yield self.turns_from_now(4)
        space = area_of("VIEW_3D").spaces.active
        space.show_region_toolbar = space.show_region_tool_header = space.show_gizmo = False
        space.overlay.show_overlays = False

    @staticmethod
    def look_through_camera() -> None:
        """Show the camera's view, rendered."""
        view = area_of("VIEW_3D")
        view.spaces.active.region_3d.view_perspective = "CAMERA"
        view.spaces.active.shading.type = "RENDERED"
        with bpy.context.temp_override(window=window(), area=view, region=region_of(view, "WINDOW")):
            bpy.ops.view3d.view_center_camera()

    @staticmethod
    def press_the_button() -> None:
        """Begin a conversion."""
        with bpy.context.temp_override(window=window()):
            bpy.ops.lanet.convert_environment("INVOKE_DEFAULT")

    @staticmethod
    def press_key(key: str, **modifiers: bool) -> None:
        """Press and release a key, the mouse over the 3D View."""
        view = area_of("VIEW_3D")
        x, y = view.x + view.width // 3, view.y + view.height // 3
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        for value in ("PRESS", "RELEASE"):
            window().event_simulate(type=key, value=value, x=x, y=y, **modifiers)

    def drag(self, points: Sequence[tuple[float, float]], shot: str = "") -> Iterator[Callable[[], bool]]:
        """Drag the mouse along points of the window, with the left button; take a shot before it is released."""
        places = [{"x": round(x), "y": round(y)} for x, y in points]
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", **places[0])
        yield self.turns_from_now(6)
        window().event_simulate(type="LEFTMOUSE", value="PRESS", **places[0])
        yield self.turns_from_now(3)
        for place in places[1:]:
            window().event_simulate(type="MOUSEMOVE", value="NOTHING", **place)
            yield self.turns_from_now(2)
        if shot:
            yield from self.photograph(shot)
        window().event_simulate(type="LEFTMOUSE", value="RELEASE", **places[-1])
        yield self.turns_from_now(4)

    def photograph(self, name: str) -> Iterator[Callable[[], bool]]:
        """Let Blender draw everything, then take the shot."""
        for area in window().screen.areas:
            area.tag_redraw()
        yield self.turns_from_now(3)
        self._shoot(name)

    def turns_from_now(self, count: int) -> Callable[[], bool]:
        """Return what is true after some turns."""
        last = self.turns + count
        return lambda: self.turns >= last

    def still_for(self, seconds: float) -> Callable[[], bool]:
        """Return what is true when nothing on the screen has changed for a time."""
        seen, since_s = b"", time.monotonic()

        def is_still() -> bool:
            nonlocal seen, since_s
            now = self._screen.read_bytes()
            if now != seen:
                seen, since_s = now, time.monotonic()
            return time.monotonic() - since_s >= seconds

        return is_still

    def _turn(self) -> float | None:
        """Continue if what is waited for has come; the timer's function."""
        self.turns += 1
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
        except Exception:  # Blender would continue silently
            self.facts["problem"] = traceback.format_exc()
            self._shoot("problem")
        (self.folder / "facts.json").write_text(json.dumps(self.facts), encoding="utf-8")
        bpy.ops.wm.quit_blender()
        return None

    def _shoot(self, name: str) -> None:
        shutil.copyfile(self._screen, self.folder / "shots" / f"{name}.xwd")


def _pause() -> float:
    """Sleep once in each round of Blender's event loop; a timer's function."""
    time.sleep(PAUSE_S)
    return 0.0


def window() -> bpy.types.Window:
    """Return the window; a timer's context has none."""
    return bpy.context.window_manager.windows[0]


def area_of(kind: str) -> bpy.types.Area:
    """Return the first area of a kind."""
    return next(area for area in window().screen.areas if area.type == kind)


def region_of(area: bpy.types.Area, kind: str) -> bpy.types.Region:
    """Return an area's region of a kind."""
    return next(region for region in area.regions if region.type == kind)


def place_of_panel() -> list[int]:
    """Return where the 3D View's sidebar is in the window: from the left, from the top, width and height, in pixels."""
    sidebar = region_of(area_of("VIEW_3D"), "UI")
    return [sidebar.x, window().height - sidebar.y - sidebar.height, sidebar.width, sidebar.height]


def environment() -> bpy.types.ShaderNodeTexEnvironment:
    """Return the Environment Texture of the window's scene."""
    nodes = window().scene.world.node_tree.nodes
    return next(node for node in nodes if node.type == "TEX_ENVIRONMENT")
