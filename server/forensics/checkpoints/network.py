"""A checkpoint that is loaded: only in a worker process, and only when it is what its card says."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from server.content.media.results import FileLimits
from server.content.media.source import Refusal
from server.forensics.checkpoints import structure
from server.forensics.checkpoints.card import LARGEST, TOO_LARGE, Card, Unfit, read
from server.forensics.networks import session_options

SLOWEST_MS: Final = 3_000
"""A look may take so long: a video takes up to 48 of them."""


class Network:
    """The network of a card. Raises Unfit for a file that is not what the card says."""

    def __init__(self, card: Card, path: Path) -> None:
        self.card = card
        self._session = _opened(card, _read(path))
        inputs = self._session.get_inputs()
        self._input = _input(card, inputs)
        values = self._run(np.zeros(card.input.shape, np.float32))
        if len(values) != card.output.size:
            raise Unfit(f"The model gives {len(values)} numbers where its card says {card.output.size}.")

    def score(self, shown: NDArray[np.float32]) -> float | None:
        """The calibrated score, 0 to 1, of an input in the card's shape; None where no number came out."""
        values = self._run(shown)
        return self.card.score(values) if all(map(math.isfinite, values)) else None

    def _run(self, shown: NDArray[np.float32]) -> list[float]:
        try:
            first = self._session.run(None, {self._input: shown})[0]
            return [float(value) for value in np.asarray(first, np.float64).reshape(-1)[:1_001]]
        except Exception:
            raise Unfit("The model does not run on an input of the shape that its card names.") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Unfit(TOO_LARGE)
    return data


def _opened(card: Card, data: bytes) -> Any:
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise Unfit("The file is not the one that its card names: its SHA-256 is another.")
    structure.examine(data)
    try:
        return ort.InferenceSession(data, session_options(), providers=["CPUExecutionProvider"])
    except Exception:
        # Never the error's own text: it quotes the file.
        raise Unfit("onnxruntime cannot load the model: it is damaged, too new or no ONNX.") from None


def _input(card: Card, inputs: list[Any]) -> str:
    """The name of the only input, if it takes the card's shape."""
    if len(inputs) != 1:
        raise Unfit(f"The model takes {len(inputs)} inputs; one is accepted.")
    one, wanted = inputs[0], card.input.shape
    if one.type != "tensor(float)":
        raise Unfit("The model does not take 32-bit floats.")
    fixed = [size if isinstance(size, int) and size > 0 else None for size in one.shape]
    if len(fixed) != len(wanted) or any(a is not None and a != b for a, b in zip(fixed, wanted, strict=True)):
        said = " x ".join("any" if size is None else str(size) for size in fixed)
        raise Unfit(f"The model takes {said} where its card says {' x '.join(map(str, wanted))}.")
    return str(one.name)


@dataclass(frozen=True)
class Checked:
    """A checkpoint that may be used; how long one look with it takes, in ms of a core."""

    look_ms: float


def check(path: Path, limits: FileLimits, *, card: str) -> Checked:
    """Load the checkpoint at `path` and look once: what a worker process does before it is taken in.

    Raises Refusal "unfit" with a sentence.
    """
    try:
        network = Network(read(card.encode()), path)
        began = time.thread_time()
        network.score(np.zeros(network.card.input.shape, np.float32))
        took_ms = (time.thread_time() - began) * 1000
        if took_ms > SLOWEST_MS:
            raise Unfit(
                f"The model takes {took_ms / 1000:.1f} s a look; {SLOWEST_MS / 1000:.0f} s is the most."
            )
    except Unfit as unfit:
        raise Refusal("unfit", str(unfit)) from None
    return Checked(round(took_ms, 1))
