"""Copies of a clip as the world hands them on: with noise, gated, telephoned, re-compressed, made smaller."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from scipy.signal import butter, resample_poly, sosfiltfilt

from server.forensics.conditions import Condition
from server.forensics.sound import RATE, Piece, Samples, Sound

_NOISE_DB = -50.0
_GATE_DB = -45.0
_TELEPHONE = (300.0, 3_400.0)
_SMALL = 360
_CRF = 36


def noise(samples: Samples) -> Samples:
    """White noise at -50 dBFS, always the same."""
    hiss = np.random.default_rng(1).standard_normal(samples.size) * 10 ** (_NOISE_DB / 20)
    return np.asarray(np.clip(samples + hiss, -1, 1), np.float32)


def gate(samples: Samples) -> Samples:
    """Silence where 20 ms are quieter than 45 dB below the loudest."""
    size = RATE // 50
    blocks = np.pad(samples, (0, -samples.size % size)).reshape(-1, size)
    level = np.sqrt((blocks.astype(np.float64) ** 2).mean(axis=1))
    kept = np.repeat(level > level.max() * 10 ** (_GATE_DB / 20), size)[: samples.size]
    return np.asarray(samples * kept, np.float32)


def telephone(samples: Samples) -> Samples:
    """300 to 3400 Hz at 8 kHz, in 8 bits of mu-law (ITU-T G.711)."""
    band = sosfiltfilt(butter(6, _TELEPHONE, "bandpass", fs=RATE, output="sos"), samples.astype(np.float64))
    slow = resample_poly(band, 1, 2)
    peak = max(float(np.abs(slow).max()), 1e-9)
    law = np.sign(slow) * np.log1p(255 * np.abs(slow) / peak) / np.log(256)
    coarse = np.round(law * 127) / 127
    heard = np.sign(coarse) * (256 ** np.abs(coarse) - 1) / 255 * peak
    return np.asarray(resample_poly(heard, 2, 1)[: samples.size], np.float32)


def recompressed(samples: Samples) -> Samples:
    """Once through AAC at 32 kbit/s."""
    file = io.BytesIO()
    with av.open(file, "w", format="adts") as out:
        stream: Any = out.add_stream("aac", rate=RATE, layout="mono")
        stream.bit_rate = 32_000
        for at in range(0, samples.size, 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r", format="aac") as back:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in back.decode(audio=0)])
    # The encoder's own delay: it would shift the sound against the picture.
    return np.pad(heard[1024 : 1024 + samples.size], (0, max(0, samples.size + 1024 - heard.size)))


OF_SOUND: Final[dict[Condition, Callable[[Samples], Samples]]] = {
    Condition.NOISE: noise,
    Condition.GATE: gate,
    Condition.TELEPHONE: telephone,
    Condition.RECOMPRESSED: recompressed,
}


def sound(condition: Condition, original: Sound) -> Sound:
    """The sound in that condition; as it was in one that is not of sound."""
    change = OF_SOUND.get(condition)
    if change is None:
        return original
    return Sound(tuple(Piece(piece.start_ms, change(piece.samples)) for piece in original.pieces))


def picture(condition: Condition, original: Path, copy: Path) -> Path:
    """Writes the pictures of `original` to `copy`: RECOMPRESSED by H.264 at CRF 36, RESIZED to 360 px. The
    sound is left out."""
    with av.open(str(original)) as source, av.open(str(copy), "w") as out:
        stream = source.streams.video[0]
        made: Any = None
        for frame in source.decode(stream):
            width, height = frame.width, frame.height
            if condition is Condition.RESIZED:
                scale = min(1.0, _SMALL / max(width, height))
                width, height = round(width * scale), round(height * scale)
            width, height = width // 2 * 2, height // 2 * 2
            if made is None:
                made = out.add_stream("libx264", rate=stream.average_rate)
                made.width, made.height, made.pix_fmt = width, height, "yuv420p"
                made.options = {
                    "preset": "veryfast",
                    "x264-params": "mbtree=0",  # with it no two copies need be the same
                    "crf": str(_CRF if condition is Condition.RECOMPRESSED else 20),
                }
                made.codec_context.time_base = stream.time_base
                if frame.rotation:
                    made.set_display_rotation(frame.rotation)
            small = frame.reformat(width=width, height=height, format="yuv420p", interpolation="AREA")
            small.pts, small.time_base = frame.pts, stream.time_base
            out.mux(made.encode(small))
        out.mux(made.encode(None))
    return copy
