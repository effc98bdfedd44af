"""What test_browsers.py runs in a Blender with a window: ``blender --enable-event-simulate -P THIS -- FOLDER SCREEN``.

It drops images on editors, and uses the menus of the File Browser and of the Asset Browser. ``FOLDER`` contains
``city.jpg`` and the folder ``photographs``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from window_artist import MODULE, Artist, area_of, environment, region_of, window


class Visitor(Artist):
    """Uses the extension outside its panel."""

    def scenario(self) -> Iterator[Callable[[], bool]]:
        """Yield what to wait for before the next step."""
        bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "scene.blend"))
        yield self.turns_from_now(4)
        yield from self._drop()
        yield from self._convert_folder()
        yield from self._browse_files()
        yield from self._browse_assets()
        yield from self._pick()

    def _drop(self) -> Iterator[Callable[[], bool]]:
        yield from self._drop_on("VIEW_3D", "city.jpg", "drop menu")
        self.facts["is_converting"] = self.session.conversion is not None
        yield from self.photograph("dropped")
        yield lambda: self.session.conversion is None
        self.facts["dropped"] = environment().image.name
        yield from self.photograph("lit")
        editor = area_of("DOPESHEET_EDITOR")
        editor.ui_type = "ShaderNodeTree"
        editor.spaces.active.shader_type = "WORLD"
        yield self.turns_from_now(4)
        yield from self._drop_on("NODE_EDITOR", "city.jpg", "drop menu of nodes")
        self.facts["is_converting_again"] = self.session.conversion is not None
        yield lambda: self.session.conversion is None
        yield from self.photograph("shader editor")

    def _convert_folder(self) -> Iterator[Callable[[], bool]]:
        """Convert the folder: cancel it by Esc once an image is done, and begin again."""
        with bpy.context.temp_override(window=window()):
            bpy.ops.lanet.convert_folder("INVOKE_DEFAULT", directory=str(self.folder / "photographs"))
        running = self.session.conversion
        yield lambda: bool(running.listed)
        yield from self.photograph("folder")
        self.press_key("ESC")
        yield lambda: self.session.conversion is None
        self.facts["cancelled"] = (running.state.name, len(running.listed))
        self.facts["cancelled_text"] = [message.text for message in self.session.messages]
        with bpy.context.temp_override(window=window()):
            bpy.ops.lanet.convert_folder("INVOKE_DEFAULT", directory=str(self.folder / "photographs"))
        yield lambda: self.session.conversion is None
        self.facts["summary"] = [message.text for message in self.session.messages]

    def _browse_files(self) -> Iterator[Callable[[], bool]]:
        browser = area_of("VIEW_3D")
        browser.ui_type = "FILES"
        yield self.turns_from_now(4)
        browser.spaces.active.params.directory = str(self.folder / "photographs").encode()
        browser.spaces.active.params.display_type = "THUMBNAIL"
        yield self.turns_from_now(40)
        with bpy.context.temp_override(window=window(), area=browser, region=region_of(browser, "WINDOW")):
            bpy.ops.file.select_all(action="SELECT")
        yield self.turns_from_now(4)
        yield from self._menu(browser, "FILEBROWSER_MT_context_menu", "file browser")

    def _browse_assets(self) -> Iterator[Callable[[], bool]]:
        browser = area_of("FILE_BROWSER")
        browser.ui_type = "ASSETS"
        yield self.turns_from_now(4)
        (library,) = [
            each
            for each in bpy.context.preferences.filepaths.asset_libraries
            if each.path and Path(each.path) == self.folder / "photographs" / "hdr_library"
        ]
        browser.spaces.active.params.asset_library_reference = library.name
        yield self.turns_from_now(60)
        for place in range(3):  # their order depends on Blender's version
            self._click(browser, place)
            yield self.turns_from_now(10)
            with bpy.context.temp_override(window=window(), area=browser, region=region_of(browser, "WINDOW")):
                asset = bpy.context.asset
            self.facts["asset"] = asset and (asset.name, asset.id_type)
            if asset and asset.name == "city":
                break
        yield from self._menu(browser, "ASSETBROWSER_MT_context_menu", "asset browser")
        with bpy.context.temp_override(window=window(), area=browser, region=region_of(browser, "WINDOW")):
            self.facts["asset_entry"] = bpy.ops.lanet.convert_asset.poll()
            bpy.ops.lanet.convert_asset("INVOKE_DEFAULT")
        yield lambda: self.session.conversion is None
        self.facts["world"] = bpy.context.scene.world.name
        self.facts["lit_by_asset"] = environment().image.name
        yield from self.photograph("asset converted")

    def _pick(self) -> Iterator[Callable[[], bool]]:
        """Pick a point of the ground in an Image Editor, and one in a 3D Viewport; disable the extension meanwhile."""
        editor = area_of("FILE_BROWSER")
        editor.ui_type = "IMAGE_EDITOR"
        editor.spaces.active.image = self._pair().ldr
        yield self.turns_from_now(4)
        region = region_of(editor, "WINDOW")
        with bpy.context.temp_override(window=window(), area=editor, region=region):
            bpy.ops.image.view_all(fit_view=True)
        yield self.turns_from_now(4)
        x, y = region.view2d.view_to_region(0.3, 0.2)
        yield from self._pick_at(region.x + x, region.y + y)
        self.facts["picked"] = [message.text for message in self.session.messages]
        self.facts["pick_highlights"] = self._highlights()
        yield from self.photograph("picked")
        editor.ui_type = "VIEW_3D"
        yield self.turns_from_now(4)
        region = region_of(editor, "WINDOW")
        yield from self._pick_at(region.x + region.width // 2, region.y + 30)
        self.facts["picked_in_view"] = [message.text for message in self.session.messages]
        with bpy.context.temp_override(window=window()):
            bpy.ops.lanet.pick_surface("INVOKE_DEFAULT")
        yield self.turns_from_now(4)
        self.facts["modal"] = [each.bl_idname for each in window().modal_operators]
        bpy.ops.preferences.addon_disable(module=MODULE)
        yield self.turns_from_now(20)
        self.facts["modal_after_disabling"] = [each.bl_idname for each in window().modal_operators]
        bpy.ops.preferences.addon_enable(module=MODULE)
        yield self.turns_from_now(4)
        self.facts["pick_again"] = bpy.ops.lanet.pick_surface.poll()

    def _pick_at(self, x: int, y: int) -> Iterator[Callable[[], bool]]:
        bpy.context.scene.lanet.surface.kind = "OTHER"
        bpy.context.scene.lanet.surface.albedo = 0.05
        with bpy.context.temp_override(window=window()):
            bpy.ops.lanet.pick_surface("INVOKE_DEFAULT")
        yield self.turns_from_now(4)
        self._shoot("picking")
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=int(x), y=int(y))
        for value in ("PRESS", "RELEASE"):
            window().event_simulate(type="LEFTMOUSE", value=value, x=int(x), y=int(y))
        yield self.turns_from_now(4)
        yield lambda: self.session.conversion is None

    def _pair(self):
        return sys.modules[f"{MODULE}.world.graph"].remembered_pair(bpy.context.scene.world)

    def _highlights(self) -> float:
        graph = sys.modules[f"{MODULE}.world.graph"]
        return graph.light_node(bpy.context.scene).inputs["Highlights"].default_value

    def _menu(self, area: bpy.types.Area, menu: str, name: str) -> Iterator[Callable[[], bool]]:
        """Open a menu, photograph it and close it."""
        x, y = area.x + area.width // 2, area.y + 2 * area.height // 3
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        yield self.turns_from_now(2)
        with bpy.context.temp_override(window=window(), area=area, region=region_of(area, "WINDOW")):
            bpy.ops.wm.call_menu(name=menu)
        yield self.turns_from_now(10)
        self._shoot(name)
        window().event_simulate(type="ESC", value="PRESS", x=x, y=y)
        window().event_simulate(type="ESC", value="RELEASE", x=x, y=y)
        yield self.turns_from_now(4)

    def _click(self, area: bpy.types.Area, place: int) -> None:
        """Click an item of the first row of a browser."""
        region = region_of(area, "WINDOW")
        x, y = region.x + 60 + 110 * place, region.y + region.height - 60
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        for value in ("PRESS", "RELEASE"):
            window().event_simulate(type="LEFTMOUSE", value=value, x=x, y=y)

    def _drop_on(self, kind: str, name: str, shot: str) -> Iterator[Callable[[], bool]]:
        """Do what Blender does when a file is dropped on an editor, and choose the entry by its key."""
        area = area_of(kind)
        x, y = area.x + area.width // 2, area.y + area.height // 2
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        yield self.turns_from_now(2)
        with bpy.context.temp_override(window=window(), area=area, region=region_of(area, "WINDOW")):
            bpy.ops.wm.drop_import_file("INVOKE_DEFAULT", directory=f"{self.folder}/", files=[{"name": name}])
        yield self.turns_from_now(6)
        self._shoot(shot)
        for value in ("PRESS", "RELEASE"):
            window().event_simulate(type="L", value=value, x=x, y=y)
        yield self.turns_from_now(2)


if __name__ == "__main__":
    Visitor(*map(Path, sys.argv[-2:])).begin()
