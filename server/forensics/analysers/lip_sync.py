"""Whether mouth and sound belong together: how well the opening of the mouth follows the loudness of speech.

It finds sound that was put under another picture, and says no more than that sound and mouth disagree.
Generated lips follow the sound better than real ones: of those it knows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.forensics import sound as sounds
from server.forensics.analysers.base import abstain, signal
from server.forensics.faces import mesh
from server.forensics.results import Curve, Signal, Span
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample, Window
from server.forensics.windows import SHORTEST_MS

STEP_MS = 20
LAG_MS = 500
NEAR_MS = 200
"""Picture and sound of a real recording are apart by no more (ITU-R BT.1359: about 190 ms is noticed)."""
_SLOW_MS = 1_000
_SMOOTH = 3
_SEEN = 0.8
_SPEECH_S = 2.0
_MOVES = 0.008
_QUIET = 1e-4
Row = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """How one mouth follows the sound: correlations at lags -500 to 500 ms, the highest within 200 ms, how
    far that stands above the middle of all lags, and above what other parts of the same sound give, in their
    standard deviations."""

    lags: tuple[float, ...]
    peak: float
    over_median: float
    surprise: float
    offset_ms: int


class LipSync:
    """Needs audible speech, a visible mouth that moves, and 4 s of both; else it abstains."""

    name: Final = "lip_sync"
    version: Final = "1"
    slot: Final = Slot.LIP_SYNC
    requires: Final = "faces"

    def is_available(self) -> Abstained | None:
        """The networks ship with the product."""
        return None

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """The signals of the mouth that follows the sound best: of several people one speaks."""
        why = _needs(sample)
        if why is not None or sample.window is None or sample.sound is None:
            return [abstain(self, "lip_sync", why or Abstained.NO_FACE)]
        start = int(sample.window.t_ms[0])
        piece = sample.sound.cut(start, int(sample.window.t_ms[-1]) + STEP_MS)
        if piece is None or (piece.end_ms - piece.start_ms) < SHORTEST_MS:
            return [abstain(self, "lip_sync", Abstained.NO_SOUND)]
        if piece.talk.sum() < _SPEECH_S * 100:
            return [abstain(self, "lip_sync", Abstained.NO_SPEECH)]
        envelope = loudness_curve(piece)
        best: tuple[int, Row, Fit] | None = None
        for track in sorted(sample.window.meshes):
            mouth = mouth_curve(sample.window, track, piece.start_ms, envelope.size)
            if mouth is None:
                continue
            found = fit(mouth, envelope)
            if best is None or found.surprise > best[2].surprise:
                best = (track, mouth, found)
        if best is None:
            return [abstain(self, "lip_sync", Abstained.MOUTH_UNSEEN)]
        return self._signals(piece, envelope, *best)

    def _signals(
        self, piece: sounds.Piece, envelope: Row, track: int, mouth: Row, found: Fit
    ) -> list[Signal]:
        span = Span(piece.start_ms, piece.end_ms)
        curves = (
            Curve("mouth_opening", "of eye distance", piece.start_ms, STEP_MS, _rounded(mouth)),
            Curve("speech_envelope", "log10 RMS", piece.start_ms, STEP_MS, _rounded(envelope)),
            Curve("correlation_by_lag", "correlation", -LAG_MS, STEP_MS, _rounded(np.array(found.lags))),
        )
        trust = round(BP * min(1.0, mouth.size * STEP_MS / 10_000))
        values = {
            "sync_surprise": found.surprise,
            "sync_peak": found.peak,
            "sync_over_median": found.over_median,
            "sync_offset_ms": float(found.offset_ms),
        }
        return [
            signal(
                self,
                name,
                round(value, 4),
                track=track,
                reliability_bp=trust,
                spans=(span,),
                curves=curves if name == "sync_surprise" else (),
            )
            for name, value in values.items()
        ]


def _needs(sample: MediaSample) -> Abstained | None:
    if not sample.has_picture:
        return Abstained.NO_PICTURE
    if sample.sound is None:
        return Abstained.NO_SOUND
    if sample.sound.peak < 1e-3:
        return Abstained.SILENT
    if not any(still.faces for still in sample.stills):
        return Abstained.NO_FACE
    if sample.window is None:
        return Abstained.FACE_TOO_SMALL
    if sample.window.t_ms.size < 2 or sample.window.t_ms[-1] - sample.window.t_ms[0] < SHORTEST_MS - STEP_MS:
        return Abstained.TOO_SHORT
    return None


def loudness_curve(piece: sounds.Piece) -> Row:
    """Log of the loudness of the speech band, one value each 20 ms, lightly smoothed."""
    level = sounds.loudness(piece.samples)
    level = level[: level.size // 2 * 2].reshape(-1, 2).mean(axis=1)
    rows = np.log10(level + _QUIET)
    return np.asarray(np.convolve(np.pad(rows, _SMOOTH // 2, "edge"), np.ones(_SMOOTH) / _SMOOTH, "valid"))


def mouth_curve(window: Window, track: int, start_ms: int, size: int) -> Row | None:
    """The opening of a mouth against the distance of the eyes, one value each 20 ms from `start_ms`; None
    when it is not seen for four fifths of the time or hardly moves."""
    points = window.meshes[track]
    eyes = np.linalg.norm(points[:, mesh.RIGHT_EYE] - points[:, mesh.LEFT_EYE], axis=1)
    opening = np.linalg.norm(points[:, mesh.LIP_UP] - points[:, mesh.LIP_DOWN], axis=1) / np.maximum(
        eyes, 1.0
    )
    seen = np.isfinite(opening)
    if seen.mean() < _SEEN or seen.sum() < 2:
        return None
    times = start_ms + np.arange(size) * STEP_MS
    row = np.interp(times, window.t_ms[seen], opening[seen])
    return row if float(_quick(row).std()) > _MOVES else None


def fit(mouth: Row, envelope: Row) -> Fit:
    """Compare two curves of 20 ms steps and equal length."""
    a, b = _standard(_quick(mouth)), _standard(_quick(envelope))
    size = a.size
    # A circular correlation: every shift compares the same number of steps.
    by_shift = np.fft.irfft(np.fft.rfft(b) * np.conj(np.fft.rfft(a)), size) / size
    near, far = NEAR_MS // STEP_MS, LAG_MS // STEP_MS
    lags = np.concatenate([by_shift[-far:], by_shift[: far + 1]])
    others = by_shift[far + 5 : size - far - 5]
    inside = lags[far - near : far + near + 1]
    peak = float(inside.max())
    spread = float(others.std()) if others.size > 20 else 1.0
    return Fit(
        lags=tuple(float(value) for value in lags),
        peak=peak,
        over_median=peak - float(np.median(lags)),
        surprise=(peak - float(others.mean() if others.size else 0.0)) / max(spread, 1e-3),
        offset_ms=int(inside.argmax() - near) * STEP_MS,
    )


def _quick(row: Row) -> Row:
    """What of it is faster than about a second."""
    width = _SLOW_MS // STEP_MS | 1
    slow = np.convolve(np.pad(row, width // 2, "edge"), np.ones(width) / width, "valid")
    return np.asarray(row - slow)


def _standard(row: Row) -> Row:
    return np.asarray((row - row.mean()) / max(float(row.std()), 1e-9))


def _rounded(row: Row) -> tuple[float | None, ...]:
    return tuple(round(float(value), 3) for value in row)
