"""A pretended GPU in torch: tensors that are in the CPU's memory and are treated as another device's.

An operation on tensors of both devices raises, as on a GPU, and so does NumPy's access to a tensor of the pretended
device. What is copied back to the CPU is counted.
"""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

torch.utils.backend_registration._setup_privateuseone_for_python_backend("pretended")
DEVICE = torch.device("pretended", 0)
_CPU = torch.device("cpu")
#: Indices may be on the CPU, and so may one side of a copy.
_MIXED = ("aten.index", "aten._index_put", "aten.copy_", "aten._to_copy")
_TO_PYTHON = {getattr(torch.Tensor, name) for name in ("__float__", "__int__", "__bool__", "__index__", "item")}


class PretendedGpu(TorchDispatchMode):
    """While it is active, tensors can be made on :data:`DEVICE`.

    Attributes:
        operations: how many ran on the device.
        copied_back: how many elements were copied to the CPU, by operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self.copied_back: dict[str, int] = {}

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        keywords = dict(keywords or {})
        tensors = [each for each in tree_leaves((arguments, keywords)) if isinstance(each, torch.Tensor)]
        pretended = [each for each in tensors if isinstance(each, _Pretended)]
        name = str(operation)
        is_mixed = pretended and any(each.dim() > 0 for each in tensors if not isinstance(each, _Pretended))
        if is_mixed and not name.startswith(_MIXED):
            raise RuntimeError(f"{name}: tensors of {DEVICE} and of the CPU")
        wanted = keywords.get("device")
        on_device = bool(pretended) if wanted is None else torch.device(wanted).type == DEVICE.type
        if wanted is not None:
            keywords["device"] = _CPU
        self.operations += on_device
        if pretended and not on_device:
            self.count_back(name, pretended[0].numel())
        if operation._schema.is_mutable and pretended:
            operation(*tree_map(_held, arguments), **tree_map(_held, keywords))
            return arguments[0]
        result = operation(*tree_map(_held, arguments), **tree_map(_held, keywords))
        return tree_map(_pretended, result) if on_device else result

    def count_back(self, name: str, elements: int) -> None:
        self.copied_back[name] = self.copied_back.get(name, 0) + elements


class _Pretended(torch.Tensor):
    """A tensor of the pretended GPU."""

    @staticmethod
    def __new__(cls, held: torch.Tensor):
        options = {"dtype": held.dtype, "device": DEVICE, "storage_offset": held.storage_offset()}
        return torch.Tensor._make_wrapper_subclass(cls, held.size(), strides=held.stride(), **options)

    def __init__(self, held: torch.Tensor) -> None:
        self.held = held

    @classmethod
    def __torch_function__(cls, function, types, arguments=(), keywords=None):
        if function in _TO_PYTHON:
            return function(arguments[0].held)
        with torch._C.DisableTorchFunctionSubclass():
            return function(*arguments, **(keywords or {}))

    @classmethod
    def __torch_dispatch__(cls, operation, types, arguments=(), keywords=None):
        raise RuntimeError(f"{operation} outside of the pretended GPU")


def _held(value):
    return value.held if isinstance(value, _Pretended) else value


def _pretended(value):
    return _Pretended(value) if isinstance(value, torch.Tensor) else value
