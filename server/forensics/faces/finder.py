"""Finds faces in a picture: BlazeFace, full range.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs"
(arXiv:1907.05047); the layout of the tensors is that of MediaPipe's face_detection_full_range.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from server.forensics.networks import network

SIDE = 192
"""The network's input is a square of so many pixels."""
_GRID = 48
_LEAST = 0.5
_SAME = 0.3
_MOST = 8
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Found:
    """A face: its box (left, top, width, height) and the middles of both eyes, in pixels of the picture."""

    box: tuple[float, float, float, float]
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    score: float


def find(picture: Pixels) -> list[Found]:
    """The faces of a BGR picture, surest first, at most eight."""
    height, width = picture.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    scale = SIDE / side
    small = cv2.resize(
        picture,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    y, x = round(top * scale), round(left * scale)
    small = small[: SIDE - y, : SIDE - x]
    square[y : y + small.shape[0], x : x + small.shape[1]] = small
    tensor = square[:, :, ::-1].astype(np.float32)[None] / 127.5 - 1.0
    regressors, logits = network("face_detection_full_range").run(None, {"input": tensor})
    return decoded(regressors[0], logits[0, :, 0], side, (left, top))


def decoded(regressors: Floats, logits: Floats, side: int, corner: tuple[int, int]) -> list[Found]:
    """Faces from the network's raw output.

    `regressors` is (2304, 16): centre x, y, width, height and six points (x, y), in pixels of the input,
    relative to the anchor; `logits` is (2304,). `side` is that of the padded square in pixels of the picture,
    `corner` where the picture begins in it (x, y). Overlapping boxes are one face: the surest stays.
    """
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -80, 80)))
    faces: list[Found] = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] < _LEAST or len(faces) == _MOST:
            break
        row = regressors[i] / SIDE
        anchor = _anchors()[i]
        centre = (row[:2] + anchor) * side - corner
        size = row[2:4] * side
        low = centre - size / 2
        points = (row[4:].reshape(6, 2) + anchor) * side - corner
        if min(size) <= 0 or not np.isfinite(row).all():
            continue
        face = Found(
            box=(float(low[0]), float(low[1]), float(size[0]), float(size[1])),
            right_eye=(float(points[0][0]), float(points[0][1])),
            left_eye=(float(points[1][0]), float(points[1][1])),
            score=float(scores[i]),
        )
        if all(overlap(face.box, other.box) < _SAME for other in faces):
            faces.append(face)
    return faces


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes (left, top, width, height), 0 to 1."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / (a[2] * a[3] + b[2] * b[3] - both)


@lru_cache(maxsize=1)
def _anchors() -> Floats:
    """The centres of a 48 x 48 grid, row by row, as shares of the square's side."""
    steps = (np.arange(_GRID, dtype=np.float32) + 0.5) / _GRID
    return np.stack([np.tile(steps, _GRID), np.repeat(steps, _GRID)], axis=1)
