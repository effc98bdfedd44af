"""A scene's conversion, from the button to the world: its image made an EXR file, and the scene lit by that.

The modal operator, Python's blocking call, batches and the command line all go this way:

    conversion = WorldConversion(worker, scene, settings)            raises AddonError: nothing to convert
    while conversion.step() is State.RUNNING: …                 from a timer; conversion.cancel() at any time
    conversion.state, .message, .notes, .hdr                    how it ended

Until the last step nothing of the .blend is touched; that step changes the world, all at once. What happens to the
.blend in between is met by looking everything up again: datablocks are known by their ``session_uid``, which outlives
undo but not the loading of another file. To convert images without a scene, use
:class:`addon.conversion.image.ImageConversion`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
from bpy.types import ID, Image, Scene

from ..converter_settings import ConversionSettings
from ..errors import AddonError
from ..source.image_loading import load_image
from ..translation import tr
from ..worker.shared import SharedWorker
from ..world import backplate
from ..world.engine_settings import fit_engines
from ..world.graph import apply_hdr, environment_image, find_environment_texture, remembered_pair, textures_for
from ..world.ground import ground_of, remove_ground
from ..world.image_texture import flat_texture
from ..world.lamps import has_lamps, remove_lamps
from ..world.light_notes import notes_after, notes_before
from ..world.obstacles import check_no_obstacle
from ..world.packing import pack, pack_on_saving
from ..world.rendered_world import rendered_world
from ..world.strength_range import remember_range
from .image import ImageConversion
from .stepped_work import State, SteppedWork


class WorldConversion(SteppedWork):
    """One scene's conversion, begun by making it and advanced by :meth:`step`, which never waits.

    Args:
        worker: the session's.
        scene: whose world shall be lit.
        settings: from the preferences.
        filepath: an image file in place of the world's image; it becomes an image of the .blend at the end.
        image: an image in place of the world's. Without both, see :func:`image_to_convert`.

    Attributes:
        name: the image's.
        hdr: the HDR image, once FINISHED.
        message: once FAILED, what was wrong and what to do.
        notes: remarks for the user on the result.

    Raises:
        AddonError: there is no image, it cannot be converted, or there is no place for the result.
    """

    def __init__(
        self,
        worker: SharedWorker,
        scene: Scene,
        settings: ConversionSettings,
        *,
        filepath: str | Path = "",
        image: Image | None = None,
    ) -> None:
        self._filepath = bpy.path.abspath(str(filepath)) if filepath else ""
        self._pack, self._folder = settings.pack, settings.folder
        settings = replace(settings, lights=True)
        self._scene = scene.session_uid
        self._world_before = _world_of(scene)
        self._state: State | None = None
        self.hdr: Image | None = None
        self.message = ""
        if scene.library is not None or not (self._filepath or image):
            check_no_obstacle(scene)
        if self._filepath:
            textures_for(scene, None)  # an error now is better than one in the end
            ldr, is_new = load_image(self._filepath)
            try:
                self._image = ImageConversion(worker, ldr, settings, image_goes=is_new)
            finally:
                if is_new:
                    bpy.data.images.remove(ldr)
            self._ldr = None
        else:
            ldr = image or image_to_convert(scene)
            if ldr is None:
                raise AddonError("This world has no environment image. Choose or open one in the panel LANet IBL.")
            textures_for(scene, ldr)
            self._ldr = ldr.session_uid
            self._image = ImageConversion(worker, ldr, settings)
        self.name = self._image.name

    @property
    def output(self) -> Path:
        """The EXR file; once FINISHED, maybe of a numbered name."""
        return self._image.output

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._state or State.RUNNING

    @property
    def share(self) -> float:
        """How much is done, [0, 1]."""
        return self._image.share

    @property
    def stage(self) -> str:
        """What is being done, a word of the worker's."""
        return self._image.stage

    @property
    def facts(self) -> dict[str, Any]:
        """The worker's figures of the result, see :mod:`lanet_core.pipeline.worker`."""
        return self._image.facts

    @property
    def notes(self) -> list[str]:
        """Remarks for the user on the result."""
        return self._image.notes

    @property
    def details(self) -> str:
        """What the worker last complained of: for the console."""
        return self._image.details

    def step(self) -> State:
        """Continue if something can be done now; return where it stands. The step that finishes it lights the scene."""
        if self._state is not None:
            return self._state
        state = self._image.step()
        if state is State.FAILED:
            self.message = self._image.message
        if state is not State.FINISHED:
            self._state = None if state is State.RUNNING else state
            return state
        self._light()
        return self.state

    def cancel(self) -> None:
        """Make it CANCELLED at once, unless it has ended already; the worker stops within half a second of polling."""
        if self._state is None:
            self._image.cancel()
            self._state = State.CANCELLED

    def wait(self) -> State:
        """Advance it to its end as :class:`SteppedWork` does, and pack what is to be packed."""
        super().wait()
        if self._pack and self.state is State.FINISHED and not pack(self.hdr):
            self.notes.append(f"The HDR cannot be packed: {self.output} cannot be read.")
        return self.state

    def settle(self) -> None:
        """Wait until the worker is done with it, where it was cancelled."""
        self._image.settle()

    def _light(self) -> None:
        try:
            self.hdr = self._apply(self._unchanged_scene())
        except AddonError as error:
            self.message = str(error)
            self._state = State.FAILED
            return
        if self._pack:
            pack_on_saving(self.hdr)
        self._state = State.FINISHED

    def _apply(self, scene: Scene) -> Image:
        if not self._filepath:
            return self._apply_image(scene, self._ldr_image())
        ldr, is_new = load_image(self._filepath)
        try:
            return self._apply_image(scene, ldr)
        except AddonError:
            if is_new:
                bpy.data.images.remove(ldr)
            raise

    def _apply_image(self, scene: Scene, ldr: Image) -> Image:
        before = notes_before(scene, ldr)
        if has_lamps(scene):
            remove_lamps(scene)
            before.append("The lamps of the former light were removed.")
        if ground_of(scene) is not None:
            remove_ground(scene)
            before.append("The ground projection of the former light was removed.")
        hdr = apply_hdr(scene, ldr, self.output, is_relative=self._folder.startswith("//"))
        backplate.refresh(scene)
        remember_range(hdr, self.facts.get("strength_range_ev"))
        fit_engines(rendered_world(scene), self.facts.get("lights", ()))
        self.notes.extend(before + notes_after(scene))
        return hdr

    def _unchanged_scene(self) -> Scene:
        scene = _find(bpy.data.scenes, self._scene)
        if scene is None:
            raise self._left_alone("The scene was removed")
        if _world_of(scene) != self._world_before:
            raise self._left_alone("The scene was given another world or image")
        return scene

    def _ldr_image(self) -> Image:
        ldr = _find(bpy.data.images, self._ldr)
        if ldr is None:
            raise self._left_alone("The image was removed")
        return ldr

    def _left_alone(self, what: str) -> AddonError:
        return AddonError(
            tr(
                "{change} during the conversion, and nothing was changed. The HDR is here: {path}",
                change=tr(what),
                path=self.output,
            )
        )


def image_to_convert(scene: Scene) -> Image | None:
    """Return what the button converts: the image that lights a scene, or the LDR image that it was made of.

    An Image Texture counts too, in a world without an Environment Texture.
    """
    texture = find_environment_texture(scene) or flat_texture(scene)
    image = texture.node.image if texture is not None else None
    pair = remembered_pair(rendered_world(scene))
    return pair.ldr if pair is not None and image in pair.images else image


def _world_of(scene: Scene) -> tuple[int | None, int | None]:
    """Return a scene's world and its environment image by their numbers."""
    return _uid(rendered_world(scene)), _uid(environment_image(scene))


def _uid(datablock: ID | None) -> int | None:
    return datablock.session_uid if datablock is not None else None


def _find(datablocks, uid: int | None):
    return next((each for each in datablocks if each.session_uid == uid), None)
