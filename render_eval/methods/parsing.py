"""From the names on the command line to methods."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lanet_core.errors import WrongModelError
from render_eval.methods.boost import BEST_BOOST_EV, Boost
from render_eval.methods.checkpoint import CheckpointNetwork
from render_eval.methods.drtmo import DrTmo
from render_eval.methods.expandnet import ExpandNet
from render_eval.methods.folder import PredictionFolder
from render_eval.methods.hdrcnn import HdrCnn
from render_eval.methods.huo import Huo
from render_eval.methods.koeo import Koeo
from render_eval.methods.ldr import Ldr
from render_eval.methods.liu import Liu
from render_eval.methods.method import Method, MethodError
from render_eval.methods.oracle import Oracle
from render_eval.methods.own_models import image_model, panorama_model
from render_eval.methods.santos import Santos

#: What can be requested by name; EV stands for a number.
KNOWN_METHODS = (
    "ldr",
    "boost",
    "boost-EV",
    "koeo",
    "huo",
    "expandnet",
    "hdrcnn",
    "drtmo",
    "santos",
    "liu",
    "lanet",
    "panolanet",
    "oracle-EV",
)


@dataclass(frozen=True)
class MethodOptions:
    """What methods take from the command line.

    Attributes:
        boost_ev: stops of the method ``boost``.
        expandnet_weights: Expand-Net's published weights, if they are not in ``weights``.
        weights: the folder of all methods' published weights.
        model: the model of the method ``panolanet``; None for the shipped one.
        image_model: the model of the method ``lanet``; None for the shipped one.
        provider: ONNX Runtime's provider; one for all, since providers differ in the last bits.
        threads: ONNX Runtime's CPU threads; all cores by default.
    """

    boost_ev: float = BEST_BOOST_EV
    expandnet_weights: Path | None = None
    weights: Path | None = None
    model: Path | None = None
    image_model: Path | None = None
    provider: str = "cpu"
    threads: int | None = None


_BY_NAME: dict[str, Callable[[MethodOptions], Method]] = {
    "ldr": lambda options: Ldr(),
    "boost": lambda options: Boost("boost", options.boost_ev),
    "koeo": lambda options: Koeo(),
    "huo": lambda options: Huo(),
    "expandnet": lambda options: ExpandNet(options.expandnet_weights, folder=options.weights),
    "hdrcnn": lambda options: HdrCnn(options.weights),
    "drtmo": lambda options: DrTmo(options.weights),
    "santos": lambda options: Santos(options.weights),
    "liu": lambda options: Liu(options.weights),
    "lanet": lambda options: image_model(
        "lanet", options.image_model, provider=options.provider, threads=options.threads
    ),
    "panolanet": lambda options: panorama_model(
        "panolanet", options.model, provider=options.provider, threads=options.threads
    ),
}
_BY_FAMILY: dict[str, Callable[[str, float], Method]] = {"boost": Boost, "oracle": Oracle}
_FAMILY_MEMBER = re.compile(rf"({'|'.join(_BY_FAMILY)})-(\d+(?:\.\d+)?)")
#: Names become folders and table headings.
_GIVEN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


def parse_methods(
    names: str, folders: Mapping[str, Path] | None = None, options: MethodOptions | None = None
) -> list[Method]:
    """Return methods by their names, in order, ready to predict.

    Args:
        names: names of :data:`KNOWN_METHODS` and keys of ``folders``, separated by commas.
        folders: by name: a folder of predictions, a checkpoint (``.pt``) or a model (``.onnx``). Those whose names
            are not in ``names`` follow at the end.
        options: what the methods take from the command line.

    Raises:
        MethodError: a name is unknown, given twice, or not fit for a file's name; nothing is requested; or a method
            cannot be set up.
        LanetError: a model or a checkpoint cannot be loaded.
    """
    folders, options = folders or {}, options or MethodOptions()
    for name in folders:
        _check_given_name(name)
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    wanted += [name for name in folders if name not in wanted]
    if not wanted:
        raise MethodError("No method was requested.", remedy=_remedy(folders))
    twice = sorted({name for name in wanted if wanted.count(name) > 1})
    if twice:
        raise MethodError(f"The method {twice[0]} is named twice.", remedy="Name each method once.")
    makers = [_maker(name, folders, options) for name in wanted]  # all names are known before the first model is loaded
    return [make() for make in makers]


def _maker(name: str, folders: Mapping[str, Path], options: MethodOptions) -> Callable[[], Method]:
    if name in folders:
        return lambda: _from_path(name, Path(folders[name]), options)
    if name in _BY_NAME:
        return lambda: _BY_NAME[name](options)
    member = _FAMILY_MEMBER.fullmatch(name)
    if member is None:
        raise MethodError(f"There is no method {name!r}.", remedy=_remedy(folders))
    family, stops = member.groups()
    return lambda: _BY_FAMILY[family](name, float(stops))


def _from_path(name: str, path: Path, options: MethodOptions) -> Method:
    if path.suffix == ".pt":
        return CheckpointNetwork(name, path, threads=options.threads)
    if path.suffix == ".onnx":
        return _from_model(name, path, options)
    return PredictionFolder(name, path)


def _from_model(name: str, path: Path, options: MethodOptions) -> Method:
    """Return a model for panoramas, or else one for single images."""
    settings = {"provider": options.provider, "threads": options.threads}
    try:
        return panorama_model(name, path, **settings)
    except WrongModelError:
        return image_model(name, path, **settings)


def _check_given_name(name: str) -> None:
    if not _GIVEN_NAME.fullmatch(name):
        raise MethodError(
            f"A method cannot be called {name!r}.", remedy="Use letters, digits and the signs _ . + - only."
        )
    if name in _BY_NAME or _FAMILY_MEMBER.fullmatch(name):
        raise MethodError(f"The name {name} belongs to a method of this program.", remedy="Choose another name.")


def _remedy(folders: Mapping[str, Path]) -> str:
    return f"Known are: {', '.join((*KNOWN_METHODS, *folders))}; --method NAME=PATH adds another."
