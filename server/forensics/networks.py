"""Loads the ONNX networks that ship with the product, each checked against its hash before use."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

import onnxruntime as ort

import resources

LISTED = "models/models.json"


class Tampered(Exception):
    """A shipped network is not the file that its list names."""


@lru_cache(maxsize=4)
def network(name: str) -> Any:
    """The network `name` of models.json, as an onnxruntime session on one thread of the CPU.

    The hash is of the bytes that are then loaded, so that nobody can swap the file in between. Raises
    Tampered, KeyError for an unknown name, FileNotFoundError when it was not shipped.
    """
    entry = json.loads(resources.path(LISTED).read_text())[name]
    data = resources.path(f"models/{entry['file']}").read_bytes()
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise Tampered(f"{entry['file']} is not the file that models.json names")
    return ort.InferenceSession(data, session_options(), providers=["CPUExecutionProvider"])


def session_options() -> Any:
    """One thread, since the interface and the server share the machine; no arena that keeps its peak."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return options
