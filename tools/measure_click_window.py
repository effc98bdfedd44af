"""What measure_click.py runs in a Blender with a window: ``blender -P THIS -- FOLDER SCREEN``.

``FOLDER/runs`` contains the number of conversions, ``FOLDER/facts.json`` gets the figures.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from window_artist import MODULE, Artist, environment, window


class Measurer(Artist):
    """Converts the same photograph again and again."""

    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        runs = int((self.folder / "runs").read_text(encoding="utf-8"))
        self._make_scene()
        self._watch_the_timer()
        for name in ("load", "light_s", "hold_ms", "hold_cpu_ms", "cancel_s"):
            self.facts[name] = []
        for run in range(runs + 1):
            yield self._is_at_rest
            yield self.turns_from_now(10)
            self._begin()
            yield lambda: self.session.conversion is None
            self._note_the_light(is_first=run == 0)
            yield self._is_at_rest
            with bpy.context.temp_override(window=window()):
                bpy.ops.lanet.remove_light()
        for run in range(runs):
            yield self._is_at_rest
            yield self.turns_from_now(10)
            self._begin()
            yield self._reaches(0.8 * run / runs * min(self.facts["light_s"]))
            if self.session.conversion is None:  # it was faster than ever
                continue
            cancelled_s = time.perf_counter()
            bpy.ops.lanet.cancel_conversion()
            while self.session.worker.busy:  # from within a turn, so that the clock of the turns does not count
                self.session.worker.poll()
                time.sleep(0.002)
            self.facts["cancel_s"].append(time.perf_counter() - cancelled_s)

    def _begin(self) -> None:
        self._holds: list[tuple[float, float]] = []
        self._click_s = time.perf_counter()
        self._timed(self.press_the_button)

    def _note_the_light(self, *, is_first: bool) -> None:
        shown = sys.modules[f"{MODULE}.world.graph"].shows_hdr(window().scene)
        if not shown:
            raise RuntimeError(f"not converted: {[each.text for each in self.session.messages]}")
        if is_first:
            self.facts["first_s"] = self._lit_s - self._click_s
            return
        self.facts["light_s"].append(self._lit_s - self._click_s)
        self.facts["hold_ms"].append(1000.0 * max(clock for clock, _ in self._holds))
        self.facts["hold_cpu_ms"].append(1000.0 * max(processor for _, processor in self._holds))
        self.facts["load"].append(os.getloadavg()[0])

    def _watch_the_timer(self) -> None:
        """Measure each call of the extension's timer, which is all that it does on the main thread."""
        session, tick = self.session, self.session._timer

        def measured() -> float | None:
            was_running = session.conversion is not None
            interval_s = self._timed(tick)
            if was_running and session.conversion is None:
                self._lit_s = time.perf_counter()
            return interval_s

        if bpy.app.timers.is_registered(tick):
            bpy.app.timers.unregister(tick)
        self._holds = []
        session._timer = measured
        session.look_after()

    def _timed(self, function: Callable[[], object]):
        clock_s, processor_s = time.perf_counter(), time.thread_time()
        result = function()
        self._holds.append((time.perf_counter() - clock_s, time.thread_time() - processor_s))
        return result

    def _reaches(self, seconds: float) -> Callable[[], bool]:
        """Return what is true when the conversion has run for a time, or has ended."""
        end_s = time.perf_counter() + seconds
        return lambda: time.perf_counter() >= end_s or self.session.conversion is None

    def _is_at_rest(self) -> bool:
        current = self.session
        waiting = current.facts.waiting or current.lights.waiting or current.balls.waiting
        return current.conversion is None and not current.worker.busy and not waiting

    def _make_scene(self) -> None:
        scene = window().scene
        scene.world.use_nodes = True
        nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
        texture = nodes.new("ShaderNodeTexEnvironment")
        texture.image = bpy.data.images.load(str(self.folder / "photograph.jpg"))
        links.new(texture.outputs["Color"], nodes["Background"].inputs["Color"])
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "scene.blend"))
        assert environment().image is not None


if __name__ == "__main__":
    Measurer(*map(Path, sys.argv[-2:])).begin()
