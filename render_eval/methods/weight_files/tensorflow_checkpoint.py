"""TensorFlow checkpoints of format V2: ``NAME.index`` and ``NAME.data-00000-of-00001``, without TensorFlow.

The index is a table of LevelDB's format, not compressed: blocks of entries with shared key prefixes, an index block
and a footer. Its values are protocol buffers, ``BundleEntryProto``: a tensor's type, shape, shard, offset and size.
The shards contain the tensors, little-endian and without padding.

Source: tensorflow/core/util/tensor_bundle/tensor_bundle.h, tensorflow/core/protobuf/tensor_bundle.proto; LevelDB,
doc/table_format.md.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: tensorflow/core/framework/types.proto, as far as weights need it.
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5  # of a block: its compression and its checksum


@dataclass(frozen=True)
class _TensorEntry:
    """The place of a tensor: NumPy's name of its type, its shape, its shard and its bytes there."""

    dtype: str
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


class TensorflowCheckpoint:
    """The tensors of a checkpoint by name, each read when it is requested.

    Args:
        index: the file ``NAME.index``; the shards are stored next to it.

    Attributes:
        files: the index and the shards.

    Raises:
        ValueError: the index is no table, or a shard is missing.
        OSError: it cannot be read.
    """

    def __init__(self, index: Path) -> None:
        pairs = dict(_table(index.read_bytes()))
        header = _fields(pairs.pop(b"", b""))
        shards = header.get(1, [1])[0]
        if header.get(2, [0])[0]:
            raise ValueError("its numbers are big-endian")
        self._shards = [index.with_suffix(f".data-{number:05d}-of-{shards:05d}") for number in range(shards)]
        for shard in self._shards:
            if not shard.is_file():
                raise ValueError(f"{shard.name} is not next to it")
        self._entries = {key.decode(): _entry(value) for key, value in pairs.items()}
        self.files = (index, *self._shards)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a tensor.

        Raises:
            KeyError: there is none of this name.
            ValueError: its shard is too short, or it is of a type that weights do not have.
        """
        entry = self._entries[name]
        if entry.dtype not in _DTYPES.values():
            raise ValueError(f"{name} is of type {entry.dtype}")
        dtype = np.dtype(entry.dtype)
        count = math.prod(entry.shape)
        if entry.size != count * dtype.itemsize:
            raise ValueError(f"{name} has {entry.size} bytes and the shape {entry.shape}")
        with self._shards[entry.shard].open("rb") as file:
            file.seek(entry.offset)
            data = file.read(entry.size)
        if len(data) != entry.size:
            raise ValueError(f"{self._shards[entry.shard].name} is too short")
        return np.frombuffer(data, dtype).reshape(entry.shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a LevelDB table."""
    if len(data) < _FOOTER_BYTES or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise ValueError("it is no index of a checkpoint")
    footer = data[-_FOOTER_BYTES:]
    _, position = _handle(footer, 0)
    index_block, _ = _handle(footer, position)
    for _, value in _block(data, *index_block):
        block, _ = _handle(value, 0)
        yield from _block(data, *block)


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    if offset + size + _TRAILER_BYTES > len(data):
        raise ValueError("a block exceeds the file")
    if data[offset + size]:
        raise ValueError("its index is compressed")
    block = data[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    end = size - 4 * (restarts + 1)
    key, position = b"", 0
    while position < end:
        shared, position = _varint(block, position)
        own, position = _varint(block, position)
        length, position = _varint(block, position)
        key = key[:shared] + block[position : position + own]
        position += own
        yield key, block[position : position + length]
        position += length


def _handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    """Return a block's offset and size, and where the next handle begins."""
    offset, position = _varint(data, position)
    size, position = _varint(data, position)
    return (offset, size), position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("a number is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def _fields(message: bytes) -> dict[int, list]:
    """Return a protocol buffer's fields by number: numbers, or bytes of strings and messages."""
    fields: dict[int, list] = {}
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == 0:
            value, position = _varint(message, position)
        elif kind == 2:
            length, position = _varint(message, position)
            value, position = message[position : position + length], position + length
        elif kind in (1, 5):
            width = 8 if kind == 1 else 4
            value, position = int.from_bytes(message[position : position + width], "little"), position + width
        else:
            raise ValueError("an entry is damaged")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _entry(message: bytes) -> _TensorEntry:
    fields = _fields(message)
    number = {key: values[0] for key, values in fields.items()}
    dimensions = _fields(number.get(2, b"")).get(2, [])
    shape = tuple(_fields(each).get(1, [0])[0] for each in dimensions)
    dtype = _DTYPES.get(number.get(1, 0), f"number {number.get(1, 0)} of types.proto")
    return _TensorEntry(dtype, shape, number.get(3, 0), number.get(4, 0), number.get(5, 0))
