"""A tiny ONNX model, written by hand field by field: a logistic regression fitted on generated pictures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 16
FLOAT, INT = 1, 2


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(tag: int, value: int | bytes | str) -> bytes:
    """One field of a protobuf message: a varint, or bytes with their length."""
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(tag << 3 | 2) + number(len(data)) + data


def tensor(name: str, values: NDArray[np.float32], *, external: bool = False) -> bytes:
    dims = b"".join(field(1, size) for size in values.shape)
    told = dims + field(2, FLOAT) + field(8, name)
    if external:
        entry = field(1, "location") + field(2, "/etc/passwd")
        return told + field(13, entry) + field(14, 1)
    return told + field(9, values.astype("<f4").tobytes())


def value(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, dims)))


def node(kind: str, inputs: list[str], output: str, *, domain: str = "", **whole: int) -> bytes:
    told = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)
    for name, number_ in whole.items():
        told += field(5, field(1, name) + field(3, number_) + field(20, INT))
    return told + (field(7, domain) if domain else b"")


def model(
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    *,
    shape: tuple[int, ...] = (1, 3, SIDE, SIDE),
    domain: str = "",
    external: bool = False,
    hidden: bytes = b"",
) -> bytes:
    """An ONNX model: flattened input times `weights` (inputs, outputs) plus `bias`."""
    nodes = [
        node("Flatten", ["x"], "flat", axis=1),
        node("Gemm", ["flat", "w", "b"], "y", domain=domain),
    ]
    graph = b"".join(field(1, one) for one in nodes)
    graph += (
        field(2, "tiny") + field(5, tensor("w", weights, external=external)) + field(5, tensor("b", bias))
    )
    graph += field(11, value("x", shape)) + field(12, value("y", (1, bias.size)))
    opsets = field(8, field(1, "") + field(2, 13))
    if domain:
        opsets += field(8, field(1, domain) + field(2, 1))
    return field(1, 8) + field(2, "made in a test") + hidden + field(7, graph) + opsets


def fitted(seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights and bias of two logits that tell bright pictures (1) from dark ones (0), fitted by descent."""
    dice = np.random.default_rng(seed)
    kinds = np.arange(200) % 2
    pictures = np.clip(dice.normal(0.3 + 0.4 * kinds[:, None], 0.1, (200, 3 * SIDE * SIDE)), 0, 1)
    weights, bias = np.zeros(3 * SIDE * SIDE), 0.0
    for _ in range(300):
        said = 1 / (1 + np.exp(-(pictures @ weights + bias)))
        wrong = said - kinds
        weights -= 0.02 * pictures.T @ wrong / 200
        bias -= 2.0 * float(wrong.mean())
    both = np.stack([np.zeros_like(weights), weights], axis=1).astype(np.float32)
    return both, np.array([0.0, bias], np.float32)


def card(data: bytes, **other: Any) -> dict[str, Any]:
    return {
        "name": "bright",
        "slot": "violence",
        "input": {"kind": "picture", "layout": "NCHW", "width": SIDE, "height": SIDE},
        "output": {"index": 1, "size": 2, "values": "logits", "sense": "for"},
        "calibration": {"a": 1.0, "b": 0.0, "look_closer": 0.6, "likely": 0.9},
        "licence": "Apache-2.0",
        "sha256": hashlib.sha256(data).hexdigest(),
        "non_commercial": False,
        **other,
    }


def put(folder: Path, data: bytes, **other: Any) -> Path:
    """The model and its card in `folder`, as a person would drop them in."""
    folder.mkdir(parents=True, exist_ok=True)
    told = card(data, **other)
    (folder / f"{told['name']}.onnx").write_bytes(data)
    (folder / f"{told['name']}.json").write_text(json.dumps(told))
    return folder / f"{told['name']}.onnx"
