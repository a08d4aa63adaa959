"""Looks through the bytes of an ONNX file for what no checkpoint may have, before anything loads it.

ONNX is a protobuf message (onnx.proto). Only its outline is read: which fields there are and how long they
are; weights are passed over. So no package that parses ONNX is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from server.forensics.checkpoints.card import Unfit

STANDARD: Final = frozenset({"", "ai.onnx", "ai.onnx.ml"})
"""The domains whose operators onnxruntime itself defines."""
_DEEPEST: Final = 32
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_FIELDS: Final = 2_000_000

# Field numbers of onnx.proto, by message.
_MODEL_GRAPH, _MODEL_OPSETS, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 8, 20, 25
_OPSET_DOMAIN: Final = 1
_GRAPH_NODES, _GRAPH_WEIGHTS, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTES, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
_SPARSE_PARTS: Final = (1, 2)
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14

Field = tuple[int, "int | memoryview"]


class _Broken(Exception):
    """The bytes are no protobuf message."""


def examine(data: bytes) -> None:
    """Raise Unfit, with a sentence, for a file that is no ONNX model, that keeps weights in another file, or
    that has operators or functions of its own."""
    try:
        _Look().model(memoryview(data))
    except _Broken:
        raise Unfit("The file is not an ONNX model, or it is damaged.") from None


class _Look:
    def __init__(self) -> None:
        self._left = _MOST_FIELDS

    def model(self, data: memoryview) -> None:
        graphs = 0
        for field, value in self._fields(data):
            if field == _MODEL_GRAPH:
                graphs += 1
                self._graph(_part(value), 0)
            elif field == _MODEL_OPSETS:
                for inner, domain in self._fields(_part(value)):
                    if inner == _OPSET_DOMAIN:
                        _standard(domain)
            elif field in (_MODEL_TRAINING, _MODEL_FUNCTIONS):
                raise Unfit("The model brings functions of its own: only standard operators are accepted.")
        if graphs != 1:
            raise _Broken

    def _graph(self, data: memoryview, depth: int) -> None:
        if depth > _DEEPEST:
            raise _Broken
        for field, value in self._fields(data):
            if field == _GRAPH_NODES:
                self._node(_part(value), depth)
            elif field == _GRAPH_WEIGHTS:
                self._tensor(_part(value))
            elif field == _GRAPH_SPARSE:
                self._sparse(_part(value))

    def _node(self, data: memoryview, depth: int) -> None:
        for field, value in self._fields(data):
            if field == _NODE_DOMAIN:
                _standard(value)
            elif field == _NODE_ATTRIBUTES:
                for inner, content in self._fields(_part(value)):
                    if inner in _ATTRIBUTE_TENSORS:
                        self._tensor(_part(content))
                    elif inner in _ATTRIBUTE_GRAPHS:
                        self._graph(_part(content), depth + 1)
                    elif inner in _ATTRIBUTE_SPARSE:
                        self._sparse(_part(content))

    def _sparse(self, data: memoryview) -> None:
        for field, value in self._fields(data):
            if field in _SPARSE_PARTS:
                self._tensor(_part(value))

    def _tensor(self, data: memoryview) -> None:
        for field, value in self._fields(data):
            if field == _TENSOR_EXTERNAL or (field == _TENSOR_LOCATION and value != 0):
                raise Unfit("The model keeps weights in another file: only one file is accepted.")

    def _fields(self, data: memoryview) -> Iterator[Field]:
        at = 0
        while at < len(data):
            self._left -= 1
            if self._left < 0:
                raise _Broken
            key, at = _number(data, at)
            field, wire = key >> 3, key & 7
            if field == 0 or key >= 1 << 32:  # other readers drop the bits beyond, and see another field
                raise _Broken
            if wire == _VARINT:
                number, at = _number(data, at)
                yield field, number
                continue
            size = {_FIXED64: 8, _FIXED32: 4}.get(wire)
            if size is None:
                if wire != _BYTES:
                    raise _Broken
                size, at = _number(data, at)
            if size > len(data) - at:
                raise _Broken
            yield field, data[at : at + size]
            at += size


def _number(data: memoryview, at: int) -> tuple[int, int]:
    """The varint at `at`, and where it ends."""
    number = 0
    for i in range(10):
        if at + i >= len(data):
            raise _Broken
        byte = data[at + i]
        number |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return number, at + i + 1
    raise _Broken


def _part(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _Broken
    return value


def _standard(value: int | memoryview) -> None:
    domain = bytes(_part(value)[:80]).decode("utf-8", "replace")
    if domain not in STANDARD:
        raise Unfit("The model has operators that are not standard ONNX: they are not accepted.")
