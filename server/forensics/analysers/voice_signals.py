"""How a voice sounds: pitch, harmonics and rhythm, measured where somebody speaks.

The floor of the recording, its dynamic range and its digital silence are left out on purpose. They tell clean
recordings from noisy ones and look superb until noise is added or a gate is set. What is here keeps to 200 to
3400 Hz, which a telephone passes, and to ratios, which a volume leaves alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.forensics.analysers.base import abstain, signal
from server.forensics.results import Signal, Span
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample
from server.forensics.sound import RATE, Piece, periodicity
from server.forensics.spectra import cosines, stft

SPEECH_S = 2.0
"""Less speech than this says nothing."""
_MOST_S = 30.0
_HOP = RATE // 100
_BLOCK = RATE // 25
_SIZE = 512
_BAND = (200.0, 3_400.0)
_VOICED = 0.55
Row = NDArray[np.float64]


class VoiceSignals:
    """Signals of the voice in up to half a minute of speech."""

    name: Final = "voice_signals"
    version: Final = "1"
    slot: Final = Slot.VOICE_SYNTHESIS
    requires: Final = "audio"

    def is_available(self) -> Abstained | None:
        """It needs no weights."""
        return None

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """Medians and spreads over the speech of the sample, and where that speech is."""
        if sample.sound is None:
            return [abstain(self, "voice_signals", Abstained.NO_SOUND)]
        if sample.sound.peak < 1e-3:
            return [abstain(self, "voice_signals", Abstained.SILENT)]
        spoken = [(piece, piece.talk) for piece in sample.sound.pieces]
        seconds = sum(int(talk.sum()) for _, talk in spoken) / 100
        if seconds < SPEECH_S:
            return [abstain(self, "voice_signals", Abstained.NO_SPEECH)]
        values = measure(spoken)
        trust = round(BP * min(1.0, seconds / 10))
        where = tuple(span for piece, talk in spoken for span in spans(piece, talk))
        first, *rest = values
        return [
            signal(self, first, round(values[first], 4), reliability_bp=trust, spans=where),
            *(signal(self, name, round(values[name], 4), reliability_bp=trust) for name in rest),
        ]


def measure(spoken: list[tuple[Piece, NDArray[np.bool_]]]) -> dict[str, float]:
    """The signals of pieces of sound with, for each 10 ms, whether somebody speaks there; NaN is left out."""
    pitch, clear, level, rows = [], [], [], []
    left = _MOST_S * 100
    for piece, talk in spoken:
        if left <= 0 or not talk.any():
            continue
        talk = talk & (np.cumsum(talk) <= left)
        left -= talk.sum()
        samples = _levelled(piece.samples, talk)
        p, c, e = _track(samples, talk)
        pitch.append(p)
        clear.append(c)
        level.append(e)
        rows.append(_spectra(samples, talk))
    f0, clarity, energy = (np.concatenate(parts) for parts in (pitch, clear, level))
    found = {**_pitched(f0, clarity, energy), **_spectral(rows), **_rhythm(energy)}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def spans(piece: Piece, talk: NDArray[np.bool_]) -> list[Span]:
    """Stretches of speech with pauses of less than half a second between, in ms."""
    joined: list[list[int]] = []
    for at in np.flatnonzero(talk):
        t_ms = piece.start_ms + int(at) * 10
        if joined and t_ms - joined[-1][1] <= 500:
            joined[-1][1] = t_ms + 10
        else:
            joined.append([t_ms, t_ms + 10])
    return [Span(start, end) for start, end in joined if end - start >= 200]


def _levelled(samples: NDArray[np.float32], talk: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The sound at a volume at which its speech has an RMS of 0.1."""
    heard = np.repeat(talk, _HOP)[: samples.size]
    level = float(np.sqrt((samples[: heard.size][heard].astype(np.float64) ** 2).mean()))
    return np.asarray(samples * (0.1 / max(level, 1e-6)), np.float32)


def _track(samples: NDArray[np.float32], talk: NDArray[np.bool_]) -> tuple[Row, Row, Row]:
    """Pitch in Hz (0 unvoiced), height of its peak and log energy, for each 10 ms; NaN outside speech."""
    frames = np.flatnonzero(talk)
    starts = np.maximum(0, frames * _HOP + _HOP // 2 - _BLOCK // 2)
    frames, starts = frames[starts + _BLOCK <= samples.size], starts[starts + _BLOCK <= samples.size]
    pitch, clear, level = np.zeros(talk.size), np.zeros(talk.size), np.full(talk.size, np.nan)
    blocks = samples.astype(np.float64)[starts[:, None] + np.arange(_BLOCK)]
    level[frames] = np.log10(blocks.var(axis=1) + 1e-9)
    hz, height = periodicity(blocks)
    voiced = height > _VOICED
    pitch[frames[voiced]], clear[frames[voiced]] = hz[voiced], height[voiced]
    return pitch, clear, level


def _pitched(f0: Row, clarity: Row, energy: Row) -> dict[str, float]:
    """Of voiced stretches: jitter and shimmer (changes from one 10 ms to the next), spread, clarity."""
    voiced = f0 > 0
    if voiced.sum() < 50:
        return {}
    pairs = voiced[1:] & voiced[:-1]
    step = np.abs(np.diff(f0))[pairs] / f0[1:][pairs]
    step = step[step < 0.1]
    shimmer = np.abs(np.diff(energy))[pairs]
    octaves = np.log2(f0[voiced])
    return {
        "pitch_jitter": float(np.log(np.median(step) + 1e-4)) if step.size > 20 else np.nan,
        "pitch_spread": float(np.percentile(octaves, 90) - np.percentile(octaves, 10)),
        "shimmer": float(np.log(np.nanmedian(shimmer) + 1e-4)),
        "clarity": float(np.median(clarity[voiced])),
        "clarity_spread": float(np.std(clarity[voiced])),
        "voiced_share": float(voiced.sum() / max(1, np.isfinite(energy).sum())),
    }


def _spectra(samples: NDArray[np.float32], talk: NDArray[np.bool_]) -> NDArray[np.complex128]:
    """Short-time spectra (bins, frames) of 32 ms each 10 ms, where somebody speaks, 200 to 3400 Hz."""
    hz, rows = stft(samples.astype(np.float64), RATE, size=_SIZE, hop=_HOP)
    rows = rows[(hz >= _BAND[0]) & (hz <= _BAND[1])]
    frames = np.flatnonzero(talk[: rows.shape[1]])
    return np.asarray(rows[:, frames])


def _spectral(pieces: list[NDArray[np.complex128]]) -> dict[str, float]:
    """Flatness, movement of the cepstrum, ripple of the long average, spread of the group delay."""
    rows = np.concatenate(pieces, axis=1)
    power = np.abs(rows) ** 2 + 1e-10
    logs = np.log(power)
    cepstra = cosines(logs)[1:20]
    moves = np.std(np.diff(cepstra, axis=1), axis=1)
    average = np.log(power.mean(axis=1))
    smooth = np.convolve(np.pad(average, 4, "edge"), np.ones(9) / 9, "valid")
    delay = np.diff(np.unwrap(np.angle(rows), axis=0), axis=0)
    return {
        "flatness": float(np.median(logs.mean(axis=0) - np.log(power.mean(axis=0)))),
        "cepstral_movement": float(np.log(np.median(moves))),
        "cepstral_slow_movement": float(np.log(np.median(np.std(cepstra, axis=1)))),
        "average_ripple": float(np.std(average - smooth)),
        "group_delay_spread": float(np.median(np.std(delay, axis=0))),
    }


def _rhythm(energy: Row) -> dict[str, float]:
    """How the lengths of stretches of speech vary, and the spread of loudness within them."""
    inside = np.isfinite(energy)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(np.int8), [0]])))
    lengths = np.log((edges[1::2] - edges[::2]).astype(np.float64))
    loud = energy[inside]
    return {
        "stretch_spread": float(np.std(lengths)) if lengths.size > 3 else np.nan,
        "loudness_spread": float(np.percentile(loud, 75) - np.percentile(loud, 25)) if loud.size else np.nan,
    }
