"""Lays the 468-point face mesh over a face that was found.

Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs"
(arXiv:1907.06724). The numbers of the points are those of MediaPipe's canonical face model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.forensics.faces.finder import Found
from server.forensics.networks import network

SIDE = 192
POINTS = 468
RIGHT_EYE, LEFT_EYE = 33, 263
"""The outer corners; right and left are the face's own."""
LIP_UP, LIP_DOWN, MOUTH_RIGHT, MOUTH_LEFT = 13, 14, 61, 291
NOSE_ROOT = 168
OVAL: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The outline of the face, in order."""
LIPS: Final = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375),
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 152),
)
"""Both outlines of the lips, and the chin."""
_CROP = 1.5
_PRESENT = 0.5
Points = NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """Where to look for a face: a square around (x, y), turned by `angle` radians."""

    x: float
    y: float
    side: float
    angle: float


def around_found(face: Found) -> Region:
    """The region of a face that the finder found."""
    left, top, width, height = face.box
    dx, dy = face.left_eye[0] - face.right_eye[0], face.left_eye[1] - face.right_eye[1]
    return Region(left + width / 2, top + height / 2, _CROP * max(width, height), float(np.arctan2(dy, dx)))


def around_mesh(points: Points) -> Region:
    """The region where the face of `points` is a frame later."""
    low, high = points.min(axis=0), points.max(axis=0)
    dx, dy = points[LEFT_EYE] - points[RIGHT_EYE]
    middle = (low + high) / 2
    return Region(
        float(middle[0]), float(middle[1]), float(_CROP * (high - low).max()), float(np.arctan2(dy, dx))
    )


def lay(picture: NDArray[np.uint8], region: Region) -> Points | None:
    """The (468, 2) points in pixels of the BGR picture; None when the network sees no face there."""
    if not (region.side >= 4 and np.isfinite([region.x, region.y, region.angle]).all()):
        return None
    turn = cv2.getRotationMatrix2D((region.x, region.y), float(np.degrees(region.angle)), SIDE / region.side)
    turn[:, 2] += np.array([SIDE / 2 - region.x, SIDE / 2 - region.y])
    crop = cv2.warpAffine(picture, turn, (SIDE, SIDE))
    tensor = crop[:, :, ::-1].astype(np.float32)[None] / 255.0
    points, presence = network("face_landmark").run(None, {"input_1": tensor})
    return decoded(points, float(presence.ravel()[0]), turn)


def decoded(raw: NDArray[np.float32], presence: float, turn: NDArray[Any]) -> Points | None:
    """The network's 1404 numbers as points of the picture; `turn` (2, 3) led from it into the input."""
    if 1.0 / (1.0 + np.exp(-np.clip(presence, -80.0, 80.0))) < _PRESENT:
        return None
    back = cv2.invertAffineTransform(turn)
    flat = raw.reshape(POINTS, 3)[:, :2]
    points: Points = (flat @ back[:, :2].T + back[:, 2]).astype(np.float32)
    return points if np.isfinite(points).all() else None


def size_of(points: Points) -> float:
    """The longer side of the face in pixels."""
    return float((points.max(axis=0) - points.min(axis=0)).max())
