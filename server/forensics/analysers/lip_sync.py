"""Whether mouth and sound belong together: whether the lips move with the speech that is heard.

It finds sound that was put under another picture, and says no more than that sound and mouth disagree.
Generated lips follow the sound as well as real ones: of those it knows nothing.

The movement of the lips (four principal components of their outline) and the speech (the levels of four
bands) are compared by Pillai's trace, the sum of their squared canonical correlations (Hotelling 1936). The
same is done with the sound shifted round by every other amount: shifted sound is as loud and as fast, but not
that of these lips. How far the trace at lags of up to 200 ms stands above those of all shifts, in their
standard deviations, is the signal; so each clip is its own yardstick, and nothing of it was fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.forensics import sound as sounds
from server.forensics.analysers.base import abstain, signal
from server.forensics.faces import mesh
from server.forensics.results import Curve, Signal, Span
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample, Window
from server.forensics.spectra import stft
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
_QUIET = 1e-7
_PARTS = 4
_RIDGE = 0.1
_BANDS: Final = ((100, 400), (400, 1_000), (1_000, 2_500), (2_500, 6_000))
Row = NDArray[np.float64]
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """How the lips go with the sound. `lags` are standard deviations above the mean of all shifts, from -500
    to 500 ms, more than 0 where the sound comes late; `surprise` is the highest within 200 ms, at
    `offset_ms`; `trace` is Pillai's there."""

    lags: tuple[float, ...]
    surprise: float
    trace: float
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
        if sample.sound.spoken_s(piece.start_ms, piece.end_ms) < _SPEECH_S:
            return [abstain(self, "lip_sync", Abstained.NO_SPEECH)]
        heard = bands(piece)
        best: tuple[int, Fit] | None = None
        for track in sorted(sample.window.meshes):
            lips = movement(sample.window, track, piece.start_ms, len(heard))
            if lips is None:
                continue
            found = fit(lips, heard)
            if best is None or found.surprise > best[1].surprise:
                best = (track, found)
        if best is None:
            return [abstain(self, "lip_sync", Abstained.MOUTH_UNSEEN)]
        return self._signals(piece, sample.window, *best)

    def _signals(self, piece: sounds.Piece, window: Window, track: int, found: Fit) -> list[Signal]:
        loud = np.log10(sounds.loudness(piece.samples) + 1e-4)[::2]
        opening = _opening(window, track, piece.start_ms, loud.size)
        curves = (
            Curve("mouth_opening", "of eye distance", piece.start_ms, STEP_MS, _rounded(opening)),
            Curve("speech_envelope", "log10 RMS", piece.start_ms, STEP_MS, _rounded(loud)),
            Curve("agreement_by_lag", "standard deviations", -LAG_MS, STEP_MS, found.lags),
        )
        how: dict[str, Any] = {
            "track": track,
            "reliability_bp": round(BP * min(1.0, (piece.end_ms - piece.start_ms) / 10_000)),
            "spans": (Span(piece.start_ms, piece.end_ms),),
        }
        return [
            signal(self, "sync_surprise", round(found.surprise, 4), curves=curves, **how),
            signal(self, "sync_trace", round(found.trace, 4), **how),
            signal(self, "sync_offset_ms", float(found.offset_ms), **how),
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


def bands(piece: sounds.Piece) -> Rows:
    """Log level of four bands of the sound (n, 4), a row each 20 ms, without what is slower than a second."""
    size, hop = sounds.RATE // 25, sounds.RATE * STEP_MS // 1000
    hz, rows = stft(piece.samples.astype(np.float64), sounds.RATE, size=size, hop=hop)
    power = np.abs(rows[:, : piece.samples.size // hop]) ** 2
    levels = [np.log10(power[(hz >= low) & (hz < high)].sum(axis=0) + _QUIET) for low, high in _BANDS]
    even = np.ones(_SMOOTH) / _SMOOTH
    return np.stack([_quick(np.convolve(np.pad(r, 1, "edge"), even, "valid")) for r in levels], axis=1)


def movement(window: Window, track: int, start_ms: int, size: int) -> Rows | None:
    """How the lips move: the first four principal components of their outline and the chin, turned upright
    and scaled by the distance of the eyes; (size, at most 4), a row each 20 ms from `start_ms`.

    None when they are not seen for four fifths of the time, or hardly open and close.
    """
    points = window.meshes[track].astype(np.float64)
    seen = np.isfinite(points[:, 0, 0])
    if seen.mean() < _SEEN or seen.sum() < 2:
        return None
    if float(_quick(_opening(window, track, start_ms, size)).std()) < _MOVES:
        return None
    across = points[:, mesh.LEFT_EYE] - points[:, mesh.RIGHT_EYE]
    along = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    off = points[:, mesh.LIPS] - points[:, [mesh.NOSE_ROOT]]
    x = off[..., 0] * along[:, :1] + off[..., 1] * along[:, 1:]
    y = off[..., 1] * along[:, :1] - off[..., 0] * along[:, 1:]
    shape = np.concatenate([x, y], axis=1) / float(np.nanmedian(np.linalg.norm(across, axis=1)))
    times = start_ms + np.arange(size) * STEP_MS
    rows = [np.interp(times, window.t_ms[seen], column[seen]) for column in shape.T]
    quick = np.stack([_quick(row) for row in rows], axis=1)
    parts, strength, _ = np.linalg.svd(quick - quick.mean(axis=0), full_matrices=False)
    moving = int((strength[:_PARTS] > 1e-3 * strength[0]).sum())
    return np.asarray(parts[:, :moving])


def fit(lips: Rows, heard: Rows) -> Fit:
    """Compare rows of both kinds, (n, some), 20 ms each."""
    size = len(heard)
    a, b = (np.fft.rfft(_white(rows), axis=0) for rows in (lips, heard))
    # A circular correlation: every shift compares the same number of rows.
    cross = np.fft.irfft(np.conj(a)[:, :, None] * b[:, None, :], size, axis=0) / size
    trace = (cross**2).sum(axis=(1, 2))
    near, far = NEAR_MS // STEP_MS, LAG_MS // STEP_MS
    others = trace[far + 5 : size - far - 5]
    spread = max(float(others.std()), 1e-6)
    lags = (np.concatenate([trace[-far:], trace[: far + 1]]) - float(others.mean())) / spread
    inside = lags[far - near : far + near + 1]
    at = int(inside.argmax())
    return Fit(
        lags=_rounded(lags),
        surprise=float(inside[at]),
        trace=float(inside[at] * spread + others.mean()),
        offset_ms=(at - near) * STEP_MS,
    )


def _white(rows: Rows) -> Rows:
    """Rows whose columns are uncorrelated and of one variance, a little short of it for the weak ones."""
    each = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    value, vector = np.linalg.eigh(each.T @ each / len(each) + _RIDGE * np.eye(each.shape[1]))
    return np.asarray(each @ (vector * value**-0.5) @ vector.T)


def _opening(window: Window, track: int, start_ms: int, size: int) -> Row:
    """The opening of the mouth against the distance of the eyes, one value each 20 ms; of a face that is seen
    in part at least."""
    points = window.meshes[track].astype(np.float64)
    eyes = np.linalg.norm(points[:, mesh.RIGHT_EYE] - points[:, mesh.LEFT_EYE], axis=1)
    opening = np.linalg.norm(points[:, mesh.LIP_UP] - points[:, mesh.LIP_DOWN], axis=1) / np.maximum(eyes, 1)
    seen = np.isfinite(opening)
    times = start_ms + np.arange(size) * STEP_MS
    return np.asarray(np.interp(times, window.t_ms[seen], opening[seen]))


def _quick(row: Row) -> Row:
    """What of it is faster than about a second."""
    width = _SLOW_MS // STEP_MS | 1
    slow = np.convolve(np.pad(row, width // 2, "edge"), np.ones(width) / width, "valid")
    return np.asarray(row - slow)


def _rounded(row: Row) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in row)
