"""The sound of a file as 16 kHz mono, as much of it as is looked at, and where in it somebody speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from server.forensics.spectra import speech_band

RATE = 16_000
LONGEST_MS = 60_000
"""So much of a sound is decoded: the whole of a short one, pieces spread over a long one."""
_PIECE_MS = 10_000
_HOP = RATE // 100
_LOUD = 10 ** (-55 / 20)
_OVER_FLOOR = 10 ** (10 / 20)
_BELOW_TOP = 10 ** (-35 / 20)
_SYLLABLES = (2.0, 8.0)
_SYLLABIC = 0.25
_VOICED = 0.3
_OCTAVE = 0.02
_AT_ONCE = 256
Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """An unbroken stretch of sound from `start_ms`, samples -1 to 1."""

    start_ms: int
    samples: Samples

    @property
    def end_ms(self) -> int:
        """Where it ends."""
        return self.start_ms + self.samples.size * 1000 // RATE

    @cached_property
    def talk(self) -> NDArray[np.bool_]:
        """`speaking`, asked for by several."""
        return speaking(self)


@dataclass(frozen=True)
class Sound:
    """What was decoded of a sound track; times are those of the player's clock."""

    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        """How much there is of it."""
        return sum(piece.samples.size for piece in self.pieces) / RATE

    @property
    def peak(self) -> float:
        """The largest sample, 0 to 1; 0 is digital silence."""
        return max((float(np.abs(p.samples).max()) for p in self.pieces if p.samples.size), default=0.0)

    def spoken_s(self, start_ms: int, end_ms: int) -> float:
        """For how many seconds somebody speaks between two times."""
        steps = 0
        for piece in self.pieces:
            first, last = (max(0, ms - piece.start_ms) // 10 for ms in (start_ms, end_ms))
            steps += int(piece.talk[first:last].sum())
        return steps / 100

    def cut(self, start_ms: int, end_ms: int) -> Piece | None:
        """What there is between two times, from the first piece that has any of it."""
        for piece in self.pieces:
            first = max(0, (start_ms - piece.start_ms) * RATE // 1000)
            last = min(piece.samples.size, (end_ms - piece.start_ms) * RATE // 1000)
            if last > first:
                return Piece(piece.start_ms + first * 1000 // RATE, piece.samples[first:last])
        return None


def read(container: InputContainer, stream: AudioStream, duration_ms: int, zero: Fraction) -> Sound:
    """Decode up to a minute of `stream`; `zero` is the container's time of the first picture, in s.

    Longer sounds give six pieces of 10 s, spread evenly. What does not decode is left out.
    """
    if duration_ms <= LONGEST_MS:
        return Sound(tuple(_pieces(_decoded(container, stream, None, LONGEST_MS), zero)))
    count = LONGEST_MS // _PIECE_MS
    pieces: list[Piece] = []
    for i in range(count):
        start = i * (duration_ms - _PIECE_MS) // (count - 1)
        found = _pieces(_decoded(container, stream, zero + Fraction(start, 1000), _PIECE_MS), zero)
        pieces.extend(piece for piece in found if not pieces or piece.start_ms >= pieces[-1].end_ms)
    return Sound(tuple(pieces))


def _decoded(
    container: InputContainer, stream: AudioStream, start: Fraction | None, length_ms: int
) -> Iterator[tuple[Fraction | None, Samples]]:
    """Resampled blocks with their times in s, from `start` (None: the beginning) for so long."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    left = length_ms * RATE // 1000
    try:
        if start is not None and stream.time_base:
            container.seek(int(start / stream.time_base), stream=stream)
        for packet in container.demux(stream):
            try:
                frames = [out for frame in stream.decode(packet) for out in resampler.resample(frame)]
            except (av.FFmpegError, ValueError):
                continue
            for frame in frames:
                time = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
                if start is not None and time is not None and time < start:
                    continue
                samples = frame.to_ndarray()[0][:left].astype(np.float32)
                left -= samples.size
                yield time, np.clip(np.nan_to_num(samples), -1.0, 1.0)
            if left <= 0:
                return
    except av.FFmpegError:
        return


def _pieces(blocks: Iterator[tuple[Fraction | None, Samples]], zero: Fraction) -> Iterator[Piece]:
    """Blocks joined while their times go on; a gap of over 50 ms begins a new piece."""
    joined: list[Samples] = []
    start, size = 0, 0
    for time, samples in blocks:
        at = start + size * 1000 // RATE if time is None else int((time - zero) * 1000)
        if joined and abs(at - (start + size * 1000 // RATE)) > 50:
            yield Piece(start, np.concatenate(joined))
            joined, size = [], 0
        if not joined:
            start = at
        joined.append(samples)
        size += samples.size
    if joined:
        yield Piece(start, np.concatenate(joined))


def loudness(samples: Samples) -> NDArray[np.float64]:
    """RMS of each 10 ms of the speech band (200 to 3800 Hz), 0 to 1."""
    if samples.size < _HOP * 3:
        return np.zeros(0)
    band = speech_band(samples.astype(np.float64))
    blocks = band[: band.size // _HOP * _HOP].reshape(-1, _HOP)
    level: NDArray[np.float64] = np.sqrt((blocks**2).mean(axis=1))
    return level


def speaking(piece: Piece) -> NDArray[np.bool_]:
    """For each 10 ms whether somebody seems to speak: loud enough over the floor, in a second whose loudness
    moves at the pace of syllables and that is partly voiced.

    An energy detector with the 4 Hz modulation of Scheirer & Slaney 1997: it tells speech from silence, hum
    and noise, and from much music, not from singing.
    """
    level = loudness(piece.samples)
    if not level.size:
        return np.zeros(0, np.bool_)
    floor = float(np.percentile(level, 10))
    # A recording without pauses has no floor: then a level well below its middle stands in.
    floor = min(floor, float(np.median(level)) / 2)
    top = float(np.percentile(level, 95))
    if top < _LOUD:
        return np.zeros(level.size, np.bool_)
    loud = level > max(top * _BELOW_TOP, floor * _OVER_FLOOR)
    talk = np.zeros(level.size, np.bool_)
    for first in range(0, level.size, 50):
        second = slice(max(0, first - 25), first + 75)
        if _syllabic(level[second]) and _voiced(piece.samples[second.start * _HOP : second.stop * _HOP]):
            talk[first : first + 50] = True
    return np.asarray(loud & talk)


def _syllabic(level: NDArray[np.float64]) -> bool:
    """Whether the loudness of a second moves by much, and mostly at 2 to 8 Hz."""
    if level.size < 40 or level.max() <= 0:
        return False
    relative = level / level.mean() - 1.0
    power = np.abs(np.fft.rfft(relative * np.hanning(level.size))) ** 2
    rate = np.fft.rfftfreq(level.size, 0.01)
    inside = power[(rate >= _SYLLABLES[0]) & (rate <= _SYLLABLES[1])].sum()
    whole = power[(rate > 0.5) & (rate <= 40.0)].sum()
    return bool(relative.std() > 0.3 and whole > 0 and inside / whole > _SYLLABIC)


def _voiced(samples: Samples) -> bool:
    """Whether a good part of its louder blocks has a pitch of 70 to 400 Hz."""
    size = RATE // 25
    blocks = samples[: samples.size // size * size].reshape(-1, size).astype(np.float64)
    power = blocks.var(axis=1)
    heard = blocks[power > 0.25 * power.mean()] if power.size else blocks
    return bool(len(heard)) and float((periodicity(heard)[1] > 0.5).mean()) > _VOICED


def periodicity(blocks: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each row of (n, samples): pitch in Hz between 70 and 400, and the height of its autocorrelation
    peak, 0 to 1.

    The autocorrelation is divided by that of the window: Boersma 1993, "Accurate short-term analysis of the
    fundamental frequency and the harmonics-to-noise ratio of a sampled sound".
    """
    count, size = blocks.shape
    low, high = RATE // 400, min(RATE // 70, size * 3 // 4)
    if not count or high <= low + 2:
        return np.zeros(count), np.zeros(count)
    if count > _AT_ONCE:
        # A minute of blocks in one transform would fill a good part of the worker's memory.
        parts = [periodicity(blocks[at : at + _AT_ONCE]) for at in range(0, count, _AT_ONCE)]
        return np.concatenate([hz for hz, _ in parts]), np.concatenate([height for _, height in parts])
    window = np.hanning(size)
    length = 1 << (2 * size - 1).bit_length()
    centred = (blocks - blocks.mean(axis=1, keepdims=True)) * window
    own = np.fft.irfft(np.abs(np.fft.rfft(centred, length)) ** 2)[:, : high + 1]
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, length)) ** 2)[: high + 1]
    loud = own[:, 0] > 1e-9
    shape = own / np.maximum(own[:, :1], 1e-9) / (of_window / of_window[0])
    # Every multiple of a period is a peak as high; a small price on length takes the first.
    price = _OCTAVE * np.log2(np.arange(low, high) / low)
    k = low + (shape[:, low:high] - price).argmax(axis=1)
    rows = np.arange(count)
    left, middle, right = shape[rows, k - 1], shape[rows, k], shape[rows, k + 1]
    bend = left - 2 * middle + right
    # The top of the parabola through the three.
    lag = k + np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1.0), 0.0)
    return np.where(loud, RATE / lag, 0.0), np.where(loud, np.clip(middle, 0.0, 1.0), 0.0)
