"""Reduce the sound of a video to the peaks that a waveform is painted from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from server.content.media import source
from server.content.media.results import FileLimits, Waveform
from server.content.media.source import Refusal

BUCKETS = 1000
_RATE = 8000
Samples = NDArray[np.int8]


def waveform(path: Path, limits: FileLimits) -> Waveform:
    """The lowest and highest sample in each of 1,000 even buckets of the sound, -128..127.

    Channels are mixed and the sound is resampled to 8 kHz. What does not decode counts as silence.
    Raises Refusal("no_audio") for a silent video, else like `probe`.
    """
    with source.opened(path, limits) as container:
        picture = source.video_stream(container, limits)
        sound = source.sound_stream(container)
        if sound is None:
            raise Refusal("no_audio", "The video has no sound.")
        start, samples = _samples(container, sound, limits)
        if picture.start_time is not None and picture.time_base is not None:
            start -= picture.start_time * picture.time_base
    if not samples.size:
        raise Refusal("no_audio", "The video has a sound track, but nothing in it can be decoded.")
    padded = np.pad(samples, (0, -samples.size % BUCKETS)) if samples.size < BUCKETS else samples
    edges = np.arange(BUCKETS) * padded.size // BUCKETS
    return Waveform(
        low=np.minimum.reduceat(padded, edges).tobytes(),
        high=np.maximum.reduceat(padded, edges).tobytes(),
        start_ms=round(start * 1000),
        duration_ms=padded.size * 1000 // _RATE,
    )


def _samples(container: InputContainer, sound: AudioStream, limits: FileLimits) -> tuple[Fraction, Samples]:
    """All samples at 8 kHz in 8 bits, each at its own time, and the time of the first in seconds.

    8 bits are all that a waveform shows, and keep three hours within 90 MB.
    """
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    longest = limits.duration_ms * _RATE // 1000
    pieces: list[tuple[int, Samples]] = []
    start: Fraction | None = None
    end = 0
    for packet in container.demux(sound):
        try:
            frames = [out for frame in sound.decode(packet) for out in resampler.resample(frame)]
        except av.FFmpegError:
            continue
        for frame in frames:
            at = end
            if frame.pts is not None and frame.time_base is not None:
                time = frame.pts * frame.time_base
                start = time if start is None else start
                at = round((time - start) * _RATE)
            piece = (frame.to_ndarray()[0] >> 8).astype(np.int8)
            if 0 <= at <= longest - piece.size:
                pieces.append((at, piece))
                end = max(end, at + piece.size)
    samples = np.zeros(end, np.int8)
    for at, piece in pieces:
        samples[at : at + piece.size] = piece
    return start or Fraction(0), samples
