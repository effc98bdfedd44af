"""The arrays of other authors' published weights: names and shapes as their programs make them, with random values.

The tables are written after the programs, layer by layer, and not after this project's networks.
"""

from __future__ import annotations

import itertools
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

Shapes = dict[str, tuple[int, ...]]


def random_array(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return values that keep a network's features at about the same size, the same for the same name."""
    values = np.random.default_rng(zlib.crc32(name.encode())).random(shape)
    leaf = name.rpartition("/")[2]
    if leaf in ("gamma", "moving_variance"):
        return (0.5 + values).astype(np.float32)
    spread = 0.1 if len(shape) == 1 else math.sqrt(6.0 / _inputs(leaf, shape))
    if name.endswith(("decoder/h7/fuse_skip_connection/W_conv2d", "dc7/W")):
        spread *= 0.02  # the logarithm of light, and what a sigmoid gets
    return (spread * (2.0 * values - 1.0)).astype(np.float32)


def random_arrays(shapes: Shapes) -> dict[str, np.ndarray]:
    return {name: random_array(name, shape) for name, shape in shapes.items()}


def _inputs(leaf: str, shape: tuple[int, ...]) -> int:
    """Return how many values each output of a layer is a sum of, roughly."""
    if leaf == "W":  # Chainer
        return math.prod(shape[1:]) if len(shape) == 4 else shape[0] * math.prod(shape[2:]) // 4
    if leaf == "W_deconv2d":
        return shape[0] * shape[1] * shape[3] // 4
    return math.prod(shape[:-1])


# -- HDR-CNN, network.py, and SingleHDR, hallucination_net.py ---------------------------------------------------------

_VGG = {
    "h1": [(3, 64), (64, 64)],
    "h2": [(64, 128), (128, 128)],
    "h3": [(128, 256), (256, 256), (256, 256)],
    "h4": [(256, 512), (512, 512), (512, 512)],
    "h5": [(512, 512), (512, 512), (512, 512)],
}


def _tensorlayer_convolution(name: str, size: int, inputs: int, outputs: int) -> Shapes:
    return {f"{name}/W_conv2d": (size, size, inputs, outputs), f"{name}/b_conv2d": (outputs,)}


def _tensorlayer_batch_norm(name: str, channels: int) -> Shapes:
    return {f"{name}/{leaf}": (channels,) for leaf in ("beta", "gamma", "moving_mean", "moving_variance")}


def _autoencoder(*, transposed: bool) -> Shapes:
    shapes: Shapes = {}
    for block, layers in _VGG.items():
        for number, (inputs, outputs) in enumerate(layers, start=1):
            shapes |= _tensorlayer_convolution(f"encoder/{block}/conv_{number}", 3, inputs, outputs)
    shapes |= _tensorlayer_convolution("encoder/h6/conv", 3, 512, 512)
    shapes |= _tensorlayer_batch_norm("encoder/h6/batch_norm", 512)
    decoder = {"h1": (512, 512), "h2": (512, 512), "h3": (512, 256), "h4": (256, 128), "h5": (128, 64)}
    for step, (inputs, outputs) in decoder.items():
        if step != "h1":
            shapes |= _tensorlayer_convolution(f"decoder/{step}/fuse_skip_connection", 1, 2 * inputs, inputs)
        name = f"decoder/{step}/decon2d"
        if transposed:
            shapes |= {f"{name}/W_deconv2d": (4, 4, outputs, inputs), f"{name}/b_deconv2d": (outputs,)}
        else:
            shapes |= _tensorlayer_convolution(name, 3, inputs, outputs)
        shapes |= _tensorlayer_batch_norm(f"{name}/batch_norm_dc", outputs)
    shapes |= _tensorlayer_convolution("decoder/h6/fuse_skip_connection", 1, 128, 64)
    shapes |= _tensorlayer_convolution("decoder/h7/conv2d", 1, 64, 3)
    shapes |= _tensorlayer_batch_norm("decoder/h7/batch_norm", 3)
    return shapes | _tensorlayer_convolution("decoder/h7/fuse_skip_connection", 1, 6, 3)


def hdrcnn_shapes() -> Shapes:
    """In the order in which TensorLayer's save_npz writes them."""
    return _autoencoder(transposed=True)


def write_hdrcnn(path: Path, arrays: Mapping[str, np.ndarray]) -> Path:
    listed = np.empty(len(arrays), dtype=object)
    listed[:] = list(arrays.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, params=listed)
    return path


# -- SingleHDR --------------------------------------------------------------------------------------------------------


def _unet(scope: str, inputs: int, deepest: int) -> Shapes:
    layers = [(7, inputs, 16), (7, 16, 16)]
    layers += [(5, 16, 32), (5, 32, 32), (3, 32, 64), (3, 64, 64), (3, 64, 128), (3, 128, 128)]
    layers += [(3, 128, deepest), (3, deepest, deepest)]
    layers += [(3, deepest, 128), (3, 256, 128), (3, 128, 64), (3, 128, 64), (3, 64, 32), (3, 64, 32)]
    layers += [(3, 32, 16), (3, 32, 16), (3, 16, 3)]
    shapes: Shapes = {}
    for number, (size, before, after) in enumerate(layers):
        name = f"{scope}/conv2d_{number}" if number else f"{scope}/conv2d"
        shapes |= {f"{name}/kernel": (size, size, before, after), f"{name}/bias": (after,)}
    return shapes


def _crf_feature_net() -> Shapes:
    layers = {
        "conv1": (7, 102, 64),
        "res2a_branch1": (1, 64, 256),
        "res2a_branch2a": (1, 64, 64),
        "res2a_branch2b": (3, 64, 64),
        "res2a_branch2c": (1, 64, 256),
        "res2b_branch2a": (1, 256, 64),
        "res2b_branch2b": (3, 64, 64),
        "res2b_branch2c": (1, 64, 256),
        "res2c_branch2a": (1, 256, 64),
        "res2c_branch2b": (3, 64, 64),
        "res2c_branch2c": (1, 64, 256),
        "res3a_branch1": (1, 256, 512),
        "res3a_branch2a": (1, 256, 128),
        "res3a_branch2b": (3, 128, 128),
        "res3a_branch2c": (1, 128, 512),
        "res3b_branch2a": (1, 512, 128),
        "res3b_branch2b": (3, 128, 128),
        "res3b_branch2c": (1, 128, 512),
    }
    shapes: Shapes = {"crf_feature_net/conv1/biases": (64,)}
    for name, (size, inputs, outputs) in layers.items():
        norm = "bn_conv1" if name == "conv1" else name.replace("res", "bn")
        shapes[f"crf_feature_net/{name}/weights"] = (size, size, inputs, outputs)
        for leaf in ("beta", "gamma", "moving_mean", "moving_variance"):
            shapes[f"crf_feature_net/{norm}/BatchNorm/{leaf}"] = (outputs,)
    return shapes


def singlehdr_shapes() -> Shapes:
    hallucination = {f"Hallucination_Net/{name}": shape for name, shape in _autoencoder(transposed=False).items()}
    decoder: Shapes = {"ae_invcrf_decode_net/dense/kernel": (512, 11), "ae_invcrf_decode_net/dense/bias": (11,)}
    unets = _unet("Dequantization_Net", 3, 256) | _unet("Refinement_Net", 9, 128)
    return unets | _crf_feature_net() | decoder | hallucination


def write_components(path: Path) -> Path:
    """Write an ``invemor.txt`` of smooth curves, in the layout of the file that comes with the program."""
    level = np.linspace(0.0, 1.0, 1024)
    curves = {"B": level, "g0": level**2.2}
    curves |= {f"hinv({number})": np.sin(np.pi * number * level) / (10.0 * number) for number in range(1, 12)}
    text = ""
    for name, values in curves.items():
        rows = values.reshape(-1, 4)
        text += f"{name} = \n" if name in ("B", "g0") else f"{name}=\n"
        text += "".join("   ".join(f"{value:.6e}" for value in row) + "\n" for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")
    return path


def write_checkpoint(index: Path, arrays: Mapping[str, np.ndarray], block_entries: int = 16) -> Path:
    """Write a TensorFlow checkpoint of format V2 and one shard; returns the index."""
    index.parent.mkdir(parents=True, exist_ok=True)
    entries = [(b"", b"\x08\x01\x1a\x02\x08\x01")]  # num_shards 1, version.producer 1
    offset = 0
    with index.with_suffix(".data-00000-of-00001").open("wb") as shard:
        for name, array in sorted(arrays.items()):
            data = np.ascontiguousarray(array, dtype="<f4").tobytes()
            shard.write(data)
            shape = b"".join(_message(2, _number(1, size)) for size in array.shape)
            value = _number(1, 1) + _message(2, shape) + _number(4, offset) + _number(5, len(data))
            entries.append((name.encode(), value + b"\x35" + struct.pack("<I", 0)))
            offset += len(data)
    index.write_bytes(_table(entries, block_entries))
    return index


def _table(entries: list[tuple[bytes, bytes]], block_entries: int) -> bytes:
    data, handles = b"", []
    for start in range(0, len(entries), block_entries):
        block = _block(entries[start : start + block_entries])
        handles.append((entries[min(start + block_entries, len(entries)) - 1][0], _handle(len(data), len(block))))
        data += block + bytes(5)
    metaindex, index = _block([]), _block(handles)
    footer = _handle(len(data), len(metaindex))
    data += metaindex + bytes(5)
    footer += _handle(len(data), len(index))
    return data + index + bytes(5) + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def _block(entries: list[tuple[bytes, bytes]]) -> bytes:
    data, previous = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(previous)) and key[shared] == previous[shared]:
            shared += 1
        data += _varint(shared) + _varint(len(key) - shared) + _varint(len(value)) + key[shared:] + value
        previous = key
    return data + struct.pack("<II", 0, 1)


def _handle(offset: int, size: int) -> bytes:
    return _varint(offset) + _varint(size)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    data = b""
    while value > 0x7F:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


# -- Santos et al., network/softconvmask.py ---------------------------------------------------------------------------


def santos_shapes() -> Shapes:
    """The keys of ``checkpoint["model"]``, masks' kernels included."""
    encoder = [(3, 64, 7), (64, 128, 5), (128, 256, 5), (256, 512, 3), (512, 512, 3), (512, 512, 3), (512, 512, 3)]
    decoder = [(67, 3), (192, 64), (384, 128), (768, 256), (1024, 512), (1024, 512), (1024, 512)]
    shapes: Shapes = {}
    for number, (inputs, outputs, size) in enumerate(encoder, start=1):
        shapes[f"enc_{number}.conv.input_conv.weight"] = (outputs, inputs, size, size)
    for number, (inputs, outputs) in enumerate(decoder, start=1):
        shapes[f"dec_{number}.conv.input_conv.weight"] = (outputs, inputs, 3, 3)
    shapes |= {name.replace("input_conv", "mask_update_conv"): shape for name, shape in shapes.items()}
    return shapes | {"dec_1.conv.input_conv.bias": (3,)}


# -- DrTMO, network.py ------------------------------------------------------------------------------------------------


def drtmo_shapes(channels: int = 64) -> Shapes:
    """With 64 channels in the first layer these are the published shapes."""
    encoder = [3, *(channels * multiple for multiple in (1, 2, 4, 8, 8, 8, 8, 8, 8))]
    shapes: Shapes = {}
    for number, (inputs, outputs) in enumerate(itertools.pairwise(encoder)):
        shapes |= {f"c{number}/W": (outputs, inputs, 4, 4), f"c{number}/b": (outputs,)}
        if number:
            shapes |= _chainer_batch_norm(f"bnc{number}", outputs)
    decoder = {
        "dc00": (8, 8, 4),
        "dc0": (16, 8, 4),
        "dc1": (16, 8, 4),
        "dc2": (16, 8, 3),
        "dc3": (16, 8, 3),
        "dc4": (16, 4, 3),
        "dc5": (8, 2, 3),
        "dc6": (4, 1, 3),
    }
    for name, (inputs, outputs, depth) in decoder.items():
        inputs, outputs = inputs * channels, outputs * channels
        shapes |= {f"{name}/W": (inputs, outputs, depth, 4, 4), f"{name}/b": (outputs,)}
        shapes |= _chainer_batch_norm(f"bn{name}", outputs)
    return shapes | {"dc7/W": (2 * channels, 3, 3, 4, 4), "dc7/b": (3,)}


def _chainer_batch_norm(name: str, channels: int) -> Shapes:
    return {f"{name}/{leaf}": (channels,) for leaf in ("gamma", "beta", "avg_mean", "avg_var")}


def write_drtmo(path: Path, arrays: Mapping[str, np.ndarray]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path
