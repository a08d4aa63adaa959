"""Traces in the picture that a made or pasted face may leave, each face track for itself.

None of them is proof: single ones separate at an AUC of 0.5 to 0.7, and compression leaves the same traces.
Blink rate is not among them: the mesh hardly closes its eyes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.forensics.analysers.base import abstain, signal
from server.forensics.analysers.face_picture import Measured, measure
from server.forensics.analysers.faces import tracks
from server.forensics.faces import mesh
from server.forensics.results import Box, Curve, Signal
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample
from server.forensics.windows import SMALLEST_FACE

_FEWEST = 3
_MOST = 40
_TRACKS = 4
_EVIDENCE = 3
_RIGID = (33, 263, 133, 362, 168, 6)
_MOUTH = (61, 291, 0, 17)
_FEWEST_FRAMES = 25


class FaceSignals:
    """Noise, edges, spectrum, recompression, sharpness and steadiness of each face of 48 px and more."""

    name: Final = "face_signals"
    version: Final = "1"
    slot: Final = Slot.FACE_MANIPULATION
    requires: Final = "faces"

    def is_available(self) -> Abstained | None:
        """The networks ship with the product."""
        return None

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """The signals of at most four tracks, the longest seen first."""
        if not sample.has_picture:
            return [abstain(self, "face_signals", Abstained.NO_PICTURE)]
        seen = tracks(sample)
        if not seen:
            return [abstain(self, "face_signals", Abstained.NO_FACE)]
        longest = list(seen.items())[:_TRACKS]
        found = [one for track, places in longest for one in self._track(sample, track, places)]
        return found or [abstain(self, "face_signals", _why(sample, seen))]

    def _track(self, sample: MediaSample, track: int, places: list[tuple[int, int]]) -> list[Signal]:
        measured: list[tuple[Box, Measured]] = []
        for i, j in places[:: -(-len(places) // _MOST)]:
            still, face = sample.stills[i], sample.stills[i].faces[j]
            if face.size >= SMALLEST_FACE:
                one = measure(still.picture, face.points)
                if one is not None:
                    measured.append((sample.box(still, face), one))
        if len(measured) < min(_FEWEST, len(sample.stills)):
            return []
        size = float(np.median([sample.stills[i].faces[j].size for i, j in places]))
        trust = round(BP * min(1.0, len(measured) / 10) * min(1.0, size / 160))
        return [
            *(_median(self, name, track, trust, measured) for name in measured[0][1]),
            *self._steadiness(sample, track, trust),
        ]

    def _steadiness(self, sample: MediaSample, track: int, trust: int) -> list[Signal]:
        """Second differences of the mesh on every frame, in hundredths of the distance of the eyes."""
        if sample.window is None or track not in sample.window.meshes:
            return []
        points = sample.window.meshes[track]
        if np.isfinite(points[:, 0, 0]).sum() < _FEWEST_FRAMES:
            return []
        eyes = np.linalg.norm(points[:, mesh.RIGHT_EYE] - points[:, mesh.LEFT_EYE], axis=1)
        scale = float(np.nanmedian(eyes))
        rigid = points[:, _RIGID] / scale
        head = _shake(rigid - rigid.mean(axis=1, keepdims=True))
        mouth = _shake(points[:, _MOUTH] / scale - points[:, [mesh.NOSE_ROOT]] / scale)
        if not (np.isfinite(head).any() and np.isfinite(mouth).any()):
            return []
        calm, lips = float(np.nanmedian(head)), float(np.nanmedian(mouth))
        step = float(np.median(np.diff(sample.window.t_ms)))
        curve = Curve(
            "landmark_jitter", "% of eye distance", int(sample.window.t_ms[1]), step, tuple(_rounded(head))
        )
        return [
            signal(self, "jitter", round(calm, 4), track=track, reliability_bp=trust, curves=(curve,)),
            signal(self, "mouth_jitter", round(float(np.log((lips + 0.01) / (calm + 0.01))), 4), track=track,
                   reliability_bp=trust),
        ]  # fmt: skip


def _median(
    detector: FaceSignals, name: str, track: int, trust: int, measured: list[tuple[Box, Measured]]
) -> Signal:
    """The median over the stills, with the stills farthest from it as evidence of how steady it is."""
    values = np.array([one[name] for _, one in measured])
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")
    if not np.isfinite(middle):
        return replace(abstain(detector, name, Abstained.FACE_TOO_SMALL), track=track)
    far = np.argsort(-np.abs(np.nan_to_num(values - middle)), kind="stable")[:_EVIDENCE]
    boxes = tuple(measured[i][0] for i in sorted(far))
    return signal(detector, name, round(middle, 4), track=track, reliability_bp=trust, boxes=boxes)


def _shake(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean absolute second difference over time of (n, k, 2) points, in hundredths."""
    second = points[2:] - 2 * points[1:-1] + points[:-2]
    return np.asarray(np.abs(second).mean(axis=(1, 2)) * 100, np.float64)


def _rounded(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(v), 3) if np.isfinite(v) else None for v in values]


def _why(sample: MediaSample, seen: dict[int, list[tuple[int, int]]]) -> Abstained:
    largest = max(sample.stills[i].faces[j].size for places in seen.values() for i, j in places)
    return Abstained.FACE_TOO_SMALL if largest < SMALLEST_FACE else Abstained.TOO_SHORT
